"""Finds incidents beside the placing and after it: comparing a complaint costs more than deciding it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from services.router import store
from services.router.incidents import incidents_store
from services.router.incidents.gathering import gather
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import PASSING, Pool

log = structlog.get_logger(__name__)

# Comparing so many holds the event loop for some twenty milliseconds.
_AT_ONCE = 100
_LOOK_SECONDS = 0.2
# While complaints are being placed, only those are compared that have waited so long.
_PATIENCE = timedelta(seconds=30)


class Gatherer:
    """Takes what was decided, the oldest first; replicas take turns."""

    def __init__(self, pool: Pool, relay: Relay, policy: Callable[[], Policy]) -> None:
        """`policy` gives the one in force at the moment."""
        self._pool = pool
        self._relay = relay
        self._policy = policy

    async def run(self) -> None:
        """Compare what waits, again and again until cancelled."""
        while True:
            try:
                gathered = await self.gather_some(_PATIENCE)
            except PASSING as error:
                log.warning("not_gathered", error=type(error).__name__)
                gathered = 0
            except Exception as error:  # noqa: BLE001  # one of them is at fault: the others must not wait for it
                log.error("not_gathered", error=type(error).__name__)  # noqa: TRY400  # its message may quote a text
                gathered = await self.gather_singly(_PATIENCE)
            await asyncio.sleep(0 if gathered else _LOOK_SECONDS)

    async def gather_singly(self, patience: timedelta) -> int:
        """Compare so many as a batch has, each by itself, and leave out those that fail."""
        for number in range(_AT_ONCE):
            try:
                if not await self.gather_some(patience, at_once=1):
                    return number
            except PASSING:
                return number
            except Exception as error:  # noqa: BLE001  # it is placed, and nothing hangs on its being compared
                async with self._pool.acquire() as connection:
                    left_out = await incidents_store.take(connection, patience, 1)
                log.error("left_uncompared", complaints=[*map(str, left_out)], error=type(error).__name__)  # noqa: TRY400
        return _AT_ONCE

    async def gather_some(self, patience: timedelta, at_once: int = _AT_ONCE) -> int:
        """Compare one batch and return how many it had; while others are placed only what is older than `patience`."""
        now = datetime.now(UTC)
        async with self._pool.acquire() as connection, connection.transaction():
            await incidents_store.lock(connection)
            taken = await incidents_store.take(connection, patience, at_once)
            if taken:
                # Who else replaces a decision need not wait: what a complaint tells of stays the same.
                decided = await store.read_in_force(connection, taken)
                await gather(connection, [decided[one] for one in sorted(decided)], self._policy(), now)
        if taken:
            self._relay.wake()
        return len(taken)
