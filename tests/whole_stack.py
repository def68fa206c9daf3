"""The whole of Hotline as real processes, for the tests that use it and for those that break it."""

import asyncio
import re
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local import observe
from deploy.local.hotline import PROJECT, HotlineService
from deploy.local.kafka import ApacheKafka
from deploy.local.process import wait_for
from deploy.local.stack import Ports, Stack, start_stack
from shared.topics import ACTIONS_PATTERN, ASSIGNED_PATTERN, CASES_EVENTS, COMPLAINTS_RECEIVED
from tests.state import state_directory

# Names what the last run was tested on; `.ci/run` wants it to be Apache Kafka.
TESTED_BROKER = PROJECT / ".local/tested-broker"

PATIENCE_SECONDS = 90.0
# Whoever stops a service kills it when it takes too long; Kubernetes after this time.
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.2

# What each consumer group reads.
_READS = {
    "hotline.router.decisions": re.escape(COMPLAINTS_RECEIVED),
    "hotline.router.returns": re.escape(CASES_EVENTS),
    "hotline.tracker.cases": ASSIGNED_PATTERN,
    "hotline.tracker.actions": ACTIONS_PATTERN,
    "hotline.intake.progress": re.escape(CASES_EVENTS),
}

# One row for each thing that a service holds about a complaint.
_TRACES = {
    "intake": """
        SELECT complaint_id::text, 'complaint' FROM complaints
        UNION ALL SELECT complaint_id::text, 'sealed identity' FROM vault
        UNION ALL SELECT complaint_id::text, 'step that the reporter may know' FROM progress
    """,
    "router": """
        SELECT complaint_id::text, 'decision' FROM decisions
        UNION ALL SELECT complaint_id::text, 'decision in force' FROM decisions WHERE in_force
    """,
    "tracker": """
        SELECT complaint_id::text, 'case' FROM cases
        UNION ALL SELECT complaint_id::text, 'deadline' FROM deadlines
            WHERE clock IN ('acknowledge', 'reply') AND nature = 'committed'
        UNION ALL SELECT complaint_id::text, 'entry' FROM entries
    """,
}
# What a complaint leaves behind that has come through exactly once and that nobody has worked on.
ONCE = {
    "complaint": 1,
    "sealed identity": 1,
    "step that the reporter may know": 1,
    "decision": 1,
    "decision in force": 1,
    "case": 1,
    "deadline": 2,
    "entry": 1,
}


@contextmanager
def whole_stack() -> Iterator[Stack]:
    """Run the three services on a PostgreSQL and an Apache Kafka of their own, whatever the environment names."""
    with state_directory() as state, pytest.MonkeyPatch.context() as environment:
        environment.delenv("DATABASE_URL", raising=False)
        with start_stack(state, Ports.free(), require_apache=True, simulation=True) as stack:
            assert isinstance(stack.broker, ApacheKafka)
            TESTED_BROKER.parent.mkdir(exist_ok=True)
            TESTED_BROKER.write_text(f"{stack.broker.kind} {stack.broker.version}\n")
            yield stack


@contextmanager
def own_process(service: HotlineService, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `service` as a process whose exit can be watched, in place of the stack's, which is back in the end."""
    service.stop()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # our own service
            service.command(), cwd=service.directory, env=service.environment, stdout=output, stderr=output
        )
    try:
        wait_for(lambda: process.poll() is not None or service.ready(), service.start_patience)
        assert service.ready(), log.read_text()
        yield process
    finally:
        process.kill()
        process.wait()
        service.start()


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until `condition` holds; the test fails with `what` where it never does."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not await condition():
        if time.monotonic() > end:
            pytest.fail(f"after {PATIENCE_SECONDS:.0f} s it is still not so that {what}")
        await asyncio.sleep(_POLL_SECONDS)


async def until_at_rest(stack: Stack) -> None:
    """Wait until nothing is under way any more: no mail, no outgoing event, no event that a service has yet to read."""
    await until(lambda: _at_rest(stack), "everything has been published and consumed")


async def traces(stack: Stack) -> Mapping[str, Counter[str]]:
    """What the three services hold about each complaint, counted."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for service, query in _TRACES.items():
        for complaint_id, thing in await fetch(stack.database_urls[service], query):
            found[complaint_id][thing] += 1
    return found


async def dead_letters(stack: Stack) -> int:
    """How many records the services have set aside because they could not process them."""
    return sum(end for partition, end in (await _ends(stack)).items() if partition.topic.endswith(".dead"))


async def fetch(url: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def _at_rest(stack: Stack) -> bool:
    """An event is at every instant in an outbox or ahead of its consumer's offset, or it has been dealt with.

    Nobody can look at all these places at once. But an event that was in an outbox while we looked at Kafka, and in
    Kafka while we looked at the outboxes, has moved a topic's end in between.
    """
    ends = await _ends(stack)
    return (
        await _everything_is_consumed(stack, ends)
        and await observe.mail_is_taken_in(stack)
        and await observe.outboxes_are_empty(stack)
        and await _ends(stack) == ends
    )


async def _ends(stack: Stack) -> dict[TopicPartition, int]:
    async with _admin(stack) as admin:
        partitions = [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in await admin.describe_topics()
            for partition in topic["partitions"]
        ]
    assert partitions
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.broker.bootstrap_servers)
    await consumer.start()
    try:
        consumer.assign(partitions)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()
    return ends


async def _everything_is_consumed(stack: Stack, ends: Mapping[TopicPartition, int]) -> bool:
    async with _admin(stack) as admin:
        committed = {group: await admin.list_consumer_group_offsets(group) for group in _READS}
    return all(
        partition in committed[group] and committed[group][partition].offset >= end
        for group, topics in _READS.items()
        for partition, end in ends.items()
        if end and re.fullmatch(topics, partition.topic)
    )


@asynccontextmanager
async def _admin(stack: Stack) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.broker.bootstrap_servers)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
