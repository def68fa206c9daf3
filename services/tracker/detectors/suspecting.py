"""All detectors together: what they suspect of one case, and of a department's month."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.tracker.detectors.boilerplate import boilerplate
from services.tracker.detectors.buck_passing import buck_passing, buck_passing_by_habit
from services.tracker.detectors.facts import CaseFacts, Finding, Period
from services.tracker.detectors.false_closure import false_closure
from services.tracker.detectors.repeated_dissatisfaction import (
    repeatedly_dissatisfied,
    repeatedly_dissatisfied_in_period,
)
from services.tracker.detectors.selective_silence import selective_silence
from services.tracker.detectors.slow import slow, slow_by_habit
from services.tracker.inaction import Suspicion
from shared.events import event_id
from shared.language import DepartmentCode, InactionKind

# Stands for "a period" where ids follow from a case otherwise; drawn once, never to be changed.
_OF_PERIODS = UUID("6f0e0f5e-6c1b-5a53-9d0c-0d8b5c2f7a10")


def suspicions_of_case(case: CaseFacts, now: datetime, *, holds: bool) -> Sequence[Suspicion]:
    """`holds`: the case is the department's; one that it gave back tells of returns alone."""
    found = [buck_passing(case)]
    if holds:
        found += [slow(case, now), false_closure(case), repeatedly_dissatisfied(case)]
    return [one for one in found if one is not None]


def findings_of_period(period: Period) -> Sequence[Finding]:
    habits = (slow_by_habit(period), buck_passing_by_habit(period))
    return [
        *(one for one in habits if one is not None),
        *boilerplate(period),
        *repeatedly_dissatisfied_in_period(period),
        *selective_silence(period),
    ]


def id_of_case(case: CaseFacts, kind: InactionKind) -> UUID:
    """The id of a suspicion about one case: each kind once, for each department that had the case."""
    return event_id(case.complaint_id, f"inaction/{case.department}/{kind}")


def id_of_period(department: DepartmentCode, period: str, found: Finding) -> UUID:
    """The id of a suspicion about a period: each kind once for each reply, place or issue that it is about."""
    return event_id(_OF_PERIODS, f"{department}/{period}/{found.suspicion.kind}/{found.cause}")
