"""What was committed reaches Kafka: in order, all of it, and once unless something crashes."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from structlog.testing import capture_logs

from deploy.local.kafka import ApacheKafka
from shared import outbox, publishing
from shared.outbox import Relay
from shared.postgres import Pool
from shared.wire import Message, dead_letter
from tests.integration.brokers import consuming, create_topic, new_name, receive


@pytest.fixture
async def topic(broker: ApacheKafka) -> str:
    return await create_topic(broker)


@pytest.fixture
def relay(broker: ApacheKafka, intake_pool: Pool) -> Relay:
    return Relay(intake_pool, [broker.bootstrap_servers])


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    yield
    assert not any(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def messages(topic: str, numbers: Sequence[int], *, keys: int = 10) -> list[Message]:
    return [
        Message(topic, f"key-{number % keys}".encode(), {"ce_id": f"id-{number}"}, str(number).encode())
        for number in numbers
    ]


async def commit(pool: Pool, batch: Sequence[Message]) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await outbox.append(connection, batch)


async def emptied(pool: Pool) -> None:
    """Return when everything that waited was published."""
    async with asyncio.timeout(60):
        while (await outbox.depth(pool))[0]:  # noqa: ASYNC110  # only the database knows
            await asyncio.sleep(0.02)


async def everything(consumer: AIOKafkaConsumer) -> list[ConsumerRecord[bytes, bytes]]:
    """All records that the topic holds, to its very end."""
    ends = await consumer.end_offsets(consumer.assignment())
    return await receive(consumer, sum(ends.values()))


def ids(records: Sequence[ConsumerRecord[bytes, bytes]]) -> Counter[str]:
    return Counter(dict(record.headers)["ce_id"].decode() for record in records)


async def test_the_events_of_one_key_arrive_in_the_order_in_which_they_were_committed(
    relay: Relay, broker: ApacheKafka, intake_pool: Pool, topic: str
) -> None:
    async with running(relay):
        for start in range(0, 5000, 50):
            await commit(intake_pool, messages(topic, range(start, start + 50)))
            relay.wake()
        await emptied(intake_pool)
    async with consuming(broker, topic) as consumer:
        arrived = await everything(consumer)
    order = defaultdict(list)
    for record in arrived:
        order[record.key].append(int(record.value or b""))
    assert len(arrived) == 5000
    assert len(order) == 10
    assert all(numbers == sorted(numbers) for numbers in order.values())


async def test_a_record_arrives_as_it_was_written(
    relay: Relay, broker: ApacheKafka, intake_pool: Pool, topic: str
) -> None:
    written = [
        Message(topic, b"k", {"ce_id": "1", "odd": "\xff\x00é"}, "路灯".encode()),
        Message(topic, b"k", {}, None),
        Message(topic, None, {}, b"v"),
    ]
    async with running(relay), consuming(broker, topic) as consumer:
        await commit(intake_pool, written)
        relay.wake()
        arrived = await receive(consumer, 3)
    assert {(r.key, r.value, r.headers) for r in arrived} == {
        (b"k", "路灯".encode(), (("ce_id", b"1"), ("odd", b"\xff\x00\xe9"))),
        (b"k", None, ()),
        (None, b"v", ()),
    }


async def test_the_dead_letter_of_a_record_without_key_and_value_does_not_hold_up_the_others(
    relay: Relay, broker: ApacheKafka, intake_pool: Pool, topic: str
) -> None:
    nothing = ConsumerRecord("t", 0, 0, 0, 0, None, None, None, 0, 0, ())
    async with running(relay), consuming(broker, topic) as consumer:
        await commit(intake_pool, [dead_letter(nothing, topic=topic, consumer="test", reason="it is empty")])
        await commit(intake_pool, messages(topic, [1]))
        relay.wake()
        arrived = await receive(consumer, 2)
    assert {record.value for record in arrived} == {b"", b"1"}


async def test_what_was_rolled_back_is_never_published(
    relay: Relay, broker: ApacheKafka, intake_pool: Pool, topic: str
) -> None:
    async with intake_pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await outbox.append(connection, messages(topic, [1]))
        await commit(intake_pool, messages(topic, [2]))
        async with running(relay):
            await emptied(intake_pool)
            await transaction.rollback()
            await commit(intake_pool, messages(topic, [3]))
            await emptied(intake_pool)
    async with consuming(broker, topic) as consumer:
        assert ids(await everything(consumer)) == {"id-2": 1, "id-3": 1}


async def test_what_was_appended_early_and_committed_late_is_published_too(
    relay: Relay, broker: ApacheKafka, intake_pool: Pool, topic: str
) -> None:
    async with intake_pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await outbox.append(connection, messages(topic, [1]))
        async with running(relay):
            await commit(intake_pool, messages(topic, [2]))
            await emptied(intake_pool)
            await transaction.commit()
            await emptied(intake_pool)
    async with consuming(broker, topic) as consumer:
        assert ids(await everything(consumer)) == {"id-1": 1, "id-2": 1}


async def test_waking_the_relay_spares_the_wait(
    relay: Relay, broker: ApacheKafka, intake_pool: Pool, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_POLL_SECONDS", 3600.0)
    async with running(relay), consuming(broker, topic) as consumer:
        for number in range(3):
            await commit(intake_pool, messages(topic, [number]))
            relay.wake()
            assert len(await receive(consumer, 1)) == 1


async def test_two_relays_publish_each_row_once_and_keep_the_order(
    broker: ApacheKafka, intake_pool: Pool, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_BATCH", 40)
    monkeypatch.setattr(outbox, "_POLL_SECONDS", 0.01)
    relays = [Relay(intake_pool, [broker.bootstrap_servers]) for _ in range(2)]
    async with running(*relays):
        for start in range(0, 2000, 100):
            await commit(intake_pool, messages(topic, range(start, start + 100)))
        await emptied(intake_pool)
    async with consuming(broker, topic) as consumer:
        arrived = await everything(consumer)
    order = defaultdict(list)
    for record in arrived:
        order[record.key].append(int(record.value or b""))
    assert ids(arrived) == {f"id-{number}": 1 for number in range(2000)}
    assert all(numbers == sorted(numbers) for numbers in order.values())


async def test_a_crash_after_publishing_and_before_the_commit_publishes_the_same_ids_again(
    relay: Relay, broker: ApacheKafka, intake_pool: Pool, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_PAUSE_AFTER_FAILURE_SECONDS", 0.01)
    crashes = iter([SystemError("crash")])  # it must come right after the publishing

    async def publish_and_crash(*arguments: Any) -> None:
        await publishing.publish(*arguments)
        if crash := next(crashes, None):
            raise crash

    monkeypatch.setattr("shared.outbox.publish", publish_and_crash)
    await commit(intake_pool, messages(topic, range(20)))
    async with running(relay):
        await emptied(intake_pool)
    async with consuming(broker, topic) as consumer:
        assert ids(await everything(consumer)) == {f"id-{number}": 2 for number in range(20)}


async def test_a_broker_that_goes_away_and_comes_back_costs_nothing(
    relay: Relay, broker: ApacheKafka, intake_pool: Pool, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_SEND_SECONDS", 2.0)
    monkeypatch.setattr(outbox, "_PAUSE_AFTER_FAILURE_SECONDS", 0.1)
    async with running(relay):
        await commit(intake_pool, messages(topic, range(100)))
        await emptied(intake_pool)
        await asyncio.to_thread(broker.stop)
        try:
            with capture_logs() as logs:
                await commit(intake_pool, messages(topic, range(100, 200)))
                relay.wake()
                async with asyncio.timeout(60):
                    while "outbox_not_carried" not in {entry["event"] for entry in logs}:  # noqa: ASYNC110
                        await asyncio.sleep(0.02)
            assert (await outbox.depth(intake_pool))[0] == 100
        finally:
            await asyncio.to_thread(broker.start)
        await emptied(intake_pool)
    async with consuming(broker, topic) as consumer:
        assert ids(await everything(consumer)).keys() == {f"id-{number}" for number in range(200)}


async def test_depth_and_age_are_those_of_what_waits(intake_pool: Pool, topic: str) -> None:
    assert await outbox.depth(intake_pool) == (0, 0.0)
    await commit(intake_pool, messages(topic, range(3)))
    await intake_pool.execute("UPDATE outbox SET created_at = now() - interval '1 hour' WHERE body = '1'")
    count, age = await outbox.depth(intake_pool)
    assert count == 3
    assert age >= 3600


async def test_events_of_a_topic_that_does_not_exist_wait_for_it_and_the_others_do_not(
    broker: ApacheKafka, intake_pool: Pool, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_LOOK_FOR_TOPICS_SECONDS", 0.5)
    absent = new_name("absent")
    await commit(intake_pool, messages(absent, range(3)) + messages(topic, range(5)))
    with capture_logs() as logs:
        async with running(Relay(intake_pool, [broker.bootstrap_servers])):
            async with consuming(broker, topic) as consumer:
                assert len(await receive(consumer, 5)) == 5
            assert (await outbox.depth(intake_pool))[0] == 3
            await create_topic(broker, name=absent)
            await emptied(intake_pool)
    assert absent in next(one for one in logs if one["event"] == "topics_absent")["topics"]
    async with consuming(broker, absent) as consumer:
        assert len(await receive(consumer, 3)) == 3


async def test_the_dead_letter_of_a_record_as_large_as_kafka_takes_does_not_hold_up_the_others(
    broker: ApacheKafka, relay: Relay, intake_pool: Pool, topic: str
) -> None:
    largest = ConsumerRecord(topic, 0, 7, 0, 0, b"k", b"x" * 1_048_400, None, 0, 0, ())
    letter = dead_letter(largest, topic=topic, consumer="test", reason="no event")
    await commit(intake_pool, [letter, *messages(topic, range(5))])
    async with running(relay):
        await emptied(intake_pool)
    async with consuming(broker, topic) as consumer:
        arrived = await everything(consumer)
    (buried,) = [one for one in arrived if one.key == b"k"]
    assert (buried.value, dict(buried.headers)["dead_offset"]) == (b"", b"7")
    assert len(arrived) == 6
