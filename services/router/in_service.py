"""The policy and the model in service, exchanged as a whole while the router runs.

Every look compares the files with those that are in service. What has changed and then stands still is read anew; a
policy or model that cannot be read leaves the one in service where it is. A batch is decided by one pair from its
beginning to its end, and each decision names the hashes of both.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge

from services.router.batches import decide_all
from services.router.classifier import Model
from services.router.decide import Matcher
from services.router.decision import Decision
from services.router.model_file import UnreadableModel, model_in_service
from services.router.placement import Decided, replaced
from shared.events import CaseReturnGranted, ComplaintReceived
from shared.policy import Policy
from shared.policy_files import FILES, OPTIONAL, PolicyInvalid, load_policy

log = structlog.get_logger(__name__)

RELOADED = Counter("hotline_policy_reloads_total", "Changed policies and models by what became of them", ["outcome"])
IN_SERVICE = Gauge("hotline_policy_in_service_info", "1 for the hashes in service", ["policy_hash", "model_hash"])

_LOOK_EVERY_SECONDS = 2.0

# Of each file when it was last written and how long it is; None for one that is missing.
_Stamp = tuple[tuple[int, int] | None, ...]
# Called with a new policy before it decides anything: its departments' topics must be there.
Prepare = Callable[[Policy], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Routing:
    """What decides: a policy made ready, and the classifier where the county has one."""

    matcher: Matcher
    model: Model | None = None

    @property
    def policy(self) -> Policy:
        return self.matcher.policy

    def decide(self, complaints: Sequence[ComplaintReceived]) -> list[Decision]:
        return decide_all(complaints, self.matcher, self.model)


class InService:
    """Holds the routing in service and looks for another one. A model file that is missing is no classifier."""

    def __init__(self, policy_dir: Path, model_file: Path | None) -> None:
        self._policy_dir = policy_dir
        self._model_file = model_file
        # Taken before reading, so that what changes meanwhile is seen as changed.
        self._stamp = self._look()
        self._use(Routing(Matcher(load_policy(policy_dir)), model_in_service(self._model_file)))

    @property
    def policy(self) -> Policy:
        return self.routing.policy

    def decide(self, complaints: Sequence[ComplaintReceived]) -> list[Decision]:
        return self.routing.decide(complaints)

    def replace(self, current: Decided, granted: CaseReturnGranted, decision_id: UUID, now: datetime) -> Decided | None:
        return replaced(current, granted, self.routing.matcher, self.routing.model, decision_id, now)

    async def watch(self, prepare: Prepare) -> None:
        """Look again and again until cancelled."""
        seen = self._stamp
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            stamp = self._look()
            # What was written since the last look may not be written to its end.
            if stamp == seen:
                await self.reload(prepare)
            seen = stamp

    async def reload(self, prepare: Prepare) -> None:
        """Put what the files say now in service, if it differs and can be read."""
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            routing = await asyncio.to_thread(self._read)
        except (PolicyInvalid, UnreadableModel) as refused:
            RELOADED.labels("refused").inc()
            log.warning("change_refused", why=str(refused), still=self.policy.hash)
            return
        await prepare(routing.policy)
        self._use(routing)
        RELOADED.labels("in_service").inc()

    def _read(self) -> Routing:
        policy = load_policy(self._policy_dir)
        model = model_in_service(self._model_file)
        same = policy.hash == self.policy.hash
        return Routing(self.routing.matcher if same else Matcher(policy), model)

    def _use(self, routing: Routing) -> None:
        self.routing = routing
        IN_SERVICE.clear()
        model_hash = routing.model.hash if routing.model else ""
        IN_SERVICE.labels(routing.policy.hash, model_hash).set(1)
        log.info("in_service", policy=routing.policy.hash, model=model_hash)

    def _look(self) -> _Stamp:
        files = [self._policy_dir / name for name in (*FILES, *OPTIONAL)]
        return tuple(map(_stamp, [*files, *([self._model_file] if self._model_file else [])]))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
