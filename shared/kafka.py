"""Kafka through FastStream: the one way in which a service subscribes, and the topics that must exist for it.

FastStream's defaults lose records (they are acknowledged before they are handled, and groups start at the end);
what is set here, and why, is in docs/decisions/0003-batches-on-faststream.md.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import IllegalStateError, KafkaError, TopicAlreadyExistsError, for_code
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from faststream.kafka.subscriber.usecase import BatchSubscriber

from shared.consumer import BatchConsumer
from shared.metrics import CONSUMER_LAG, LAST_POLL_AGE
from shared.topics import Topic

log = structlog.get_logger(__name__)

_MAX_RECORDS = 1000
# FastStream sleeps this long after an empty poll, so it bounds how late a lone event is seen.
_POLL_MILLISECONDS = 50
# aiokafka asks a broker one thing at a time: an event in a partition that was left out of the question waits as long.
_FETCH_MILLISECONDS = 200
_RETRY_SECONDS = 2.0
_GOODBYE_SECONDS = 5.0
_STALE_SECONDS = 30.0
_REPLICAS = 3


async def _parse(
    records: Sequence[ConsumerRecord[bytes, bytes]], original: Callable[..., Awaitable[KafkaMessage]]
) -> Any:
    """Hand the records over as they are: a header that does not decode must reach the handler, not loop before it."""
    first = records[0]
    bare: ConsumerRecord[bytes, bytes] = ConsumerRecord(
        first.topic,
        first.partition,
        first.offset,
        first.timestamp,
        first.timestamp_type,
        None,
        b"",
        None,
        0,
        0,
        (),
    )
    message = await original((bare,))
    message.raw_message = tuple(records)
    return message


async def _decode(message: KafkaMessage) -> Any:
    return message.raw_message


class Subscriptions:
    """The consumers of one service: connect when Kafka is there, and say how they are."""

    def __init__(self, bootstrap_servers: Sequence[str], group: str) -> None:
        self._group = group
        self._bootstrap_servers = bootstrap_servers
        self._have_polled: set[str] = set()
        self._broker = KafkaBroker(
            list(bootstrap_servers),
            client_id=group,
            consumer_only=True,
            # Shorter than the goodbye, so that consumers leave their group even if a handler does not get done.
            graceful_timeout=_GOODBYE_SECONDS / 2,
            apply_types=False,
            # New department topics are found within this time.
            metadata_max_age_ms=30_000,
            logger=logging.getLogger("faststream"),
        )
        self._subscribers: dict[str, BatchSubscriber] = {}
        self.started = False

    def add(self, handler: BatchConsumer, *topics: str, pattern: str | None = None) -> None:
        """Deliver whole batches of `topics` (or of every topic that matches `pattern`) to `handler`."""
        subscriber = self._broker.subscriber(
            *topics,
            pattern=pattern,
            batch=True,
            group_id=f"{self._group}.{handler.name}",
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            max_records=_MAX_RECORDS,
            batch_timeout_ms=_POLL_MILLISECONDS,
            fetch_max_wait_ms=_FETCH_MILLISECONDS,
            parser=_parse,
            decoder=_decode,
            no_reply=True,
        )

        async def handle(records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
            await handler(records)

        subscriber(handle)
        self._subscribers[handler.name] = subscriber

    async def run(self) -> None:
        """Connect, however long Kafka stays away, and consume until cancelled."""
        try:
            while not self.started:
                try:
                    await self._broker.start()
                except (KafkaError, OSError, TimeoutError) as error:
                    log.warning("kafka_unreachable", error=type(error).__name__)
                    await self._broker.stop()
                    await asyncio.sleep(_RETRY_SECONDS)
                else:
                    self.started = True
            await asyncio.Event().wait()
        finally:
            # A broker that is frozen would never answer the goodbye; the group notices without it.
            with suppress(KafkaError, OSError):
                async with asyncio.timeout(_GOODBYE_SECONDS):
                    await self._broker.stop()

    async def measure(self) -> dict[str, float]:
        """Bring lag and poll age up to date; returns seconds since the last poll of each consumer, -1 before it."""
        ages = {name: await _measure(name, subscriber.consumer) for name, subscriber in self._subscribers.items()}
        self._have_polled |= {name for name, age in ages.items() if age >= 0}
        return ages

    async def check(self) -> None:
        """Raise ConnectionError where Kafka is away, or TimeoutError where a consumer gets nothing from it."""
        if not self.started:
            raise ConnectionError("Kafka cannot be reached")
        await _reach_any(self._bootstrap_servers)
        ages = await self.measure()
        # Between two assignments of partitions nothing is polled, and nothing is wrong.
        idle = [name for name, age in ages.items() if age > _STALE_SECONDS or name not in self._have_polled]
        if idle:
            raise TimeoutError(f"Kafka does not serve the consumers {', '.join(idle)}")


async def _reach_any(bootstrap_servers: Sequence[str]) -> None:
    for server in bootstrap_servers:
        host, _, port = server.rpartition(":")
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
            return
    raise ConnectionError("Kafka cannot be reached")


async def _measure(name: str, consumer: AIOKafkaConsumer | None) -> float:
    lag, polled = 0, 0
    if consumer is None:
        return -1.0
    with suppress(IllegalStateError, TimeoutError):  # a rebalance is under way: what was counted so far is told
        async with asyncio.timeout(1):
            for partition in consumer.assignment():
                polled = max(polled, consumer.last_poll_timestamp(partition) or 0)
                lag += max((consumer.highwater(partition) or 0) - await consumer.position(partition), 0)
    age = time.time() - polled / 1000 if polled else -1.0
    CONSUMER_LAG.labels(name).set(lag)
    LAST_POLL_AGE.labels(name).set(age)
    return age


async def create_topics(bootstrap_servers: Sequence[str], topics: Sequence[Topic]) -> list[str]:
    """Create those of `topics` that do not exist and return their names, with three replicas where there are brokers.

    Raises KafkaError where Kafka is away or refuses a topic for another reason than that it is there.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=list(bootstrap_servers))
    await admin.start()
    try:
        present = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in present]
        replicas = min(_REPLICAS, len((await admin.describe_cluster())["brokers"]))
        answer = await admin.create_topics(
            [
                NewTopic(
                    topic.name,
                    num_partitions=topic.partitions,
                    replication_factor=replicas,
                    topic_configs={
                        "retention.ms": str(int(topic.kept.total_seconds() * 1000)),
                        # What is acknowledged survives the loss of one broker.
                        "min.insync.replicas": str(max(1, replicas - 1)),
                    },
                )
                for topic in missing
            ]
        )
        for name, code, *message in answer.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(f"{name}: {message}")
        return [topic.name for topic in missing]
    finally:
        await admin.close()
