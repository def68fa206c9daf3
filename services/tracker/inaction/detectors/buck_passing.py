"""Buck-passing (推诿): returns that are refused again, and cases that go to and fro."""

from services.tracker.inaction.detectors.facts import CaseFacts
from services.tracker.inaction.inaction import Suspicion
from shared.detection import BOUNDS, Bounds
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
