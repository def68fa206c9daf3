"""Consuming as the services do: whole batches, nothing lost when handling fails, nothing stuck on a bad record."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord

from deploy.local.kafka import ApacheKafka
from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.standin import StandIn
from shared import consumer as consumer_module
from shared import kafka as kafka_module
from shared.consumer import BatchConsumer
from shared.events import CaseAcknowledged, Event
from shared.kafka import Subscriptions
from shared.language import CaseStatus
from shared.outbox import Relay
from shared.postgres import Connection, Pool
from shared.wire import Received
from tests.examples import NOW, record, waiting
from tests.integration.brokers import TestedBroker, create_topic, new_name, producing


class Recorder(BatchConsumer):
    """Takes events in and remembers which, and which records it was handed."""

    def __init__(self, pool: Pool, failures: Sequence[type[Exception]] = ()) -> None:
        super().__init__("test", [CaseAcknowledged], self.remember, pool, Relay(pool, []))
        self.failures = list(failures)
        self.handed: list[tuple[str, int, int]] = []
        self.taken_in: list[UUID] = []

    async def __call__(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        self.handed += [(one.topic, one.partition, one.offset) for one in records]
        await super().__call__(records)

    async def remember(self, _connection: Connection, received: Sequence[Received[Event]]) -> None:
        if self.failures:
            raise self.failures.pop()
        self.taken_in += [one.event.complaint_id for one in received]

    async def takes_in(self, wanted: set[UUID]) -> None:
        async with asyncio.timeout(60):
            while not wanted <= set(self.taken_in):  # noqa: ASYNC110  # it is the broker that we wait for
                await asyncio.sleep(0.02)


@asynccontextmanager
async def running(subscriptions: Subscriptions) -> AsyncIterator[None]:
    task = asyncio.create_task(subscriptions.run())
    yield
    assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def publish(broker: TestedBroker, topic: str, count: int) -> set[UUID]:
    ids = [uuid4() for _ in range(count)]
    async with producing(broker) as producer:
        for complaint_id in ids:
            event = CaseAcknowledged(
                complaint_id=complaint_id,
                department="water-supply",
                status=CaseStatus.IN_PROGRESS,
                version=2,
                at=NOW,
            )
            one = record(event, topic=topic)
            await producer.send(topic, one.value, key=one.key, headers=list(one.headers))
        await producer.flush()
    return set(ids)


async def test_what_was_published_before_it_began_and_after_is_taken_in_once(
    broker: ApacheKafka, intake_pool: Pool
) -> None:
    topic, recorder = await create_topic(broker), Recorder(intake_pool)
    subscriptions = Subscriptions([broker.bootstrap_servers], new_name("group"))
    subscriptions.add(recorder, topic)
    before = await publish(broker, topic, 200)
    async with running(subscriptions):
        await recorder.takes_in(before)
        after = await publish(broker, topic, 200)
        await recorder.takes_in(after)
        await subscriptions.check()
    assert sorted(recorder.taken_in) == sorted(before | after)
    assert len(recorder.handed) == len(set(recorder.handed)) == 400


async def test_a_pattern_takes_in_every_topic_that_matches_and_no_other(broker: ApacheKafka, intake_pool: Pool) -> None:
    prefix = new_name("county")
    queues = [await create_topic(broker, partitions=1, name=f"{prefix}.{code}.assigned") for code in ("a", "b")]
    other = await create_topic(broker, partitions=1, name=f"{prefix}.a.assigned.dead")
    recorder = Recorder(intake_pool)
    subscriptions = Subscriptions([broker.bootstrap_servers], new_name("group"))
    subscriptions.add(recorder, pattern=rf"^{prefix}\.[a-z]+\.assigned$")
    await publish(broker, other, 5)
    wanted = {each for queue in queues for each in await publish(broker, queue, 5)}
    async with running(subscriptions):
        await recorder.takes_in(wanted)
    assert {topic for topic, _, _ in recorder.handed} == set(queues)


async def test_what_could_not_be_handled_is_handed_over_again_and_nothing_is_lost(
    broker: ApacheKafka, intake_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "_PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(consumer_module, "_PAUSE_BEFORE_REDELIVERY_SECONDS", 0.05)
    topic, recorder = await create_topic(broker), Recorder(intake_pool, [ConnectionResetError] * 4)
    subscriptions = Subscriptions([broker.bootstrap_servers], new_name("group"))
    subscriptions.add(recorder, topic)
    wanted = await publish(broker, topic, 300)
    async with running(subscriptions):
        await recorder.takes_in(wanted)
    assert sorted(recorder.taken_in) == sorted(wanted)
    assert len(recorder.handed) > len(set(recorder.handed)) == 300
    assert await waiting(intake_pool) == []


async def test_a_record_whose_headers_nobody_can_read_is_set_aside_and_the_next_is_taken_in(
    broker: ApacheKafka, intake_pool: Pool
) -> None:
    topic, recorder = await create_topic(broker, partitions=1), Recorder(intake_pool)
    subscriptions = Subscriptions([broker.bootstrap_servers], new_name("group"))
    subscriptions.add(recorder, topic)
    async with producing(broker) as producer:
        headers = [("ce_type", b"\xff\xfe"), ("content-type", b"\xff"), ("ce_id", b"\x00")]
        await producer.send_and_wait(topic, b"\xff", key=b"\xff", headers=headers)
        await producer.send_and_wait(topic, b"", key=b"")
    wanted = await publish(broker, topic, 1)
    async with running(subscriptions):
        await recorder.takes_in(wanted)
    assert [(m.topic, m.headers["dead_offset"]) for m in await waiting(intake_pool)] == [
        (f"{topic}.dead", "0"),
        (f"{topic}.dead", "1"),
    ]


async def test_a_service_that_starts_again_goes_on_where_it_stopped(broker: ApacheKafka, intake_pool: Pool) -> None:
    topic, group = await create_topic(broker), new_name("group")
    runs = []
    for _run in range(2):
        recorder = Recorder(intake_pool)
        subscriptions = Subscriptions([broker.bootstrap_servers], group)
        subscriptions.add(recorder, topic)
        async with running(subscriptions):
            await recorder.takes_in(await publish(broker, topic, 50))
        runs.append(set(recorder.handed))
    assert [len(handed) for handed in runs] == [50, 50]
    assert not runs[0] & runs[1]


async def test_it_waits_for_a_kafka_that_is_not_there_yet(
    intake_pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_module, "_RETRY_SECONDS", 0.1)
    [port] = free_ports(1)
    recorder = Recorder(intake_pool)
    subscriptions = Subscriptions([f"{LOOPBACK}:{port}"], new_name("group"))
    subscriptions.add(recorder, "late")
    late = StandIn(tmp_path, port)
    try:
        async with running(subscriptions):
            with pytest.raises(ConnectionError):
                await subscriptions.check()
            await asyncio.to_thread(late.start)
            await create_topic(late, partitions=1, name="late")
            await recorder.takes_in(await publish(late, "late", 3))
    finally:
        await asyncio.to_thread(late.stop)


class Stuck(Recorder):
    """Takes a batch in hand and never gets done with it."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self.in_hand = asyncio.Event()

    async def remember(self, _connection: Connection, _received: Sequence[Received[Event]]) -> None:
        self.in_hand.set()
        await asyncio.Event().wait()


async def test_a_batch_in_hand_when_a_service_stops_is_handed_over_again(
    broker: ApacheKafka, intake_pool: Pool
) -> None:
    topic, group = await create_topic(broker), new_name("group")
    stuck, recorder = Stuck(intake_pool), Recorder(intake_pool)
    first = Subscriptions([broker.bootstrap_servers], group)
    first.add(stuck, topic)
    published = await publish(broker, topic, 50)
    async with running(first):
        await asyncio.wait_for(stuck.in_hand.wait(), 60)
    second = Subscriptions([broker.bootstrap_servers], group)
    second.add(recorder, topic)
    async with running(second):
        await recorder.takes_in(published)
