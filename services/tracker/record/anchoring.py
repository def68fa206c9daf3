"""Every hour the heads of all cases that have changed go into the chain of chains, whose own head is logged.

Whoever keeps a copy of that head elsewhere (the log's collector, a file, paper) can later tell that nothing before it
was changed, even if somebody had every right in the database.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import structlog

from services.tracker import store
from services.tracker.record import record_store
from services.tracker.record.record import Anchor, anchor
from shared.postgres import PASSING, Connection, Pool

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)
_POLL_SECONDS = 60.0
# What one anchor looks at, at most; after a migration or a long absence several are made at once.
_ENTRIES_AT_ONCE = 200_000
_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '5s'"


class Anchoring:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def run(self) -> None:
        """Anchor once an hour, whichever replica comes first, until cancelled."""
        while True:
            try:
                await self.anchor_if_due()
            except (*PASSING, asyncpg.LockNotAvailableError) as error:
                log.warning("not_anchored", error=type(error).__name__)
            await asyncio.sleep(_POLL_SECONDS)

    async def anchor_if_due(self) -> Anchor | None:
        """The last anchor that was made, None if one is less than an hour old; an hour without entries has one too."""
        async with self._pool.acquire() as connection:
            if not await connection.fetchval(record_store.ANCHOR_IS_DUE, EVERY):
                return None
            last_id = await settled(connection)
            async with connection.transaction():
                await connection.execute(_LOCK_TIMEOUT)
                await connection.execute(record_store.LOCK_ANCHORS)
                if not await connection.fetchval(record_store.ANCHOR_IS_DUE, EVERY):
                    return None
                made = await _anchor_up_to(connection, last_id)
        for one in made:
            log.info("anchored", number=one.number, at=one.at.isoformat(), head=one.hash.hex())
        return made[-1]


async def _anchor_up_to(connection: Connection, last_id: int) -> Sequence[Anchor]:
    before = await record_store.last_anchor(connection)
    now = await store.present(connection)
    made: list[Anchor] = []
    while not made or made[-1].last_id < last_id:
        after_id = before.last_id if before else 0
        up_to = await connection.fetchval(record_store.NTH_ENTRY, after_id, last_id, _ENTRIES_AT_ONCE - 1) or last_id
        heads = await record_store.changed_heads(connection, after_id, up_to)
        before = anchor(before, now, up_to, heads)
        await record_store.insert_anchor(connection, before, heads)
        made.append(before)
    return made


async def settled(connection: Connection) -> int:
    """The id of the newest entry, when none that is lower can still come in; the lock lasts no longer than this."""
    async with connection.transaction():
        await connection.execute(_LOCK_TIMEOUT)
        await connection.execute(record_store.LOCK_ENTRIES)
        newest: int = await connection.fetchval(record_store.NEWEST_ENTRY)
        return newest
