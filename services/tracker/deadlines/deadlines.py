"""When a term runs out, and when to warn of it (Civil Code art. 201-203); docs/deadlines.md has every rule by example.

A deadline is always counted anew from its facts: start, term, pauses and extensions. So it can be counted again by
anybody, and nothing but a further fact, or a notice for a year that had none, can move it. The day of opening does not
count. Days are those of Asia/Shanghai; every instant in a result is UTC.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import assert_never

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.legs import Leg, Pause, ending_day, leg, starting_moment
from services.tracker.deadlines.timelines import Day, timeline
from shared.china_time import CHINA_TIME
from shared.counting import BY_LAW_ALONE, Counting
from shared.term import Term, Unit

__all__ = [
    "Day",
    "Due",
    "Facts",
    "Pause",
    "after_suspension",
    "before",
    "count",
    "due",
    "ending_day",
    "extended",
]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a deadline follows from, but for the calendar; instants in UTC, pauses in order and apart."""

    opened_at: datetime
    term: Term
    counting: Counting = BY_LAW_ALONE
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline with its computation.

    `last_day` is the day in Asia/Shanghai to which the deadline belongs: one that ends at 24:00 belongs to the day
    that ends. `provisional` says that a holiday notice not yet known may still change the count.
    """

    facts: Facts
    due_at: datetime
    last_day: date
    calendar_version: str
    provisional: bool
    _legs: tuple[Leg, ...] = field(repr=False)
    _calendar: Calendar = field(repr=False)

    @property
    def opened_at(self) -> datetime:
        return self.facts.opened_at

    @property
    def term(self) -> Term:
        return self.facts.term

    @property
    def timeline(self) -> tuple[Day, ...]:
        """Every day from that of opening to `last_day`, both included."""
        return _timeline(self.facts, self._legs, self._calendar)


def due(opened: datetime, term: Term, calendar: Calendar, counting: Counting = BY_LAW_ALONE) -> Due:
    """When `term`, opened at the instant `opened`, runs out.

    ValueError if `opened` has no time zone, or the term leaves the calendar.
    """
    if opened.tzinfo is None or opened.utcoffset() is None:
        raise ValueError(f"{opened} has no time zone, so it is no instant; add one, such as +08:00")
    return count(Facts(opened.astimezone(UTC), term, counting), calendar)


def count(facts: Facts, calendar: Calendar) -> Due:
    """The deadline that follows from `facts`; ValueError if it leaves the calendar."""
    legs = _legs(facts, calendar)
    end = legs[-1].end
    # Announced years are told apart at once; only elsewhere every day is asked.
    provisional = not calendar.announced_until(end.day) and any(
        day.provisional for day in _timeline(facts, legs, calendar)
    )
    return Due(facts, end.at, end.day, calendar.version, provisional, legs, calendar)


def after_suspension(running: Due, suspended_at: datetime, resumed_at: datetime, calendar: Calendar) -> Due:
    """`running` after it stood still between the two instants: what was left at the first is left at the second.

    Counted in the unit of the term. A day counts if the clock runs when it ends: so the day of the suspension does not
    count and that of the resumption does, and as many days are left then, itself included, as were left before. Hours
    run on to the minute. A suspension that begins when `running` is already due changes nothing.
    ValueError if it ends before it begins, or begins before the last one ended.
    """
    pause = Pause(suspended_at.astimezone(UTC), resumed_at.astimezone(UTC))
    pauses = running.facts.pauses
    if pause.end < pause.start:
        raise ValueError(f"resumed at {pause.end}, before it was suspended at {pause.start}")
    if pauses and pause.start < pauses[-1].end:
        raise ValueError(f"suspended at {pause.start}, while suspended until {pauses[-1].end}")
    return count(replace(running.facts, pauses=(*pauses, pause)), calendar)


def extended(running: Due, by: Term, calendar: Calendar) -> Due:
    """`running` extended: counts on from the old due moment, in the unit of `by`."""
    return count(replace(running.facts, extensions=(*running.facts.extensions, by)), calendar)


def before(due: Due, term: Term, calendar: Calendar) -> datetime:
    """The instant to warn of `due`, `term` ahead of it, in UTC; never before it was opened.

    Working days are counted back from the last day at the same time of day: 2 working days ahead of the 24:00 that
    ends the 3rd working day is the 24:00 that ends the 1st, when exactly two working days are left. Days that a
    suspension took do not count. ValueError for office hours, which warn of nothing that a clock does not say better.
    """
    match term.unit:
        case Unit.WORKING_DAY | Unit.CALENDAR_DAY:
            warn_at = due.due_at - (due.last_day - _day_before(due, term, calendar))
        case Unit.HOUR | Unit.MINUTE:
            warn_at = _clock_before(due, term.clock_time or timedelta(0))
        case Unit.WORKING_HOUR:
            raise ValueError(f"{term} cannot be counted back; warn by hours or minutes of the clock")
        case _:
            assert_never(term.unit)
    return max(warn_at, due.opened_at)


def _legs(facts: Facts, calendar: Calendar) -> tuple[Leg, ...]:
    legs: list[Leg] = []
    start = starting_moment(facts.opened_at, facts.counting, calendar)
    for term in (facts.term, *facts.extensions):
        legs.append(leg(start, term, facts.counting, facts.pauses, calendar))
        start = legs[-1].end
    return tuple(legs)


def _opening_day(facts: Facts) -> date:
    return facts.opened_at.astimezone(CHINA_TIME).date()


def _timeline(facts: Facts, legs: tuple[Leg, ...], calendar: Calendar) -> tuple[Day, ...]:
    return timeline(_opening_day(facts), legs, facts.counting, calendar)


def _felt(due: Due) -> list[Pause]:
    """The pauses that moved `due`, the last one first."""
    return [pause for pause in reversed(due.facts.pauses) if pause.start < due.due_at]


def _day_before(due: Due, term: Term, calendar: Calendar) -> date:
    in_working_days = term.unit is Unit.WORKING_DAY
    amount = term.amount
    day = calendar.working_day_before(due.last_day, amount) if in_working_days else due.last_day - amount * _DAY
    for pause in _felt(due):
        first, following = pause.days(due.facts.counting.close_of_business)
        if day >= following:
            break
        if in_working_days:
            amount += calendar.working_days_between(first, following)
            day = calendar.working_day_before(due.last_day, amount)
        else:
            day -= following - first
    return day


def _clock_before(due: Due, length: timedelta) -> datetime:
    warn_at = due.due_at - length
    for pause in _felt(due):
        if warn_at >= pause.end:
            break
        warn_at -= pause.end - pause.start
    return warn_at
