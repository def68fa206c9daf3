"""Whoever shares a key waits for those who came before; whoever shares none goes on at once."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager


class Turns:
    def __init__(self) -> None:
        # Of each key the last in line; done when they and all before them are.
        self._last: dict[bytes, asyncio.Future[None]] = {}

    @asynccontextmanager
    async def of(self, keys: Collection[bytes]) -> AsyncIterator[None]:
        """Enter when all who asked for one of `keys` before have left. Turns are asked for in no circle."""
        before = {self._last[key] for key in keys if key in self._last}
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._last.update(dict.fromkeys(keys, mine))
        try:
            if before:
                await asyncio.wait(before)
            yield
        finally:
            mine.set_result(None)
            for key in keys:
                if self._last.get(key) is mine:
                    del self._last[key]
