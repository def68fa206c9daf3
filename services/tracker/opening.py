"""Opening a case: the assignment of a complaint becomes a case with its clocks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadline_rows import DeadlineRow, new_row
from services.tracker.deadlines.deadlines import due
from shared.events import CaseOpened, ComplaintAssigned
from shared.ids import event_id
from shared.language import CaseStatus, Clock, DepartmentCode, Kind, Nature, Urgency
from shared.policy import Policy

FIRST_VERSION = 1


@dataclass(frozen=True, slots=True)
class OpenedCase:
    assigned: ComplaintAssigned
    opened_at: datetime
    deadlines: tuple[DeadlineRow, ...]

    @property
    def event(self) -> CaseOpened:
        return CaseOpened(
            complaint_id=self.assigned.complaint_id,
            department=self.assigned.department,
            status=CaseStatus.DISPATCHED,
            version=FIRST_VERSION,
            at=self.opened_at,
            deadlines=tuple(d.in_event for d in self.deadlines if d.clock is not Clock.CONTRIBUTE),
        )


def open_case(assigned: ComplaintAssigned, now: datetime, policy: Policy, calendar: Calendar) -> OpenedCase:
    """The case that follows from `assigned` at the instant `now`: its clocks start with the dispatch to the department.

    The ids of its deadlines follow from the decision, so that the same assignment always opens the same case. Each
    co-handler of a joint matter has a deadline of its own.
    """
    fresh = fresh_deadlines(
        assigned.complaint_id, assigned.decision_id, assigned.kind, assigned.urgency, now, policy, calendar
    )
    deadlines = (
        *binding(fresh, assigned.department),
        *_by_law(assigned, policy, calendar),
        *contribution_deadlines(assigned, now, policy, calendar),
    )
    return OpenedCase(assigned, now, deadlines)


def binding(deadlines: Iterable[DeadlineRow], department: DepartmentCode) -> tuple[DeadlineRow, ...]:
    """`deadlines` of a case that `department` gets: to acknowledge binds it alone, to reply whoever holds the case."""
    return tuple(replace(d, department=department) if d.clock is Clock.ACKNOWLEDGE else d for d in deadlines)


def _by_law(assigned: ComplaintAssigned, policy: Policy, calendar: Calendar) -> Iterator[DeadlineRow]:
    """The law's own deadline, where there is one: it runs from the receipt of the complaint and warns of nothing."""
    statutory = policy.statutory_for(assigned.kind, assigned.matter)
    if statutory is not None:
        yield new_row(
            assigned.complaint_id,
            assigned.decision_id,
            Clock.REPLY,
            due(assigned.accepted_at, statutory.reply, calendar, policy.counting),
            calendar,
            policy.hash,
            nature=Nature.STATUTORY,
            legal_basis=statutory.legal_basis,
        )


def contribution_deadlines(
    assigned: ComplaintAssigned, now: datetime, policy: Policy, calendar: Calendar
) -> tuple[DeadlineRow, ...]:
    """When each co-handler's part of a joint matter is due to the lead, counted from `now`."""
    if not assigned.co_handlers:
        return ()
    part = due(now, policy.terms_for(assigned.kind, assigned.urgency).contribution, calendar, policy.counting)

    def of(co_handler: DepartmentCode) -> DeadlineRow:
        cause = event_id(assigned.decision_id, f"co-handler.{co_handler}")
        row = new_row(assigned.complaint_id, cause, Clock.CONTRIBUTE, part, calendar, policy.hash)
        return replace(row, department=co_handler)

    return tuple(map(of, dict.fromkeys(assigned.co_handlers)))


def fresh_deadlines(
    complaint_id: UUID, cause: UUID, kind: Kind, urgency: Urgency, now: datetime, policy: Policy, calendar: Calendar
) -> tuple[DeadlineRow, DeadlineRow]:
    """Both committed deadlines of a case whose clocks start at `now`; their ids follow from `cause`."""
    terms = policy.terms_for(kind, urgency)
    acknowledge = due(now, terms.acknowledge, calendar, policy.counting)
    reply = due(now, terms.reply, calendar, policy.counting)
    escalation = policy.escalation_for(urgency)
    return (
        new_row(
            complaint_id,
            cause,
            Clock.ACKNOWLEDGE,
            acknowledge,
            calendar,
            policy.hash,
            ladder=escalation.acknowledge,
        ),
        new_row(
            complaint_id,
            cause,
            Clock.REPLY,
            reply,
            calendar,
            policy.hash,
            warn_before=terms.warn_before,
            ladder=escalation.reply,
        ),
    )
