"""The router's part of the year: its own functions decide, decide again, and write the assignments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.router.assignments import assignments
from services.router.decide import Matcher, decide
from services.router.placement import Decided, Order, Refused, assigned_by_desk, designated, replaced
from shared.events import CaseReturnGranted, ComplaintAssigned, ComplaintReceived, Event
from shared.ids import event_id
from shared.language import DepartmentCode
from shared.policy import Policy
from shared.wire import Message, Received, decode


@dataclass(slots=True)
class _Delivered:
    """A record as Kafka would hand it on."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


def delivered(message: Message) -> Received[Event]:
    """The event as its consumer gets it: written, carried and read again."""
    headers = [(name, value.encode("latin-1")) for name, value in message.headers.items()]
    return decode(_Delivered(message.topic, 0, 0, message.key, message.body, headers))


@dataclass(frozen=True, slots=True)
class Routing:
    policy: Policy
    matcher: Matcher

    def first(self, complaint: ComplaintReceived, now: datetime) -> Decided:
        decision = decide(complaint, self.matcher)
        # Of the complaint's own event, whose id is the complaint's, follows the assignment's.
        decision_id = event_id(complaint.complaint_id, ComplaintAssigned.event_type)
        return Decided(decision_id, complaint, decision, now, implicated=decision.implicated)

    def after_return(self, current: Decided, granted: Received[Event], now: datetime) -> Decided | None:
        assert isinstance(granted.event, CaseReturnGranted)  # noqa: S101  # only such are read from the outbox
        decision_id = event_id(granted.id, ComplaintAssigned.event_type)
        return replaced(current, granted.event, self.matcher, None, decision_id, now)

    def by_person(self, current: Decided, department: DepartmentCode, now: datetime) -> Decided | None:
        """What the neutral office that has the case orders; None where it has to work the case itself."""
        desk = current.decision.department == self.policy.triage_desk
        how = assigned_by_desk if desk else designated
        order = Order(current.decision_id, department, "经核对权责清单，属该单位职责。", "year")
        try:
            return how(current, order, self.policy, event_id(current.decision_id, ComplaintAssigned.event_type), now)
        except Refused:
            return None


def sent(decided: Decided) -> Sequence[Received[Event]]:
    """The assignments as the tracker gets them, the lead's first."""
    return [delivered(message) for message in assignments(decided)]
