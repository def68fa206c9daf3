"""A batch is taken in whole, once, and what nobody can process is set aside: on real PostgreSQL."""

import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import orjson
import pytest
from aiokafka import ConsumerRecord

from shared import consumer as consumer_module
from shared.consumer import BatchConsumer
from shared.events import CaseAcknowledged, DeadlineWarned, Event
from shared.language import CaseStatus, Clock
from shared.outbox import Relay
from shared.postgres import Connection, Pool
from shared.wire import Message, Received, encode

NOW = datetime(2026, 11, 24, tzinfo=UTC)
POISON = UUID(int=13)


def acknowledged(complaint_id: UUID) -> CaseAcknowledged:
    return CaseAcknowledged(
        complaint_id=complaint_id, department="water-resources", status=CaseStatus.IN_PROGRESS, version=2, at=NOW
    )


def record(message: Message, offset: int) -> ConsumerRecord[bytes, bytes]:
    headers = tuple((name, value.encode()) for name, value in message.headers.items())
    return ConsumerRecord(message.topic, 0, offset, 0, 0, message.key, message.body, None, 0, 0, headers)


def records(events: Sequence[Event]) -> list[ConsumerRecord[bytes, bytes]]:
    return [
        record(encode(event, topic="cases.events", event_id=uuid4(), source="test", time=NOW), offset)
        for offset, event in enumerate(events)
    ]


class Notebook:
    """State that a consumer changes: the complaints it was told of, in the order in which it learned of them."""

    def __init__(self) -> None:
        self.failures: list[type[Exception]] = []

    async def apply(self, connection: Connection, received: Sequence[Received[Event]]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        if any(one.event.complaint_id == POISON for one in received):
            raise LookupError("this event is poison")
        await connection.executemany(
            "INSERT INTO progress VALUES ($1, $2, now(), 1, 'in_progress', 'x')",
            [(one.id, one.event.complaint_id) for one in received],
        )


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def consumer(intake_pool: Pool, notebook: Notebook) -> BatchConsumer:
    return BatchConsumer("test", [CaseAcknowledged], notebook.apply, intake_pool, Relay(intake_pool, []))


async def noted(pool: Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM progress")
    return count


async def dead_letters(pool: Pool) -> list[dict[str, str]]:
    rows = await pool.fetch("SELECT topic, headers FROM outbox ORDER BY id")
    assert {row["topic"] for row in rows} <= {"cases.events.dead"}
    return [orjson.loads(row["headers"]) for row in rows]


async def test_a_batch_delivered_twice_changes_nothing_the_second_time(
    consumer: BatchConsumer, intake_pool: Pool
) -> None:
    batch = records([acknowledged(uuid4()) for _ in range(50)])
    await consumer(batch)
    await consumer(batch)
    assert await noted(intake_pool) == 50


async def test_an_event_that_stands_twice_in_one_batch_counts_once(consumer: BatchConsumer, intake_pool: Pool) -> None:
    (one,) = records([acknowledged(uuid4())])
    await consumer([one, one])
    assert await noted(intake_pool) == 1


async def test_events_that_it_does_not_want_are_passed_over(consumer: BatchConsumer, intake_pool: Pool) -> None:
    warned = DeadlineWarned(complaint_id=uuid4(), department="water-resources", clock=Clock.REPLY, due_at=NOW, at=NOW)
    await consumer(records([warned, acknowledged(uuid4())]))
    assert await noted(intake_pool) == 1
    assert await dead_letters(intake_pool) == []


async def test_a_record_that_nobody_can_read_is_set_aside_and_the_others_are_taken_in(
    consumer: BatchConsumer, intake_pool: Pool
) -> None:
    garbage = record(Message("cases.events", b"k", {}, b"\xff"), 99)
    batch = [*records([acknowledged(uuid4())]), garbage]
    await consumer(batch)
    await consumer(batch)
    assert await noted(intake_pool) == 1
    (letter,) = await dead_letters(intake_pool)
    assert (letter["dead_offset"], letter["dead_consumer"]) == ("99", "test")


async def test_a_poisonous_event_is_set_aside_with_its_reason_and_the_others_are_taken_in(
    consumer: BatchConsumer, intake_pool: Pool
) -> None:
    batch = records([acknowledged(uuid4()), acknowledged(POISON), acknowledged(uuid4())])
    await consumer(batch)
    assert await noted(intake_pool) == 2
    (letter,) = await dead_letters(intake_pool)
    assert letter["dead_reason"] == "LookupError%3A%20this%20event%20is%20poison"


async def test_a_lone_poisonous_event_is_set_aside_too(consumer: BatchConsumer, intake_pool: Pool) -> None:
    await consumer(records([acknowledged(POISON)]))
    assert len(await dead_letters(intake_pool)) == 1


async def test_what_passes_by_itself_is_tried_again_and_sets_nothing_aside(
    consumer: BatchConsumer, notebook: Notebook, intake_pool: Pool
) -> None:
    notebook.failures = [ConnectionResetError, TimeoutError, socket.gaierror]
    await consumer(records([acknowledged(uuid4()), acknowledged(uuid4())]))
    assert await noted(intake_pool) == 2
    assert await dead_letters(intake_pool) == []


async def test_a_database_that_stays_away_hands_the_batch_back_to_kafka(
    consumer: BatchConsumer, notebook: Notebook, intake_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "_PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(consumer_module, "_PAUSE_BEFORE_REDELIVERY_SECONDS", 0.0)
    notebook.failures = [ConnectionResetError] * 100
    with pytest.raises(ConnectionResetError):
        await consumer(records([acknowledged(uuid4())]))
    assert await noted(intake_pool) == 0
    assert await dead_letters(intake_pool) == []
