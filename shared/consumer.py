"""A batch of Kafka records, taken in with inbox, state and outbox in one transaction.

What passes by itself (a database that is away) is tried again here, with pauses, and then handed back to Kafka.
What never passes (a record nobody can read, an event whose handling fails) goes to the dead-letter topic in the
same transaction, so that it is neither lost nor in the way of the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_OID, UUID, uuid5

import asyncpg
import structlog
from aiokafka import ConsumerRecord
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_exponential_jitter

from shared import inbox, outbox, topics
from shared.events import Event
from shared.metrics import DEAD_LETTERS, EVENTS_CONSUMED
from shared.outbox import Relay
from shared.postgres import PASSING, Connection, Pool
from shared.wire import Message, Received, Undecodable, dead_letter, decode

log = structlog.get_logger(__name__)

_PATIENCE_SECONDS = 60.0
# After a small batch the next records are left to gather: under load the same work in fewer transactions, while a lone
# event is still taken in at once.
_SMALL_BATCH = 200
_GATHERING_SECONDS = 0.03
_PAUSE_BEFORE_REDELIVERY_SECONDS = 5.0

# Changes the service's state for events that it has not seen before, in the caller's transaction.
Apply = Callable[[Connection, Sequence[Received[Event]]], Awaitable[None]]
# Reads one record, or raises Undecodable.
Read = Callable[[ConsumerRecord[bytes, bytes]], Received[Event]]


@dataclass(frozen=True, slots=True)
class _Decoded:
    record: ConsumerRecord[bytes, bytes]
    received: Received[Event]


@dataclass(frozen=True, slots=True)
class _Dead:
    id: UUID
    message: Message


class BatchConsumer:
    """The handler of one subscription; `wanted` names the event types that `apply` understands.

    `read` is another way to read a record than ``wire.decode``.
    """

    def __init__(
        self,
        name: str,
        wanted: Sequence[type[Event]],
        apply: Apply,
        pool: Pool,
        relay: Relay,
        *,
        read: Read = decode,
    ) -> None:
        self.name = name
        self._wanted = frozenset(wanted)
        self._apply = apply
        self._pool = pool
        self._relay = relay
        self._read = read

    async def __call__(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        """Take the batch in; returning means that its offsets may be committed."""
        try:
            await self._persist(records)
        except Exception:
            # The records come again at once; without a pause a fault that stays would spin.
            await asyncio.sleep(_PAUSE_BEFORE_REDELIVERY_SECONDS)
            raise
        self._relay.wake()
        EVENTS_CONSUMED.labels(self.name).inc(len(records))
        if len(records) < _SMALL_BATCH:
            await asyncio.sleep(_GATHERING_SECONDS)

    async def _persist(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        decoded, dead = self._sort(records)
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(PASSING),
            wait=wait_exponential_jitter(multiplier=0.1, max=5),
            stop=stop_after_delay(_PATIENCE_SECONDS),
            reraise=True,
        ):
            with attempt:
                await self._take_in(decoded, dead)

    def _sort(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> tuple[list[_Decoded], list[_Dead]]:
        decoded: dict[object, _Decoded] = {}
        dead: list[_Dead] = []
        for record in records:
            try:
                received = self._read(record)
            except Undecodable as error:
                dead.append(self._bury(record, str(error)))
            else:
                if type(received.event) in self._wanted:
                    decoded[received.id] = _Decoded(record, received)
        return list(decoded.values()), dead

    async def _take_in(self, decoded: Sequence[_Decoded], dead: Sequence[_Dead]) -> None:
        try:
            await self._commit(decoded, dead)
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001  # one of them is at fault; which one is found by taking each alone
            log.warning("batch_taken_apart", consumer=self.name, size=len(decoded), error=type(error).__name__)
            await self._commit((), dead)
            for one in decoded:
                await self._take_in_alone(one)

    async def _take_in_alone(self, one: _Decoded) -> None:
        try:
            await self._commit((one,), ())
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001  # whatever is wrong with it, it must not stop the others
            await self._commit((), (self._bury(one.record, _reason(error)),))

    async def _commit(self, decoded: Sequence[_Decoded], dead: Sequence[_Dead]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            fresh = await inbox.remember(connection, [d.received.id for d in decoded])
            events = [d.received for d in decoded if d.received.id in fresh]
            if events:
                await self._apply(connection, events)
            unburied = await inbox.remember(connection, [d.id for d in dead])
            await outbox.append(connection, [d.message for d in dead if d.id in unburied])

    def _bury(self, record: ConsumerRecord[bytes, bytes], reason: str) -> _Dead:
        log.error("dead_letter", consumer=self.name, topic=record.topic, offset=record.offset, reason=reason)
        DEAD_LETTERS.labels(self.name).inc()
        return _Dead(
            uuid5(NAMESPACE_OID, f"{record.topic}/{record.partition}/{record.offset}"),
            dead_letter(record, topic=topics.dead(record.topic), consumer=self.name, reason=reason),
        )


def _reason(error: Exception) -> str:
    # What the database says may quote the rows that it refused.
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
        return f"{type(error).__name__} {getattr(error, 'sqlstate', None) or ''}".strip()
    return f"{type(error).__name__}: {error}"
