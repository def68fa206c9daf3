"""How a deadline was counted, day by day, in words that can be checked with a calendar on the wall."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import assert_never

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.legs import Leg, Pause
from shared.china_time import CHINA_TIME
from shared.counting import Counting, Starts
from shared.term import DAYS, Unit

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day that a term passed; `ordinal` is its number among the counted ones."""

    date: date
    counted: bool
    ordinal: int | None
    why: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The days of a leg, as the key of a cache: cases that were opened on one day pass the same days."""

    unit: Unit
    after: date
    run_out: date
    end: date
    pauses: tuple[Pause, ...]
    counting: Counting


def timeline(opening_day: date, legs: Sequence[Leg], counting: Counting, calendar: Calendar) -> tuple[Day, ...]:
    """Every day from `opening_day` to the last day of the last leg, once."""
    stretches = tuple(
        _Stretch(one.term.unit, one.start.day, one.run_out, one.end.day, one.pauses, counting) for one in legs
    )
    return _timeline(opening_day, stretches, calendar)


# A busy day opens thousands of cases, but on one date and with a handful of terms.
@lru_cache(maxsize=4096)
def _timeline(opening_day: date, stretches: tuple[_Stretch, ...], calendar: Calendar) -> tuple[Day, ...]:
    first = stretches[0]
    days = []
    for day in _span(opening_day, first.after - _DAY):
        _, status, provisional = _status(day, calendar)
        days.append(
            Day(day, counted=False, ordinal=None, why=f"outside of working time: {status}", provisional=provisional)
        )
    # If it turns out to be a day off, a clock that waits for working time starts later; another does not ask.
    waits = first.counting.starts is Starts.NEXT_WORKING_MOMENT and calendar.provisional(first.after)
    if first.unit in DAYS:
        why = f"day of opening, {calendar.explain(first.after)}"
        days.append(Day(first.after, counted=False, ordinal=None, why=why, provisional=waits))
    ordinal = 0
    for number, stretch in enumerate(stretches):
        begin = first.after if number == 0 and first.unit not in DAYS else stretch.after + _DAY
        extension = "extension, " if number else ""
        for day in _span(begin, stretch.end):
            counted, why, provisional = _explain(day, stretch, calendar)
            ordinal += counted and stretch.unit in DAYS
            days.append(
                Day(
                    date=day,
                    counted=counted,
                    ordinal=ordinal if counted and stretch.unit in DAYS else None,
                    why=extension + why,
                    provisional=provisional or (waits and day == first.after),
                )
            )
    return tuple(days)


def _explain(day: date, stretch: _Stretch, calendar: Calendar) -> tuple[bool, str, bool]:
    """Whether the day counts, why or why not, and whether a notice not yet known may change that."""
    noted = ""
    if stretch.pauses:
        paused = next((pause for pause in stretch.pauses if _takes(pause, day, stretch)), None)
        if paused is not None:
            return False, f"suspended, {_written(paused)}", False
        noted = "".join(f", suspended {_written(pause)}" for pause in stretch.pauses if _touches(pause, day))
    match stretch.unit:
        case Unit.HOUR | Unit.MINUTE:
            return True, f"clock time runs day and night{noted}", False
        case Unit.WORKING_DAY | Unit.WORKING_HOUR:
            worked, status, provisional = _status(day, calendar)
            return worked, status + noted, provisional
        case Unit.CALENDAR_DAY:
            worked, status, provisional = _status(day, calendar)
            if day > stretch.run_out:
                why = f"the next working day: {status}" if worked else f"would end on a day off: {status}"
                return False, why + noted, provisional
            may_not_end = day == stretch.run_out and stretch.counting.ends_on_working_day
            return True, f"calendar day{noted}", may_not_end and provisional
        case _:
            assert_never(stretch.unit)


@lru_cache(maxsize=8192)
def _status(day: date, calendar: Calendar) -> tuple[bool, str, bool]:
    status = calendar.explain(day)
    return status.is_worked, str(status), status.provisional


def _takes(pause: Pause, day: date, stretch: _Stretch) -> bool:
    if stretch.unit in DAYS:
        first, following = pause.days(stretch.counting.close_of_business)
        return first <= day < following
    first, last = pause.days(None)
    return first < day < last


def _touches(pause: Pause, day: date) -> bool:
    first, last = pause.days(None)
    return first <= day <= last and pause.start < pause.end


def _written(pause: Pause) -> str:
    start, end = pause.start.astimezone(CHINA_TIME), pause.end.astimezone(CHINA_TIME)
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"


def _span(first: date, last: date) -> Iterator[date]:
    return (first + n * _DAY for n in range((last - first).days + 1))
