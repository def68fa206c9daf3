"""The bare pipe: the same bytes and rows through three stages, straight with aiokafka and asyncpg in batches.

It validates nothing, decides nothing and survives nothing: what is left is what the brokers and tables cost. Three
processes as in the real thing; acks=all, fsync on, one transaction a batch, offsets committed after it.
"""

import asyncio
import multiprocessing
import time
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import wait
from uuid import UUID, uuid4

import asyncpg
import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.producer.message_accumulator import BatchBuilder
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench import bare_rows
from deploy.local.hotline import POLICY
from services.intake import store as intake_store
from services.intake.channels.submission import SUBMISSION
from services.intake.county import County
from services.intake.identity.vault import Identity, Keyring, seal
from services.intake.received import received_message
from services.intake.ticket import ticket_number
from services.router import store as router_store
from services.tracker import store as tracker_store
from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import due
from services.tracker.record import record_store
from services.tracker.timers import timers_store
from shared.events import CaseOpened, Deadline
from shared.language import CaseStatus, Clock
from shared.policy_files import load_policy
from shared.postgres import Connection
from shared.term import Term
from shared.topics import Topic

RECEIVED = Topic("bare.received", 6, timedelta(days=1))
ASSIGNED = Topic("bare.assigned", 6, timedelta(days=1))
OPENED = Topic("bare.opened", 6, timedelta(days=1))

_BATCH = 1000
_WHY = "提到“施工”“噪音”，属于“建筑施工噪声”事项，按权责清单转生态环境局镇坪分局。"
_EVIDENCE = orjson.dumps(
    {"words": [{"step": "rule", "word": "施工", "speaks_for": "noise"}] * 3, "runners_up": []}
).decode()
# As long as what the tracker enters of two deadlines.
_DEADLINES_TOLD = "0" * 870
_HEADERS = [
    ("ce_specversion", b"1.0"),
    ("ce_id", str(uuid4()).encode()),
    ("ce_source", b"/hotline/bare"),
    ("ce_type", b"hotline.complaint.received.v1"),
    ("ce_time", b"2026-11-24T02:00:00.000000Z"),
    ("content-type", b"application/json"),
]


@dataclass(frozen=True, slots=True)
class Pipe:
    """Where the three stages find their tables and the broker."""

    bootstrap_servers: str
    intake_url: str
    router_url: str
    tracker_url: str


def run_bare_pipe(pipe: Pipe, bodies: Sequence[bytes]) -> float:
    """Carry all submissions through the three stages and return how many a second went through."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(4)
    stages = [
        context.Process(target=_run, args=(_accept, pipe, ready, bodies)),
        context.Process(target=_run, args=(_assign, pipe, ready, len(bodies))),
        context.Process(target=_run, args=(_open, pipe, ready, len(bodies))),
    ]
    for stage in stages:
        stage.start()
    ready.wait()
    started = time.perf_counter()
    while running := [stage for stage in stages if stage.is_alive()]:
        wait([stage.sentinel for stage in running])
        if any(stage.exitcode for stage in stages):
            # The next one would wait for ever for what does not come.
            for stage in running:
                stage.kill()
            raise RuntimeError("a stage of the bare pipe failed; its own words stand above")
    return len(bodies) / (time.perf_counter() - started)


def _run(stage: Callable[..., object], *args: object) -> None:
    uvloop.run(stage(*args))  # type: ignore[arg-type]  # every stage is a coroutine function


async def _accept(pipe: Pipe, ready: object, bodies: Sequence[bytes]) -> None:
    policy = load_policy(POLICY)
    county = County(towns=policy.towns, urgent_words=policy.urgent_words, departments=policy.departments)
    connection = await asyncpg.connect(pipe.intake_url)
    keyring = Keyring({"bench": AESGCM.generate_key(256)}, "bench")
    now = datetime.now(UTC)
    entries = []
    for number, body in enumerate(bodies, start=1):
        complaint = SUBMISSION.validate_json(body).to_complaint(county)
        complaint_id = uuid4()
        sealed = seal(keyring, Identity(complaint.reporter, complaint.original), complaint_id)
        entries.append(intake_store.Entry(complaint_id, ticket_number(now.date(), number), now, complaint, sealed, ()))
    events = [received_message(entry).body or b"" for entry in entries]
    async with _producer(pipe) as out:
        await asyncio.to_thread(ready.wait)  # type: ignore[attr-defined]
        for at in range(0, len(entries), _BATCH):
            batch = entries[at : at + _BATCH]
            async with connection.transaction():
                await bare_rows.insert_complaints(connection, batch)
            await _send(out, RECEIVED, [(e.complaint_id, body) for e, body in zip(batch, events[at:], strict=False)])
    await connection.close()


async def _assign(pipe: Pipe, ready: object, count: int) -> None:
    connection = await asyncpg.connect(pipe.router_url)
    async with (
        _consumer(pipe, RECEIVED) as incoming,
        _producer(pipe) as out,
    ):
        await asyncio.to_thread(ready.wait)  # type: ignore[attr-defined]
        async for records in _batches(incoming, count):
            ids = [UUID(record.key.decode()) for record in records]
            n = len(records)
            async with connection.transaction():
                await connection.fetch(
                    router_store.INSERT_DECISIONS,
                    ids,
                    ids,
                    ["ecology-environment"] * n,
                    ["rule"] * n,
                    [None] * n,
                    ["construction-noise"] * n,
                    [None] * n,
                    [None] * n,
                    [_WHY] * n,
                    [_EVIDENCE] * n,
                    ["0" * 64] * n,
                    [datetime.now(UTC)] * n,
                    [1] * n,
                    [0] * n,
                    ["[]"] * n,
                    ["[]"] * n,
                    ["[]"] * n,
                    [True] * n,
                    [None] * n,
                    [None] * n,
                    [1] * n,
                )
            extra = orjson.dumps({"department": "ecology-environment", "reason": _WHY, "policy_hash": "0" * 64})[1:]
            await _send(out, ASSIGNED, [(i, r.value[:-1] + b"," + extra) for i, r in zip(ids, records, strict=True)])
            await incoming.commit()
    await connection.close()


async def _open(pipe: Pipe, ready: object, count: int) -> None:
    connection = await asyncpg.connect(pipe.tracker_url)
    now = datetime.now(UTC)
    reply = due(now, Term.parse("10wd"), Calendar.of_china())
    timeline = uuid4()
    await connection.execute(tracker_store.INSERT_TIMELINES, [timeline], [orjson.dumps(reply.timeline).decode()])
    opened = _opened_event(reply.due_at)
    async with (
        _consumer(pipe, ASSIGNED) as incoming,
        _producer(pipe) as out,
    ):
        await asyncio.to_thread(ready.wait)  # type: ignore[attr-defined]
        async for records in _batches(incoming, count):
            ids = [UUID(record.key.decode()) for record in records]
            async with connection.transaction():
                await _insert_cases(connection, ids, [orjson.loads(r.value) for r in records], reply.due_at, timeline)
            await _send(out, OPENED, [(complaint_id, opened) for complaint_id in ids])
            await incoming.commit()
    await connection.close()


def _opened_event(due_at: datetime) -> bytes:
    event = CaseOpened(
        complaint_id=uuid4(),
        department="ecology-environment",
        status=CaseStatus.DISPATCHED,
        version=1,
        at=due_at,
        deadlines=(Deadline(clock=Clock.ACKNOWLEDGE, due_at=due_at), Deadline(clock=Clock.REPLY, due_at=due_at)),
    )
    return event.model_dump_json(exclude_none=True).encode()


async def _insert_cases(
    connection: Connection,
    ids: Sequence[UUID],
    events: Sequence[dict[str, str]],
    due_at: datetime,
    timeline: UUID,
) -> None:
    now, n = datetime.now(UTC), len(ids)

    def column(name: str) -> list[str | None]:
        return [event.get(name) for event in events]

    await connection.fetch(
        tracker_store.INSERT_CASES,
        ids,
        *(column(name) for name in ("ticket_number", "department", "channel", "kind", "urgency", "confidentiality")),
        *(column(name) for name in ("matter", "title", "text", "place", "reason", "lawful_channel")),
        ids,
        [now] * n,
        [1] * n,
        [True] * n,
        now,
        "dispatched",
        1,
    )
    deadlines = [uuid4() for _ in range(2 * n)]
    await connection.execute(
        tracker_store.INSERT_DEADLINES,
        deadlines,
        [*ids, *ids],
        ["acknowledge"] * n + ["reply"] * n,
        [now] * 2 * n,
        ["10wd"] * 2 * n,
        [due_at] * 2 * n,
        [None] * n + [due_at] * n,
        [False] * 2 * n,
        ["0" * 64] * 2 * n,
        ["chinesecalendar-1.11.0/2004-2026+holidays-0.109/provisional"] * 2 * n,
        [timeline] * 2 * n,
        [None] * 2 * n,
        [None] * 2 * n,
        ["committed"] * 2 * n,
        [None] * 2 * n,
        ["{}"] * 2 * n,
        [None] * 2 * n,
    )
    await connection.execute(
        timers_store.INSERT_TIMERS,
        [*deadlines, *deadlines[n:]],
        ["due"] * 2 * n + ["warning"] * n,
        [due_at] * 3 * n,
        ["department"] * 3 * n,
    )
    told = (1, "assign", 1, "dispatched", "system", None, None, None, now, None, _DEADLINES_TOLD, bytes(32), bytes(32))
    await connection.copy_records_to_table(
        "entries", columns=record_store.ENTRY_COLUMNS, records=[(each, *told) for each in ids]
    )


def _producer(pipe: Pipe) -> AIOKafkaProducer:
    return AIOKafkaProducer(bootstrap_servers=pipe.bootstrap_servers, acks="all", max_batch_size=1 << 20)


async def _batches(consumer: AIOKafkaConsumer, count: int) -> AsyncIterator[list[ConsumerRecord[bytes, bytes]]]:
    """What comes in, batch by batch, until `count` records have come."""
    while count > 0:
        parts = await consumer.getmany(timeout_ms=1000, max_records=_BATCH)
        records = [record for part in parts.values() for record in part]
        if records:
            count -= len(records)
            yield records


def _consumer(pipe: Pipe, topic: Topic) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        topic.name,
        bootstrap_servers=pipe.bootstrap_servers,
        group_id=f"bare-{uuid4()}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )


async def _send(producer: AIOKafkaProducer, topic: Topic, records: Sequence[tuple[UUID, bytes]]) -> None:
    batches: dict[int, BatchBuilder] = {}
    sent = []
    now = int(time.time() * 1000)
    for complaint_id, body in records:
        key = str(complaint_id).encode()
        partition = zlib.crc32(key) % topic.partitions
        batch = batches.setdefault(partition, producer.create_batch())
        if batch.append(key=key, value=body, timestamp=now, headers=_HEADERS) is None:
            sent.append(await producer.send_batch(batch, topic.name, partition=partition))
            batches[partition] = batch = producer.create_batch()
            batch.append(key=key, value=body, timestamp=now, headers=_HEADERS)
    sent += [await producer.send_batch(batch, topic.name, partition=partition) for partition, batch in batches.items()]
    await asyncio.gather(*sent)
