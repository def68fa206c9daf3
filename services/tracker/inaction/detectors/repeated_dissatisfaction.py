"""Repeated dissatisfaction (同一事项三次不满意): in one case, or in several that tell of the same."""

from collections.abc import Sequence

from services.tracker.inaction.detectors.facts import CaseFacts, Finding, Period
from services.tracker.inaction.detectors.texts import likeness
from services.tracker.inaction.inaction import Suspicion
from shared.detection import BOUNDS, Bounds
from shared.language import InactionKind, Satisfaction
from shared.matching import comparable


def repeatedly_dissatisfied(case: CaseFacts, bounds: Bounds = BOUNDS) -> Suspicion | None:
    """Whether the reporter of one case was dissatisfied so often."""
    times = _times(case)
    if times < bounds.dissatisfied:
        return None
    return Suspicion(
        InactionKind.REPEATED_DISSATISFACTION,
        f"{case.department_name}承办的工单{case.ticket_number}，诉求人先后{times}次表示不满意，"
        f"达到{bounds.dissatisfied}次的界限。",
    )


def repeatedly_dissatisfied_in_period(period: Period, bounds: Bounds = BOUNDS) -> Sequence[Finding]:
    """A finding for each issue that came in several cases and left its reporters dissatisfied so often in all."""
    issues: list[list[CaseFacts]] = []
    for case in period.cases:
        if not _times(case):
            continue
        for issue in issues:
            if _same_issue(issue[0], case, bounds):
                issue.append(case)
                break
        else:
            issues.append([case])
    return [
        _finding(period, issue, bounds)
        for issue in issues
        if len(issue) > 1 and sum(map(_times, issue)) >= bounds.dissatisfied
    ]


def _times(case: CaseFacts) -> int:
    return case.reworks + (case.satisfaction is Satisfaction.DISSATISFIED)


def _same_issue(one: CaseFacts, other: CaseFacts, bounds: Bounds) -> bool:
    if (one.matter, one.town) != (other.matter, other.town):
        return False
    # Two streets of one town are two issues, however alike people tell of them.
    places = {place for place in (_within_town(one), _within_town(other)) if place}
    return len(places) < 2 and likeness(one.text, other.text) >= bounds.same_issue  # noqa: PLR2004


def _within_town(case: CaseFacts) -> str:
    """What its place says beyond the town; nothing where it says no more."""
    place = comparable(case.place or "")
    return place.rpartition(case.town)[2].strip() if case.town else place


def _finding(period: Period, issue: Sequence[CaseFacts], bounds: Bounds) -> Finding:
    tickets = "、".join(case.ticket_number for case in issue)
    evidence = (
        f"{period.name}，{period.department_name}承办的同一事项（工单{tickets}）先后{sum(map(_times, issue))}次被表示"
        f"不满意，达到{bounds.dissatisfied}次的界限。"
    )
    suspicion = Suspicion(InactionKind.REPEATED_DISSATISFACTION, evidence)
    return Finding(suspicion, issue[-1], issue[0].ticket_number)
