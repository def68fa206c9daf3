"""Cases that are over are counted once for all, so that the supervision summary costs what is open, not what ever was.

A case goes into the tallies some time after it was closed or declined: when an hour's anchor has settled the order of
the entries, and no timer of the case is left. Until then the summary counts it like an open one.
"""

import asyncio

import structlog

from services.tracker.record import record_store
from services.tracker.reports import tallies_store
from shared.postgres import PASSING, Pool

log = structlog.get_logger(__name__)

_POLL_SECONDS = 60.0
_ENTRIES_AT_ONCE = 20_000


class Tallying:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def run(self) -> None:
        """Take in what has ended, whichever replica comes first, until cancelled."""
        while True:
            try:
                while await self.tally():
                    pass
            except PASSING as error:
                log.warning("not_tallied", error=type(error).__name__)
            await asyncio.sleep(_POLL_SECONDS)

    async def tally(self) -> bool:
        """Take in the endings of some further entries; False where there are no more, or one must be waited for."""
        async with self._pool.acquire() as connection, connection.transaction():
            after_id = await tallies_store.lock_tallies(connection)
            settled: int = await connection.fetchval(tallies_store.LAST_ANCHORED)
            if after_id >= settled:
                return False
            nth = await connection.fetchval(record_store.NTH_ENTRY, after_id, settled, _ENTRIES_AT_ONCE - 1)
            up_to: int = nth or settled
            found = await tallies_store.endings(connection, after_id, up_to)
            if waited_for := [row["id"] for row in found if row["pending"]]:
                up_to = waited_for[0] - 1
            over = [row["complaint_id"] for row in found if row["id"] <= up_to]
            await tallies_store.add(connection, over, up_to)
            return not waited_for
