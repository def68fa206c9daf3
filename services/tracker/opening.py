"""Opening a case: the assignment of a complaint becomes a case with its clocks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from uuid import NAMESPACE_OID, UUID, uuid5

import orjson

from services.tracker.calendar import Calendar
from services.tracker.deadlines import Day, Due, Facts, before, due
from services.tracker.inaction import Timer, TimerKind, timers
from services.tracker.inputs import Inputs, inputs_of
from shared.events import CaseOpened, ComplaintAssigned, Deadline, event_id
from shared.language import CaseStatus, Clock, Kind, Nature, Urgency
from shared.policy import Policy
from shared.term import Term

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
    nature: Nature = Nature.COMMITTED
    legal_basis: str | None = None
    warn_before: Term | None = None
    # The deadline that this one takes the place of, and why.
    replaces: UUID | None = None
    replaced_because: str | None = None

    @property
    def inputs(self) -> Inputs | None:
        return inputs_of(self.due.facts, self.warn_before)

    @property
    def in_event(self) -> Deadline:
        return Deadline(
            clock=self.clock,
            due_at=self.due.due_at,
            warn_at=self.warn_at,
            provisional=self.due.provisional,
            nature=None if self.nature is Nature.COMMITTED else self.nature,
        )


@dataclass(frozen=True, slots=True)
class StoredDeadline:
    """A deadline as it was stored, with the facts that it can be counted again from.

    `warned`: its warning was given already.
    """

    deadline_id: UUID
    complaint_id: UUID
    clock: Clock
    nature: Nature
    legal_basis: str | None
    facts: Facts
    warn_before: Term | None
    due_at: datetime
    warn_at: datetime | None
    provisional: bool
    policy_hash: str
    calendar_version: str
    warned: bool


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
                # Only where they are not what they were before these fields were: older entries keep their form.
                **({"nature": d.nature, "legal_basis": d.legal_basis} if d.nature is not Nature.COMMITTED else {}),
                **({"inputs": inputs} if (inputs := d.inputs) else {}),
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
    return OpenedCase(assigned, now, (*deadlines, *_by_law(assigned, policy, calendar)))


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


def fresh_deadlines(
    complaint_id: UUID, cause: UUID, kind: Kind, urgency: Urgency, now: datetime, policy: Policy, calendar: Calendar
) -> tuple[DeadlineRow, DeadlineRow]:
    """Both committed deadlines of a case whose clocks start at `now`; their ids follow from `cause`."""
    terms = policy.terms_for(kind, urgency)
    acknowledge = due(now, terms.acknowledge, calendar, policy.counting)
    reply = due(now, terms.reply, calendar, policy.counting)
    return (
        new_row(complaint_id, cause, Clock.ACKNOWLEDGE, acknowledge, calendar, policy.hash),
        new_row(complaint_id, cause, Clock.REPLY, reply, calendar, policy.hash, warn_before=terms.warn_before),
    )


def new_row(
    complaint_id: UUID,
    cause: UUID,
    clock: Clock,
    due: Due,
    calendar: Calendar,
    policy_hash: str,
    *,
    warn_before: Term | None = None,
    nature: Nature = Nature.COMMITTED,
    legal_basis: str | None = None,
) -> DeadlineRow:
    """`due` as a deadline of the case; its id follows from `cause`, which gives a clock one of each nature."""
    warn_at = None if warn_before is None else before(due, warn_before, calendar)
    suffix = "" if nature is Nature.COMMITTED else f".{nature}"
    return DeadlineRow(
        deadline_id=event_id(cause, f"deadline.{clock}{suffix}"),
        complaint_id=complaint_id,
        clock=clock,
        due=due,
        warn_at=warn_at,
        policy_hash=policy_hash,
        timeline=_timeline(_Days(due.timeline)),
        timers=timers(clock, due.due_at, warn_at),
        nature=nature,
        legal_basis=legal_basis,
        warn_before=warn_before,
    )


def replacement(
    stored: StoredDeadline, due: Due, cause: UUID, because: str, calendar: Calendar, now: datetime
) -> DeadlineRow:
    """`due`, counted from the facts of `stored` and perhaps more, in its place from `now` on.

    It keeps the policy that `stored` was set by. A warning that was given already is not given again, unless it is
    now to come later.
    """
    row = new_row(
        stored.complaint_id,
        cause,
        stored.clock,
        due,
        calendar,
        stored.policy_hash,
        warn_before=stored.warn_before,
        nature=stored.nature,
        legal_basis=stored.legal_basis,
    )
    if row.warn_at is None and stored.warn_at is not None:
        # Stored before terms of warning were: the instant stays.
        warn_at = min(stored.warn_at, due.due_at)
        row = replace(row, warn_at=warn_at, timers=timers(stored.clock, due.due_at, warn_at))
    given = stored.warned and row.warn_at is not None and row.warn_at <= now
    left = tuple(timer for timer in row.timers if not (given and timer.kind is TimerKind.WARNING))
    return replace(row, timers=left, replaces=stored.deadline_id, replaced_because=because)


class _Days:
    """The days of a deadline as a key of the cache: those of deadlines that pass the same days are one object."""

    __slots__ = ("timeline",)

    def __init__(self, timeline: tuple[Day, ...]) -> None:
        self.timeline = timeline

    def __hash__(self) -> int:
        return id(self.timeline)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Days) and self.timeline is other.timeline


@lru_cache(maxsize=4096)
def _timeline(days: _Days) -> Timeline:
    written = orjson.dumps(days.timeline).decode()
    return Timeline(uuid5(NAMESPACE_OID, written), written)
