"""Fingerprints are forgotten when nothing that still comes can be the same incident; who belongs where stays."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from services.router.incidents import incidents_store
from shared.policy import Policy
from shared.postgres import PASSING, Pool

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 600.0
_AT_ONCE = 20_000
# A complaint may reach the router late by as much as the window is long.
_WINDOWS = 2


class Forgetting:
    def __init__(self, pool: Pool, policy: Callable[[], Policy]) -> None:
        self._pool = pool
        self._policy = policy

    async def run(self) -> None:
        """Look every ten minutes until cancelled."""
        while True:
            try:
                if forgotten := await self.forget(datetime.now(UTC)):
                    log.info("fingerprints_forgotten", rows=forgotten)
            except PASSING as error:
                log.warning("fingerprints_not_forgotten", error=type(error).__name__)
            await asyncio.sleep(_EVERY_SECONDS)

    async def forget(self, now: datetime) -> int:
        """Delete what is too old at `now`, a slice at a time; how many rows that were."""
        before = now - _WINDOWS * self._policy().incidents.window
        total = 0
        while deleted := await incidents_store.forget(self._pool, before, _AT_ONCE):
            total += deleted
        return total
