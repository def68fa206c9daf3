"""How a deadline was counted, day by day, in words that can be checked with a calendar on the wall."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from services.tracker.calendar import Calendar
from services.tracker.legs import Leg, Pause
from shared.china_time import CHINA_TIME
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


def timeline(opening_day: date, legs: Sequence[Leg], calendar: Calendar) -> tuple[Day, ...]:
    """Every day from `opening_day` to the last day of the last leg, once."""
    stretches = tuple(_Stretch(one.term.unit, one.start.day, one.run_out, one.end.day, one.pauses) for one in legs)
    return _timeline(opening_day, stretches, calendar)


# A busy day opens thousands of cases, but on one date and with a handful of terms.
@lru_cache(maxsize=4096)
def _timeline(opening_day: date, stretches: tuple[_Stretch, ...], calendar: Calendar) -> tuple[Day, ...]:
    first = stretches[0]
    days = [
        Day(
            day,
            counted=False,
            ordinal=None,
            why=f"before office hours: {calendar.explain(day)}",
            provisional=calendar.provisional(day),
        )
        for day in _span(opening_day, first.after - _DAY)
    ]
    if first.unit in DAYS:
        # Provisional or not makes no difference to a day that never counts.
        why = f"day of opening, {calendar.explain(first.after)}"
        days.append(Day(first.after, counted=False, ordinal=None, why=why, provisional=False))
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
                    provisional=provisional,
                )
            )
    return tuple(days)


def _explain(day: date, stretch: _Stretch, calendar: Calendar) -> tuple[bool, str, bool]:
    """Whether the day counts, why or why not, and whether a notice not yet known may change that."""
    paused = next((pause for pause in stretch.pauses if _takes(pause, day, stretch.unit)), None)
    if paused is not None:
        return False, f"suspended, {_written(paused)}", False
    resumed = "".join(f", suspended {_written(pause)}" for pause in stretch.pauses if _touches(pause, day))
    if stretch.unit is Unit.CALENDAR_DAY:
        if day <= stretch.run_out:
            ends_on_day_off = day == stretch.run_out < stretch.end
            return True, f"calendar day{resumed}", ends_on_day_off and calendar.provisional(day)
        status = calendar.explain(day)
        why = f"the next working day: {status}" if status.is_worked else f"would end on a day off: {status}"
        return False, why + resumed, status.provisional
    if stretch.unit in {Unit.WORKING_DAY, Unit.WORKING_HOUR}:
        status = calendar.explain(day)
        return status.is_worked, f"{status}{resumed}", status.provisional
    return True, f"clock time runs day and night{resumed}", False


def _takes(pause: Pause, day: date, unit: Unit) -> bool:
    if unit in DAYS:
        return pause.first_day <= day < pause.next_day
    return pause.start.astimezone(CHINA_TIME).date() < day < pause.next_day


def _touches(pause: Pause, day: date) -> bool:
    return pause.first_day <= day <= pause.next_day and pause.start < pause.end


def _written(pause: Pause) -> str:
    start, end = pause.start.astimezone(CHINA_TIME), pause.end.astimezone(CHINA_TIME)
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"


def _span(first: date, last: date) -> Iterator[date]:
    return (first + n * _DAY for n in range((last - first).days + 1))
