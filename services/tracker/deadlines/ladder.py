"""Which timers watch a deadline: the steps of the policy's escalation ladder, each with its moment and addressee."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import Due, before
from shared.escalation import Ladder
from shared.language import Addressee, Clock
from shared.term import Term, Unit


class TimerKind(StrEnum):
    WARNING = "warning"
    URGE = "urge"
    DUE = "due"
    SUPERVISE = "supervise"
    NOTICE = "notice"
    # No step of the ladder: the bound of a suspension, at which the case is resumed.
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Timer:
    kind: TimerKind
    at: datetime
    addressee: Addressee | None = None


def timers(clock: Clock, due: Due, warn_at: datetime | None, ladder: Ladder, calendar: Calendar) -> tuple[Timer, ...]:
    """The timers of a running clock, in the order in which they fire.

    Only the reply clock warns. Inaction is suspected at the very moment the deadline is missed. A step ahead of the
    deadline that would come with the case itself or before it is left out, as in a deadline of a few hours.
    """
    return tuple(_timers(clock, due, warn_at, ladder, calendar))


def _timers(clock: Clock, due: Due, warn_at: datetime | None, ladder: Ladder, calendar: Calendar) -> Iterator[Timer]:
    if clock is Clock.REPLY and warn_at is not None:
        yield Timer(TimerKind.WARNING, warn_at, ladder.warning.to)
    if ladder.urge and (urge_at := before(due, ladder.urge.before, calendar)) > due.opened_at:
        yield Timer(TimerKind.URGE, urge_at, ladder.urge.to)
    yield Timer(TimerKind.DUE, due.due_at, ladder.missed.to)
    if ladder.supervise:
        yield Timer(TimerKind.SUPERVISE, after(due, ladder.supervise.after, calendar), ladder.supervise.to)
    if ladder.notice:
        yield Timer(TimerKind.NOTICE, after(due, ladder.notice.after, calendar), ladder.notice.to)


def after(due: Due, term: Term, calendar: Calendar) -> datetime:
    """The instant `term` past `due`, in UTC; days are counted from its last one, at the same time of day.

    ValueError for office hours, as of ``before``.
    """
    match term.unit:
        case Unit.WORKING_DAY:
            return due.due_at + (calendar.working_day_after(due.last_day, term.amount) - due.last_day)
        case Unit.CALENDAR_DAY:
            return due.due_at + timedelta(days=term.amount)
        case Unit.HOUR | Unit.MINUTE:
            return due.due_at + (term.clock_time or timedelta())
        case Unit.WORKING_HOUR:
            raise ValueError(f"{term} cannot be counted around a deadline; say it in hours or minutes of the clock")
        case _:
            assert_never(term.unit)
