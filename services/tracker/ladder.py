"""Which timers watch a deadline: the steps of the policy's escalation ladder, each with its moment and addressee."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.tracker.calendar import Calendar
from services.tracker.deadlines import Due, before
from shared.escalation import Escalation, Ladder
from shared.language import Addressee, Clock
from shared.term import Term


class TimerKind(StrEnum):
    WARNING = "warning"
    URGE = "urge"
    DUE = "due"
    SUPERVISE = "supervise"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Timer:
    kind: TimerKind
    at: datetime
    addressee: Addressee | None = None


def timers(
    clock: Clock, due: Due, warn_at: datetime | None, escalation: Escalation, calendar: Calendar
) -> tuple[Timer, ...]:
    """The timers of a running clock, in the order in which they fire.

    Only the reply clock warns. Inaction is suspected at the very moment the deadline is missed. A step ahead of the
    deadline that would come with the case itself or before it is left out, as in a deadline of a few hours.
    """
    return tuple(_timers(clock, due, warn_at, escalation, calendar))


def _timers(
    clock: Clock, due: Due, warn_at: datetime | None, escalation: Escalation, calendar: Calendar
) -> Iterator[Timer]:
    ladder = _ladder(clock, escalation)
    if clock is Clock.REPLY and warn_at is not None:
        yield Timer(TimerKind.WARNING, warn_at, escalation.warning.to)
    if ladder.urge and (urge_at := before(due, ladder.urge.before, calendar)) > due.opened_at:
        yield Timer(TimerKind.URGE, urge_at, ladder.urge.to)
    yield Timer(TimerKind.DUE, due.due_at, ladder.missed.to)
    if ladder.supervise:
        yield Timer(TimerKind.SUPERVISE, after(due, ladder.supervise.after, calendar), ladder.supervise.to)
    if ladder.notice:
        yield Timer(TimerKind.NOTICE, after(due, ladder.notice.after, calendar), ladder.notice.to)


_NO_MORE_THAN_MISSED = Ladder()


def _ladder(clock: Clock, escalation: Escalation) -> Ladder:
    match clock:
        case Clock.REPLY:
            return escalation.reply
        case Clock.ACKNOWLEDGE:
            return escalation.acknowledge
        case _:
            return _NO_MORE_THAN_MISSED


def after(due: Due, term: Term, calendar: Calendar) -> datetime:
    """The instant `term` past `due`, in UTC; working days are counted from its last day, at the same time of day."""
    clock_time = term.clock_time
    if clock_time is None:
        return due.due_at + (calendar.working_day_after(due.last_day, term.amount) - due.last_day)
    return due.due_at + clock_time
