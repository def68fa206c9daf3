"""Where a complaint is now, and how it comes to be somewhere else: by a granted return or by a person.

A complaint has one decision in force at any time. Each further one has the next hop and remembers what must not
happen again: `tried` gave it back, `implicated` are accused by it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.router import wording_again
from services.router.classifier.classifier import Classifier
from services.router.decide import Matcher, decide
from services.router.decision import Decision
from services.router.desks.standings import STANDS_STILL
from shared.events import CaseReturnGranted, ComplaintReceived
from shared.language import CaseStatus, DecisionSource, DepartmentCode
from shared.policy import Policy

__all__ = ["ARBITRATED_FROM", "Decided", "Order", "Refused", "assigned_by_desk", "designated", "replaced"]

# From this many granted returns on, the supervision office names the department (指定承办).
ARBITRATED_FROM = 2


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with its id, the complaint that it places, the instant at which it was made, and what came before."""

    decision_id: UUID
    complaint: ComplaintReceived
    decision: Decision
    decided_at: datetime
    # How often the complaint has been placed, this time included.
    hop: int = 1
    # Granted returns so far.
    returns: int = 0
    tried: tuple[DepartmentCode, ...] = ()
    # Every department that the complaint accuses, by any decision so far.
    implicated: tuple[DepartmentCode, ...] = ()
    returnable: bool = True
    # Who decided, where a person did: the subject of the access token.
    placed_by: str | None = None
    # Where the case stood when the decision was read, as far as the tracker has told; None where it was only opened.
    standing: CaseStatus | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What a person wants: this department, for this reason (redacted), in place of the decision that they saw."""

    seen: UUID
    department: DepartmentCode
    reason: str
    by: str
    matter: str | None = None
    # Whom the complaint accuses, as the person reads it.
    accused: DepartmentCode | None = None


class Refused(Exception):
    """The order cannot be carried out; the sentences say why, Chinese first."""

    def __init__(self, chinese: str, english: str) -> None:
        self.sentences = (chinese, english)
        super().__init__(english)


class OutOfDate(Refused):
    """Another decision is in force than the one that the person saw, or the case has moved on."""


def replaced(
    current: Decided,
    granted: CaseReturnGranted,
    matcher: Matcher,
    classifier: Classifier | None,
    decision_id: UUID,
    now: datetime,
) -> Decided | None:
    """The decision that follows from a granted return; None where the return was answered before or cannot count.

    The number of returns decides which is newer, so that events in any order and any number end alike. What
    arbitration placed is final.
    """
    if granted.returns <= current.returns or not current.returnable:
        return None
    tried = _union(current.tried, granted.tried, (granted.department,))
    implicated = _implicated(current)
    policy = matcher.policy
    if granted.returns >= ARBITRATED_FROM:
        made = wording_again.to_arbitration(policy, granted.returns, tried, implicated)
    else:
        made = decide(current.complaint, matcher, frozenset(tried).union(implicated), classifier)
    return Decided(
        decision_id,
        current.complaint,
        wording_again.after_return(policy, made, granted.department, granted.reason, _first(implicated)),
        now,
        current.hop + 1,
        granted.returns,
        tried,
        _union(implicated, made.implicated),
    )


def assigned_by_desk(current: Decided, order: Order, policy: Policy, decision_id: UUID, now: datetime) -> Decided:
    """The triage desk names the department of a complaint that no rule placed."""
    # Where the supervision office is itself accused, the desk arbitrates in its place, and that is final too.
    final = current.decision.source is DecisionSource.ARBITRATION
    _check(current, order, policy, policy.triage_desk, () if final else current.tried)
    source = DecisionSource.ARBITRATION if final else DecisionSource.PERSON
    made = wording_again.by_person(policy, source, policy.triage_desk, order.department, order.reason, order.accused)
    return _ordered(
        current, order, wording_again.about(policy, made, order.matter), decision_id, now, returnable=not final
    )


def designated(current: Decided, order: Order, policy: Policy, decision_id: UUID, now: datetime) -> Decided:
    """The supervision office names the department (指定承办); it may be one that gave the complaint back."""
    _check(current, order, policy, policy.supervision_office, ())
    made = wording_again.by_person(
        policy, DecisionSource.ARBITRATION, policy.supervision_office, order.department, order.reason, order.accused
    )
    return _ordered(current, order, wording_again.about(policy, made, order.matter), decision_id, now, returnable=False)


def _check(
    current: Decided,
    order: Order,
    policy: Policy,
    desk: DepartmentCode,
    tried: Collection[DepartmentCode],
) -> None:
    name = policy.name_of(order.department)
    if current.decision_id != order.seen:
        raise OutOfDate(
            "这件诉求已有新的派单决定，请刷新后再办。", "Another decision is in force than the one you saw."
        )
    if current.decision.department != desk:
        here = policy.name_of(current.decision.department)
        raise OutOfDate(f"这件诉求现由{here}办理。", f"The complaint is with {current.decision.department} now.")
    if current.standing and (stands := STANDS_STILL.get(current.standing)):
        raise OutOfDate(
            f"这件诉求的工单{stands}，不能再派单。",
            f"The case is {current.standing} and cannot be given to another department.",
        )
    for code in (order.department, order.accused):
        if code is not None and code not in policy.departments:
            raise Refused(f"没有代码为 {code} 的承办单位。", f"There is no department {code}.")
    if order.matter is not None and order.matter not in policy.matters:
        raise Refused(f"没有代码为 {order.matter} 的事项。", f"There is no matter {order.matter}.")
    if order.department == desk:
        raise Refused(f"这件诉求已在{name}，请另选承办单位。", "It is there already; name another department.")
    if order.department == order.accused:
        raise Refused(
            f"{name}被填为被反映单位，不得承办；如诉求并非反映该单位，请不填被反映单位。",
            f"You name {order.department} as accused, so it must not get it; name nobody where it is not accused.",
        )
    if order.department in _implicated(current):
        raise Refused(f"{name}是被反映单位，不得承办。", f"{order.department} is accused and must not get it.")
    if order.department in tried:
        raise Refused(f"{name}已退单获准，不得再派。", f"{order.department} gave it back and must not get it again.")


def _ordered(
    current: Decided, order: Order, made: Decision, decision_id: UUID, now: datetime, *, returnable: bool
) -> Decided:
    implicated = _union(_implicated(current), made.implicated)
    return Decided(
        decision_id,
        current.complaint,
        wording_again.against(made, _first(implicated)),
        now,
        current.hop + 1,
        current.returns,
        current.tried,
        implicated,
        returnable,
        order.by,
    )


def _implicated(current: Decided) -> tuple[DepartmentCode, ...]:
    said = (current.decision.accused, current.complaint.accused)
    return _union(current.implicated, tuple(code for code in said if code is not None))


def _union(*codes: tuple[DepartmentCode, ...]) -> tuple[DepartmentCode, ...]:
    """Each once, in order."""
    return tuple(dict.fromkeys(code for some in codes for code in some))


def _first(codes: tuple[DepartmentCode, ...]) -> DepartmentCode | None:
    return codes[0] if codes else None
