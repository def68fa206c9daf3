"""Opening a case: the assignment of a complaint becomes a case with its clocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import NAMESPACE_OID, UUID, uuid5

import orjson

from services.tracker.calendar import Calendar
from services.tracker.deadlines import Due, before, due
from services.tracker.ladder import Timer, timers
from shared.escalation import Escalation
from shared.events import CaseOpened, ComplaintAssigned, Deadline, event_id
from shared.language import CaseStatus, Clock, Kind, Urgency
from shared.policy import Policy

FIRST_VERSION = 1


@dataclass(frozen=True, slots=True)
class Timeline:
    """The days of a deadline as JSON; a day's cases have them in common, so they are stored once, named by content."""

    timeline_id: UUID
    days: str


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    """One computed deadline, pinned to the policy and the calendar that it was computed with."""

    deadline_id: UUID
    complaint_id: UUID
    clock: Clock
    due: Due
    warn_at: datetime | None
    policy_hash: str
    timeline: Timeline
    timers: tuple[Timer, ...]
    # The deadline that this one takes the place of, and why.
    replaces: UUID | None = None
    replaced_because: str | None = None

    @property
    def in_event(self) -> Deadline:
        return Deadline(
            clock=self.clock, due_at=self.due.due_at, warn_at=self.warn_at, provisional=self.due.provisional
        )


def in_record(deadlines: Sequence[DeadlineRow]) -> str:
    """The deadlines as JSON for the record, so that whoever changes one later contradicts it."""
    return orjson.dumps(
        [
            {
                "deadline_id": d.deadline_id,
                "clock": d.clock,
                "started_at": d.due.opened_at,
                "term": str(d.due.term),
                "due_at": d.due.due_at,
                "warn_at": d.warn_at,
                "provisional": d.due.provisional,
                "policy_hash": d.policy_hash,
                "calendar_version": d.due.calendar_version,
                "timeline_id": d.timeline.timeline_id,
                **({"replaces": str(d.replaces)} if d.replaces else {}),
            }
            for d in deadlines
        ]
    ).decode()


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
            deadlines=tuple(d.in_event for d in self.deadlines),
        )


def open_case(assigned: ComplaintAssigned, now: datetime, policy: Policy, calendar: Calendar) -> OpenedCase:
    """The case that follows from `assigned` at the instant `now`: its clocks start with the dispatch to the department.

    The ids of its deadlines follow from the decision, so that the same assignment always opens the same case.
    """
    deadlines = fresh_deadlines(
        assigned.complaint_id, assigned.decision_id, assigned.kind, assigned.urgency, now, policy, calendar
    )
    return OpenedCase(assigned, now, deadlines)


def fresh_deadlines(
    complaint_id: UUID, cause: UUID, kind: Kind, urgency: Urgency, now: datetime, policy: Policy, calendar: Calendar
) -> tuple[DeadlineRow, DeadlineRow]:
    """Both deadlines of a case whose clocks start at `now`; their ids follow from `cause`."""
    terms = policy.terms_for(kind, urgency)
    acknowledge = due(now, terms.acknowledge, calendar, policy.close_of_business)
    reply = due(now, terms.reply, calendar, policy.close_of_business)
    warn_at = before(reply, terms.warn_before, calendar)
    escalation = policy.escalation_for(urgency)
    return (
        _row(complaint_id, cause, Clock.ACKNOWLEDGE, acknowledge, None, policy, escalation, calendar),
        _row(complaint_id, cause, Clock.REPLY, reply, warn_at, policy, escalation, calendar),
    )


def _row(
    complaint_id: UUID,
    cause: UUID,
    clock: Clock,
    due: Due,
    warn_at: datetime | None,
    policy: Policy,
    escalation: Escalation,
    calendar: Calendar,
) -> DeadlineRow:
    return DeadlineRow(
        deadline_id=_deadline_id(complaint_id, cause, clock),
        complaint_id=complaint_id,
        clock=clock,
        due=due,
        warn_at=warn_at,
        policy_hash=policy.hash,
        timeline=_timeline(_Days(due)),
        timers=timers(clock, due, warn_at, escalation, calendar),
    )


def _deadline_id(complaint_id: UUID, cause: UUID, clock: Clock) -> UUID:
    """An id that follows from `cause` and begins as the complaint's does, with its time (RFC 9562, version 8).

    So deadlines that fall due together lie together in every index, however many there are besides.
    """
    follows = event_id(cause, f"deadline.{clock}").bytes
    return UUID(bytes=complaint_id.bytes[:6] + bytes((0x80 | follows[6] & 0x0F,)) + follows[7:])


class _Days:
    """The days of a deadline as a key of the cache: the same term from the same day passes the same days."""

    __slots__ = ("_key", "due")

    def __init__(self, due: Due) -> None:
        self.due = due
        self._key = (due.timeline[0].date, due.last_day, due.term, due.calendar_version)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Days) and self._key == other._key


@lru_cache(maxsize=4096)
def _timeline(days: _Days) -> Timeline:
    written = orjson.dumps(days.due.timeline).decode()
    return Timeline(uuid5(NAMESPACE_OID, written), written)
