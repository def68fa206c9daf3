"""Buck-passing (推诿): returns that are refused or repeated, and cases that go to and fro."""

from services.tracker.detectors.bounds import BOUNDS, Bounds
from services.tracker.detectors.facts import CaseFacts, Finding, Period
from services.tracker.inaction import Suspicion
from shared.language import InactionKind


def buck_passing(case: CaseFacts, bounds: Bounds = BOUNDS) -> Suspicion | None:
    """Whether the department wanted to be rid of the case again after it was told no, or had got it back."""
    told = f"{case.department_name}对工单{case.ticket_number}"
    if case.returns_refused >= bounds.refused_returns:
        return Suspicion(
            InactionKind.BUCK_PASSING,
            f"{told}申请退单被驳回{case.returns_refused}次，达到{bounds.refused_returns}次的界限。",
        )
    if case.returns_granted >= bounds.granted_returns:
        return Suspicion(
            InactionKind.BUCK_PASSING,
            f"{told}先后{case.returns_granted}次退单，工单往返流转，达到{bounds.granted_returns}次的界限。",
        )
    return None


def buck_passing_by_habit(period: Period, bounds: Bounds = BOUNDS) -> Finding | None:
    """Whether most of what the department wanted to return was its own."""
    refused = [case for case in period.cases if case.returns_refused]
    number = sum(case.returns_refused for case in refused)
    decided = number + sum(case.returns_granted for case in period.cases)
    if number < bounds.refused_in_period or number <= bounds.refused_share * decided:
        return None
    evidence = (
        f"{period.name}，{period.department_name}的{decided}次退单申请中有{number}次被驳回（{number / decided:.0%}），"
        f"超过{bounds.refused_share:.0%}的界限，最近一件为工单{refused[-1].ticket_number}。"
    )
    return Finding(Suspicion(InactionKind.BUCK_PASSING, evidence), refused[-1], "returns")
