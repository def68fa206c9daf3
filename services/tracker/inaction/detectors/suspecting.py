"""All detectors together: what they suspect of one case, and of a department's month."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.tracker.inaction.detectors.boilerplate import boilerplate
from services.tracker.inaction.detectors.buck_passing import buck_passing
from services.tracker.inaction.detectors.facts import CaseFacts, Finding, Period
from services.tracker.inaction.detectors.false_closure import false_closure
from services.tracker.inaction.detectors.habits import habits
from services.tracker.inaction.detectors.repeated_dissatisfaction import (
    repeatedly_dissatisfied,
    repeatedly_dissatisfied_in_period,
)
from services.tracker.inaction.detectors.selective_silence import selective_silence
from services.tracker.inaction.detectors.slow import slow
from services.tracker.inaction.inaction import Suspicion
from shared.detection import BOUNDS, Bounds
from shared.ids import event_id
from shared.language import DepartmentCode, InactionKind

# Stands for "a period" where ids follow from a case otherwise; drawn once, never to be changed.
_OF_PERIODS = UUID("6f0e0f5e-6c1b-5a53-9d0c-0d8b5c2f7a10")


def suspicions_of_case(case: CaseFacts, now: datetime, bounds: Bounds = BOUNDS, *, holds: bool) -> Sequence[Suspicion]:
    """`holds`: the case is the department's; one that it gave back tells of returns alone."""
    found = [buck_passing(case, bounds)]
    if holds:
        found += [slow(case, now, bounds), false_closure(case), repeatedly_dissatisfied(case, bounds)]
    return [one for one in found if one is not None]


def findings_of_period(period: Period, bounds: Bounds = BOUNDS) -> Sequence[Finding]:
    return [
        *habits(period, bounds),
        *boilerplate(period, bounds),
        *repeatedly_dissatisfied_in_period(period, bounds),
        *selective_silence(period, bounds),
    ]


def by_policy(suspicion: Suspicion, policy_hash: str) -> Suspicion:
    """The suspicion, whose evidence says by which policy's bounds it was found."""
    return replace(suspicion, evidence=f"{suspicion.evidence.removesuffix('。')}（界限依政策{policy_hash[:12]}）。")


def id_of_case(case: CaseFacts, kind: InactionKind) -> UUID:
    """The id of a suspicion about one case: each kind once, for each department that had the case."""
    return event_id(case.complaint_id, f"inaction/{case.department}/{kind}")


def id_of_period(department: DepartmentCode, period: str, found: Finding) -> UUID:
    """The id of a suspicion about a period: each kind once for each reply, place or issue that it is about."""
    return event_id(_OF_PERIODS, f"{department}/{period}/{found.suspicion.kind}/{found.cause}")
