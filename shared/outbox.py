"""The outbox: events are written beside the state they tell of, and a relay carries them to Kafka.

The relay deletes a batch, publishes it and only then commits: a crash in between brings the rows back, and the
consumers' inboxes drop what was published twice. One relay per service holds an advisory lock, so that the events
of one complaint keep their order however many replicas run.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence

import orjson
import structlog
from aiokafka import AIOKafkaProducer

from shared.postgres import PASSING, Connection, Pool
from shared.publishing import publish
from shared.wire import Message

log = structlog.get_logger(__name__)

APPEND = """
INSERT INTO outbox (topic, key, headers, body)
SELECT * FROM unnest($1::text[], $2::bytea[], $3::text[], $4::bytea[])
"""
# The lock's first number is arbitrary; advisory locks are per database, so the schema keeps the services apart.
CLAIM = """
WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(7140, hashtext(current_schema())) AS ours),
batch AS (SELECT id FROM outbox WHERE (SELECT ours FROM turn) AND topic <> ALL($2) ORDER BY id LIMIT $1),
taken AS (DELETE FROM outbox USING batch WHERE outbox.id = batch.id RETURNING outbox.*)
SELECT topic, key, headers, body FROM taken ORDER BY id
"""
TOPICS = "SELECT DISTINCT topic FROM outbox"
DEPTH = "SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM outbox"

_BATCH = 1000
# From here on COPY costs half as much as INSERT; below, its second round trip to the server costs more.
_COPY_FROM = 100
_POLL_SECONDS = 1.0
# A few events cost as much to publish as sixty together. Under load each service adds at most this to a complaint's
# way; a lone event never waits.
_GATHERING_SECONDS = 0.1
_SEND_SECONDS = 20.0
_LOOK_FOR_TOPICS_SECONDS = 10.0
_PAUSE_AFTER_FAILURE_SECONDS = 1.0


async def append(connection: Connection, messages: Sequence[Message]) -> None:
    """Write `messages` in the caller's transaction; they are published, in this order, after it commits."""
    if len(messages) >= _COPY_FROM:
        await connection.copy_records_to_table(
            "outbox",
            columns=("topic", "key", "headers", "body"),
            records=map(_row, messages),
        )
    elif messages:
        await connection.execute(APPEND, *zip(*map(_row, messages), strict=True))


def written(headers: Mapping[str, str]) -> str:
    """As they stand in the outbox, for a statement that fills more tables than this one."""
    return orjson.dumps(headers).decode()


def _row(message: Message) -> tuple[str, bytes | None, str, bytes | None]:
    return message.topic, message.key, written(message.headers), message.body


async def depth(pool: Pool) -> tuple[int, float]:
    """How many events wait and how many seconds the oldest has waited."""
    (row,) = await pool.fetch(DEPTH)
    return row[0], row[1]


class Relay:
    """Publishes the outbox of one service until it is cancelled."""

    def __init__(self, pool: Pool, bootstrap_servers: Sequence[str]) -> None:
        self._pool = pool
        self._bootstrap_servers = list(bootstrap_servers)
        self._producer: AIOKafkaProducer | None = None
        self._awake = asyncio.Event()
        # Topics that Kafka does not have: their events wait, and do not keep the others waiting.
        self._absent: list[str] = []
        self._connected_at = 0.0

    def wake(self) -> None:
        """Say that something was committed; without it the relay looks once a second."""
        self._awake.set()

    async def run(self) -> None:
        try:
            while True:
                self._awake.clear()
                try:
                    while await self._carry_batch() == _BATCH:
                        pass
                    # Under load what is committed meanwhile gathers; a lone event has just been published at once.
                    await asyncio.sleep(_GATHERING_SECONDS)
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._awake.wait()
                except TimeoutError:
                    continue
        finally:
            await self._drop_producer()

    async def _carry_batch(self) -> int:
        """Publish one batch and say how many rows it had; any failure leaves them where they were."""
        try:
            if self._absent and time.monotonic() - self._connected_at > _LOOK_FOR_TOPICS_SECONDS:
                await self._drop_producer()
            # Connect before rows are claimed: a transaction must not wait for a broker that is away.
            producer = self._producer or await self._connect()
            async with self._pool.acquire() as connection, connection.transaction():
                rows = await connection.fetch(CLAIM, _BATCH, self._absent)
                if rows:
                    async with asyncio.timeout(_SEND_SECONDS):
                        await publish(producer, rows)
        except Exception as error:  # noqa: BLE001  # whatever it was, the rows are still there and the next turn tries
            log.warning("outbox_not_carried", error=type(error).__name__, passing=isinstance(error, PASSING))
            # After a failed idempotent batch the producer's sequence numbers cannot be trusted.
            await self._drop_producer()
            await asyncio.sleep(_PAUSE_AFTER_FAILURE_SECONDS)
            return 0
        return len(rows)

    async def _connect(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap_servers,
            acks="all",
            enable_idempotence=True,
            max_batch_size=512 * 1024,
            request_timeout_ms=10_000,
        )
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await producer.start()
                present = (await producer.client.fetch_all_metadata()).topics()
            self._absent = [row["topic"] for row in await self._pool.fetch(TOPICS) if row["topic"] not in present]
        except BaseException:
            await producer.stop()
            raise
        if self._absent:
            log.error("topics_absent", topics=self._absent)
        self._producer, self._connected_at = producer, time.monotonic()
        return producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                async with asyncio.timeout(5):
                    await producer.stop()
            except Exception as error:  # noqa: BLE001  # it is being thrown away
                log.info("producer_not_stopped", error=type(error).__name__)
