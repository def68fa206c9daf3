"""Where a term that starts at a moment ends: the arithmetic of deadlines, a leg for the term and for each extension.

Days are those of Asia/Shanghai, instants are UTC. A pause (中止) is taken out of a leg in its own unit: whole days
at whose end it lasted (a day counts if the clock runs when it ends), or else by the clock. One that begins when
the leg has ended takes nothing: what has run out stays run out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import assert_never

from services.tracker.deadlines.calendar import Calendar
from shared.china_time import CHINA_TIME
from shared.counting import Counting, Starts
from shared.term import Term, Unit

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stood still from `start` to `end`, both UTC."""

    start: datetime
    end: datetime

    def days(self, close_of_business: time | None) -> tuple[date, date]:
        """The first day that it takes, and the first after it that counts again; what is past its close is over."""
        return _current_day(self.start, close_of_business), _current_day(self.end, close_of_business)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant and the day that it belongs to: 24:00 of one day and 00:00 of the next are the same instant."""

    at: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Leg:
    """`run_out` is when a term of calendar days has been counted out; it may end later, on a working day."""

    term: Term
    start: Moment
    end: Moment
    run_out: date
    pauses: tuple[Pause, ...]


def ending_day(instant: datetime) -> date:
    """The day in Asia/Shanghai that a deadline at `instant` belongs to; 00:00 is the 24:00 of the day before."""
    local = instant.astimezone(CHINA_TIME)
    return local.date() - _DAY if local.time() == time.min else local.date()


def starting_moment(opened: datetime, counting: Counting, calendar: Calendar) -> Moment:
    """When the clock of what was opened at `opened` (UTC) starts."""
    day = opened.astimezone(CHINA_TIME).date()
    match counting.starts:
        case Starts.AT_ONCE:
            return Moment(opened, day)
        case Starts.NEXT_WORKING_MOMENT:
            while True:
                for opens, closes in _working_time(day, counting, calendar):
                    if opened < closes:
                        return Moment(max(opened, opens), day)
                day += _DAY
        case _:
            assert_never(counting.starts)


def leg(start: Moment, term: Term, counting: Counting, pauses: Sequence[Pause], calendar: Calendar) -> Leg:
    """The leg of `term` from `start`; `pauses` are in order. ValueError where it leaves the calendar."""
    match term.unit:
        case Unit.WORKING_DAY:
            end = run_out = _working_days(start.day, term.amount, counting, pauses, calendar)
        case Unit.CALENDAR_DAY:
            run_out, end = _calendar_days(start.day, term.amount, counting, pauses, calendar)
        case Unit.WORKING_HOUR | Unit.HOUR | Unit.MINUTE:
            length = term.clock_time
            at = (
                _working_hours(start.at, timedelta(hours=term.amount), counting, pauses, calendar)
                if length is None
                else _clock_time(start.at, length, pauses)
            )
            day = ending_day(at)
            return Leg(term, start, Moment(at, day), day, tuple(p for p in pauses if p.start < at and p.end > start.at))
        case _:
            assert_never(term.unit)
    at = end_of(end, counting.close_of_business)
    felt = tuple(p for p in pauses if p.start < at and p.days(counting.close_of_business)[1] > start.day)
    return Leg(term, start, Moment(at, end), run_out, felt)


def _current_day(instant: datetime, close_of_business: time | None) -> date:
    local = instant.astimezone(CHINA_TIME)
    over = close_of_business is not None and local.time() >= close_of_business
    return local.date() + _DAY if over else local.date()


@lru_cache(maxsize=4096)
def end_of(day: date, close_of_business: time | None) -> datetime:
    if close_of_business is None:
        return datetime.combine(day + _DAY, time.min, CHINA_TIME).astimezone(UTC)
    return datetime.combine(day, close_of_business, CHINA_TIME).astimezone(UTC)


def _working_days(day: date, amount: int, counting: Counting, pauses: Sequence[Pause], calendar: Calendar) -> date:
    last = calendar.working_day_after(day, amount)
    for pause in pauses:
        if pause.start >= end_of(last, counting.close_of_business):
            break
        first, following = pause.days(counting.close_of_business)
        amount += calendar.working_days_between(max(first, day + _DAY), following)
        last = calendar.working_day_after(day, amount)
    return last


def _calendar_days(
    day: date, amount: int, counting: Counting, pauses: Sequence[Pause], calendar: Calendar
) -> tuple[date, date]:
    run_out = waited_to = day + amount * _DAY
    last = _last_day(run_out, counting, calendar)
    for pause in pauses:
        if pause.start >= end_of(last, counting.close_of_business):
            break
        first, following = pause.days(counting.close_of_business)
        first = max(first, day + _DAY)
        if first <= run_out:
            run_out += max(following - first, timedelta(0))
        # Counted out already, it only waits for a working day, which the pause puts off.
        waited_to = max(waited_to, run_out, following)
        last = _last_day(waited_to, counting, calendar)
    return run_out, last


def _last_day(run_out: date, counting: Counting, calendar: Calendar) -> date:
    if counting.ends_on_working_day and not calendar.is_working_day(run_out):
        return calendar.working_day_after(run_out, 1)
    return run_out


def _clock_time(start: datetime, length: timedelta, pauses: Sequence[Pause]) -> datetime:
    at = start + length
    for pause in pauses:
        if pause.start >= at:
            break
        at += max(pause.end - max(pause.start, start), timedelta(0))
    return at


def _working_hours(
    start: datetime, left: timedelta, counting: Counting, pauses: Sequence[Pause], calendar: Calendar
) -> datetime:
    day = start.astimezone(CHINA_TIME).date()
    while True:
        for opens, closes in _working_time(day, counting, calendar):
            for begin, end in _without(pauses, max(opens, start), closes):
                if begin + left <= end:
                    return begin + left
                left -= end - begin
        day += _DAY


def _without(pauses: Sequence[Pause], begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    for pause in pauses:
        if begin < min(pause.start, end):
            yield begin, min(pause.start, end)
        begin = max(begin, pause.end)
    if begin < end:
        yield begin, end


@lru_cache(maxsize=4096)
def _working_time(day: date, counting: Counting, calendar: Calendar) -> tuple[tuple[datetime, datetime], ...]:
    if not calendar.is_working_day(day):
        return ()
    spans = counting.hours_on(day)
    if not spans:
        return ((end_of(day, time.min), end_of(day, counting.close_of_business)),)
    return tuple((end_of(day, span.opens), end_of(day, span.closes)) for span in spans)
