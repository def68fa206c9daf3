"""The policy and the model in service, which decide as a pair; ``shared.reloading`` exchanges them while it runs.

A batch is decided by one pair from its beginning to its end, and each decision names the hashes of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from prometheus_client import Gauge

from services.router.batches import decide_all
from services.router.classifier.classifier import Model
from services.router.classifier.model_file import model_in_service
from services.router.decide import Matcher
from services.router.decision import Decision
from services.router.placement import Decided, replaced
from shared.events import CaseReturnGranted, ComplaintReceived
from shared.policy import Policy
from shared.reloading import Prepare, Reloading

MODEL = Gauge("hotline_model_in_service_info", "1 for the model in service", ["model_hash"])


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
    """Decides with the routing in service. A model file that is missing is no classifier."""

    def __init__(self, policy_dir: Path, model_file: Path | None) -> None:
        def make(policy: Policy, now: Routing | None) -> Routing:
            same = now is not None and policy.hash == now.policy.hash
            return Routing(now.matcher if now and same else Matcher(policy), model_in_service(model_file))

        self._reloading = Reloading(policy_dir, make, beside=[model_file] if model_file else [])

    @property
    def routing(self) -> Routing:
        return self._reloading.current()

    @property
    def policy(self) -> Policy:
        return self.routing.policy

    def decide(self, complaints: Sequence[ComplaintReceived]) -> list[Decision]:
        return self.routing.decide(complaints)

    def replace(self, current: Decided, granted: CaseReturnGranted, decision_id: UUID, now: datetime) -> Decided | None:
        return replaced(current, granted, self.routing.matcher, self.routing.model, decision_id, now)

    async def refresh(self) -> None:
        """Say in the metrics which model is in service."""
        MODEL.clear()
        if self.routing.model is not None:
            MODEL.labels(self.routing.model.hash).set(1)

    async def watch(self, prepare: Prepare) -> None:
        """Look for another policy or model again and again until cancelled."""
        await self._reloading.watch(prepare)

    async def reload(self, prepare: Prepare) -> None:
        """Put what the files say now in service, if it differs and can be read."""
        await self._reloading.reload(prepare)
