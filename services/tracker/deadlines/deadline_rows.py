"""A case's deadlines as rows: what is stored of each, what the record says of it, and what takes its place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from uuid import NAMESPACE_OID, UUID, uuid5

import orjson

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import Day, Due, Facts, before
from services.tracker.deadlines.inputs import Inputs, inputs_of
from services.tracker.deadlines.ladder import Timer, TimerKind, timers
from shared.escalation import PLAIN, Ladder
from shared.events import Deadline
from shared.ids import event_id
from shared.language import Clock, DepartmentCode, Nature
from shared.term import Term


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
    ladder: Ladder = PLAIN
    # The deadline that this one takes the place of, and why.
    replaces: UUID | None = None
    replaced_because: str | None = None
    # Whom it binds for ever: who was to acknowledge, or a co-handler. None: whoever holds the case, as a reply does.
    department: DepartmentCode | None = None

    @property
    def inputs(self) -> Inputs | None:
        return inputs_of(self.due.facts, self.warn_before, self.ladder)

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

    `warned`, `urged`: its warning and its urge were given already.
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
    department: DepartmentCode | None
    urged: bool
    ladder: Ladder


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
                **({"department": d.department} if d.department else {}),
                # Only where they are not what they were before these fields were: older entries keep their form.
                **({"nature": d.nature, "legal_basis": d.legal_basis} if d.nature is not Nature.COMMITTED else {}),
                **({"inputs": inputs} if (inputs := d.inputs) else {}),
            }
            for d in deadlines
        ]
    ).decode()


def new_row(
    complaint_id: UUID,
    cause: UUID,
    clock: Clock,
    due: Due,
    calendar: Calendar,
    policy_hash: str,
    *,
    warn_before: Term | None = None,
    ladder: Ladder = PLAIN,
    nature: Nature = Nature.COMMITTED,
    legal_basis: str | None = None,
) -> DeadlineRow:
    """`due` as a deadline of the case; its id follows from `cause`, which gives a clock one of each nature."""
    warn_at = None if warn_before is None else before(due, warn_before, calendar)
    suffix = "" if nature is Nature.COMMITTED else f".{nature}"
    return DeadlineRow(
        deadline_id=_deadline_id(complaint_id, event_id(cause, f"deadline.{clock}{suffix}")),
        complaint_id=complaint_id,
        clock=clock,
        due=due,
        warn_at=warn_at,
        policy_hash=policy_hash,
        timeline=_timeline(_Days(due.timeline)),
        timers=timers(clock, due, warn_at, ladder, calendar),
        nature=nature,
        legal_basis=legal_basis,
        warn_before=warn_before,
        ladder=ladder,
    )


def _deadline_id(complaint_id: UUID, follows: UUID) -> UUID:
    """`follows`, but that it begins as the complaint's id does, with its time (RFC 9562, version 8).

    So deadlines that fall due together lie together in every index, however many there are besides.
    """
    return UUID(bytes=complaint_id.bytes[:6] + bytes((0x80 | follows.bytes[6] & 0x0F,)) + follows.bytes[7:])


def replacement(
    stored: StoredDeadline, due: Due, cause: UUID, because: str, calendar: Calendar, now: datetime
) -> DeadlineRow:
    """`due`, counted from the facts of `stored` and perhaps more, in its place from `now` on.

    It keeps the policy that `stored` was set by, the ladder included. A warning or an urge that was given already is
    not given again, unless it is now to come later.
    """
    row = new_row(
        stored.complaint_id,
        cause,
        stored.clock,
        due,
        calendar,
        stored.policy_hash,
        warn_before=stored.warn_before,
        ladder=stored.ladder,
        nature=stored.nature,
        legal_basis=stored.legal_basis,
    )
    if row.warn_at is None and stored.warn_at is not None:
        # Stored before terms of warning were: the instant stays.
        warn_at = min(stored.warn_at, due.due_at)
        row = replace(row, warn_at=warn_at, timers=timers(stored.clock, due, warn_at, stored.ladder, calendar))
    given = {TimerKind.WARNING: stored.warned, TimerKind.URGE: stored.urged}
    left = tuple(timer for timer in row.timers if not (given.get(timer.kind) and timer.at <= now))
    return replace(
        row, timers=left, replaces=stored.deadline_id, replaced_because=because, department=stored.department
    )


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
