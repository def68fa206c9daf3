"""The policy in service, and what a service makes of it, exchanged as a whole while the service runs.

Every look compares the files with those that are in service. What has changed and then stands still is read anew;
what cannot be read, or is refused by the service, leaves the one in service where it is. Whoever needs the policy asks
for it when a piece of work begins and keeps to what it was given until that work is done.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import structlog
from prometheus_client import Counter, Gauge

from shared.policy import Policy
from shared.policy_files import FILES, OPTIONAL, load_policy

__all__ = ["FileStamp", "Prepare", "Reloading", "Stamp", "file_stamp", "stamp_of"]

log = structlog.get_logger(__name__)

RELOADED = Counter("hotline_policy_reloads_total", "Changed policies and models by what became of them", ["outcome"])
IN_SERVICE = Gauge("hotline_policy_in_service_info", "1 for the policy in service", ["policy_hash"])

_LOOK_EVERY_SECONDS = 2.0

# Which file it is, when it was last written and how long it is; None for one that is missing.
FileStamp = tuple[int, int, int] | None
Stamp = tuple[FileStamp, ...]
# Called with a new policy before it is in service: its departments' topics must be there, for example.
Prepare = Callable[[Policy], Awaitable[None]]


class InService(Protocol):
    @property
    def policy(self) -> Policy: ...


S = TypeVar("S", bound=InService)


async def _nothing(_policy: Policy) -> None:
    """Nothing is to be prepared."""


class Reloading(Generic[S]):
    """Holds what is in service and looks for another one.

    `make` turns a policy into what the service works with, given what it works with now (None at the start); it raises
    where the service cannot work with it. `beside` are files that it reads besides the policy's.
    """

    def __init__(
        self,
        policy_dir: Path,
        make: Callable[[Policy, S | None], S],
        *,
        beside: Sequence[Path] = (),
    ) -> None:
        self._policy_dir = policy_dir
        self._make = make
        self._beside = tuple(beside)
        # Taken before reading, so that what changes meanwhile is seen as changed.
        self._stamp = self._look()
        self._use(make(load_policy(policy_dir), None))

    def current(self) -> S:
        """What is in service at the moment."""
        return self._current

    def policy(self) -> Policy:
        """The policy in service at the moment."""
        return self._current.policy

    async def watch(self, prepare: Prepare = _nothing) -> None:
        """Look again and again until cancelled."""
        seen = self._stamp
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            stamp = self._look()
            # What was written since the last look may not be written to its end.
            if stamp == seen:
                await self.reload(prepare)
            seen = stamp

    async def reload(self, prepare: Prepare = _nothing) -> None:
        """Put what the files say now in service, if it differs and can be read."""
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            made = await asyncio.to_thread(self._read)
        except Exception as refused:  # noqa: BLE001  # whatever is wrong with it, the one in service goes on
            RELOADED.labels("refused").inc()
            kind, still = type(refused).__name__, self._current.policy.hash
            log.warning("change_refused", error=kind, why=str(refused), still=still)
            return
        await prepare(made.policy)
        self._use(made)
        RELOADED.labels("in_service").inc()

    def _read(self) -> S:
        return self._make(load_policy(self._policy_dir), self._current)

    def _use(self, made: S) -> None:
        self._current = made
        IN_SERVICE.clear()
        IN_SERVICE.labels(made.policy.hash).set(1)
        log.info("in_service", policy=made.policy.hash)

    def _look(self) -> Stamp:
        return (*stamp_of(self._policy_dir), *map(file_stamp, self._beside))


def stamp_of(policy_dir: Path) -> Stamp:
    """What is another where a policy's files have been written, exchanged or taken away."""
    return tuple(file_stamp(policy_dir / name) for name in (*FILES, *OPTIONAL))


def file_stamp(path: Path) -> FileStamp:
    """What is another where the file has been written, exchanged or taken away."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
