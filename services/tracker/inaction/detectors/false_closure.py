"""False closure (虚假办结): a case is closed as if it were done."""

from services.tracker.inaction.detectors.facts import CaseFacts
from services.tracker.inaction.inaction import Suspicion
from shared.language import Confidentiality, InactionKind, Satisfaction

# Once is a repair that did not hold; after the second answer nothing was done that the reporter could see.
REOPENED = 2


def false_closure(case: CaseFacts) -> Suspicion | None:
    """Whether the case was closed unasked or against the reporter's word, or was answered as done and reopened."""
    told = f"{case.department_name}承办的工单{case.ticket_number}"
    if case.closed and case.satisfaction is Satisfaction.DISSATISFIED:
        return _suspicion(f"{told}在诉求人表示不满意的情况下办结。")
    reachable = case.confidentiality is not Confidentiality.ANONYMOUS
    # Who was called and did not answer has been asked as well as anybody can be.
    if case.closed and reachable and case.contacted is False and not case.callback_tried:
        return _suspicion(f"{told}未经回访即办结，而诉求人留有联系方式。")
    if case.reworks >= REOPENED:
        return _suspicion(f"{told}答复后{case.reworks}次因诉求人不满意被退回重办，达到{REOPENED}次的界限。")
    return None


def _suspicion(evidence: str) -> Suspicion:
    return Suspicion(InactionKind.FALSE_CLOSURE, evidence)
