"""What was set aside gets another try, once its cause is mended."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from deploy.local.kafka import ApacheKafka
from shared import topics
from shared.consumer import BatchConsumer
from shared.events import CaseAcknowledged, Event
from shared.language import CaseStatus
from shared.outbox import Relay
from shared.postgres import Connection, Pool
from shared.redrive import redrive
from shared.wire import Received
from tests.examples import NOW, record
from tests.integration.brokers import consuming, create_topic, numbered, producing, receive, send


@pytest.fixture
async def topic(broker: ApacheKafka) -> str:
    name = await create_topic(broker)
    await create_topic(broker, partitions=1, name=topics.dead(name))
    return name


class Apply:
    """A handler that fails until its cause is mended."""

    def __init__(self) -> None:
        self.mended = False
        self.taken_in: list[Event] = []

    async def __call__(self, _connection: Connection, received: Sequence[Received[Event]]) -> None:
        if not self.mended:
            raise LookupError("not yet")
        self.taken_in += [one.event for one in received]


async def test_a_dead_letter_goes_back_as_it_was_and_only_once_and_is_taken_in(
    broker: ApacheKafka, intake_pool: Pool, topic: str
) -> None:
    relay, apply = Relay(intake_pool, [broker.bootstrap_servers]), Apply()
    consumer = BatchConsumer("test", [CaseAcknowledged], apply, intake_pool, relay)
    events = [
        CaseAcknowledged(
            complaint_id=f"00000000-0000-4000-8000-{number:012}",
            department="water-supply",
            status=CaseStatus.IN_PROGRESS,
            version=2,
            at=NOW,
        )
        for number in range(5)
    ]
    failing = [record(event, topic=topic, offset=offset) for offset, event in enumerate(events)]
    await consumer(failing)
    carrying = asyncio.create_task(relay.run())
    async with consuming(broker, topics.dead(topic)) as graveyard:
        buried = await receive(graveyard, 5)
    carrying.cancel()
    with suppress(asyncio.CancelledError):
        await carrying
    assert all("dead_reason" in dict(letter.headers) for letter in buried)

    apply.mended = True
    assert await redrive([broker.bootstrap_servers], topic) == 5
    assert await redrive([broker.bootstrap_servers], topic) == 0
    async with consuming(broker, topic) as again:
        assert sum((await again.end_offsets(again.assignment())).values()) == 5
        redriven = await receive(again, 5)
    assert {(one.key, one.value, one.headers) for one in redriven} == {
        (one.key, one.value, one.headers) for one in failing
    }
    await consumer(redriven)
    await consumer(redriven)
    assert sorted(event.complaint_id for event in apply.taken_in) == [event.complaint_id for event in events]


async def test_where_nothing_died_there_is_nothing_to_do(broker: ApacheKafka, topic: str) -> None:
    assert await redrive([broker.bootstrap_servers], topic) == 0


async def test_what_is_buried_again_meanwhile_is_left_for_the_next_time(broker: ApacheKafka, topic: str) -> None:
    await send(broker, topics.dead(topic), numbered(range(20)))

    async def bury_again() -> None:
        async with consuming(broker, topic) as incoming, producing(broker) as producer:
            async for record in incoming:
                await producer.send_and_wait(topics.dead(topic), record.value, key=record.key)

    burying = asyncio.create_task(bury_again())
    async with asyncio.timeout(60):
        assert await redrive([broker.bootstrap_servers], topic) == 20
    burying.cancel()
    with suppress(asyncio.CancelledError):
        await burying


async def test_a_topic_that_does_not_exist_is_named(broker: ApacheKafka) -> None:
    with pytest.raises(LookupError, match=r"no topic complaints\.recieved\.dead"):
        await redrive([broker.bootstrap_servers], "complaints.recieved")
