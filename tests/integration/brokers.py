"""The few moves that every broker test makes, written straight with aiokafka."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TypeAlias
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from deploy.local.kafka import ApacheKafka
from deploy.local.standin import StandIn

TestedBroker: TypeAlias = ApacheKafka | StandIn
Record: TypeAlias = tuple[bytes | None, bytes | None]

PATIENCE_SECONDS = 60


@asynccontextmanager
async def admin(broker: TestedBroker) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def producing(broker: TestedBroker) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap_servers, acks="all", enable_idempotence=True, retry_backoff_ms=100
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def consuming(
    broker: TestedBroker, *topics: str, group: str | None = None, pattern: str | None = None
) -> AsyncIterator[AIOKafkaConsumer]:
    """A member of `group`, or of a group of its own, that reads from the beginning and commits only when told."""
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=broker.bootstrap_servers,
        group_id=group or new_name("group"),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        metadata_max_age_ms=500,
        heartbeat_interval_ms=500,
    )
    if pattern is not None:
        consumer.subscribe(pattern=pattern)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


def new_name(kind: str) -> str:
    return f"{kind}-{uuid4().hex[:12]}"


async def create_topic(broker: TestedBroker, *, partitions: int = 4, name: str | None = None) -> str:
    name = name or new_name("topic")
    async with admin(broker) as client:
        answer = await client.create_topics([NewTopic(name, partitions, 1)])
    # A stand-in makes a topic as soon as somebody asks for it.
    assert answer.topic_errors[0][1] in (0, TopicAlreadyExistsError.errno)
    return name


async def send(broker: TestedBroker, topic: str, records: Iterable[Record]) -> None:
    """Send in order, and return when the broker has acknowledged them all."""
    async with producing(broker) as producer:
        sent = [await producer.send(topic, key=key, value=value) for key, value in records]
        await asyncio.gather(*sent)


async def receive(consumer: AIOKafkaConsumer, count: int) -> list[ConsumerRecord[bytes, bytes]]:
    """The next `count` records; what comes beyond is left for the next call."""
    received: list[ConsumerRecord[bytes, bytes]] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(received) < count:
            batch = await consumer.getmany(timeout_ms=200, max_records=count - len(received))
            received += [record for records in batch.values() for record in records]
    return received


async def receive_all(consumer: AIOKafkaConsumer, wanted: set[int]) -> None:
    """Read until every number of `wanted` has come; what a change of members repeats is let pass, a stranger is not."""
    missing = set(wanted)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while missing:
            [number] = numbers(await receive(consumer, 1))
            assert number in wanted
            missing.discard(number)


def numbered(numbers: Iterable[int], *, keys: int = 10) -> list[Record]:
    """Records whose value is their number, spread over `keys` keys."""
    return [(f"key-{number % keys}".encode(), str(number).encode()) for number in numbers]


def numbers(records: Iterable[ConsumerRecord[bytes, bytes]]) -> list[int]:
    return [int(record.value or b"-1") for record in records]
