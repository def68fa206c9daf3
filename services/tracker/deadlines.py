"""When a term runs out, and when to warn of it (Civil Code art. 201-203).

The day of opening does not count. A term of working days ends with the last of them: at 24:00, which is 00:00 of the
next day, or at the close of business where the policy sets one. A term of hours or minutes runs at once, day and
night. Days are those of Asia/Shanghai; every instant in a result is UTC.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from services.tracker.calendar import Calendar
from shared.china_time import CHINA_TIME
from shared.term import Term

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
class Due:
    """A deadline with its computation: `timeline` runs from the day of opening to `last_day`, both included.

    `last_day` is the day in Asia/Shanghai to which the deadline belongs: one that ends at 24:00 belongs to the day
    that ends. `provisional` says that a holiday notice not yet known may still change the count.
    """

    opened_at: datetime
    due_at: datetime
    last_day: date
    term: Term
    calendar_version: str
    provisional: bool
    timeline: tuple[Day, ...]


def due(opened: datetime, term: Term, calendar: Calendar, close_of_business: time | None = None) -> Due:
    """When `term`, opened at the instant `opened`, runs out.

    `close_of_business` (time of day in Asia/Shanghai) ends a term of working days on its last day; a term of clock
    time knows no business hours. ValueError if `opened` has no time zone, or the term leaves the calendar.
    """
    if opened.tzinfo is None or opened.utcoffset() is None:
        raise ValueError(f"{opened} has no time zone, so it is no instant; add one, such as +08:00")
    opening_day = opened.astimezone(CHINA_TIME).date()
    clock_time = term.clock_time
    if clock_time is None:
        due_at, last_day, provisional, timeline = _working_days(opening_day, term.amount, calendar, close_of_business)
    else:
        due_at = opened.astimezone(UTC) + clock_time
        last_day = ending_day(due_at)
        provisional = False
        timeline = _clock_days(opening_day, last_day)
    return Due(
        opened_at=opened.astimezone(UTC),
        due_at=due_at,
        last_day=last_day,
        term=term,
        calendar_version=calendar.version,
        provisional=provisional,
        timeline=timeline,
    )


def before(due: Due, term: Term, calendar: Calendar) -> datetime:
    """The instant to warn of `due`, `term` ahead of it, in UTC; never before it was opened.

    Working days are counted back from the last day at the same time of day: 2 working days ahead of the 24:00 that
    ends the 3rd working day is the 24:00 that ends the 1st, when exactly two working days are left.
    """
    clock_time = term.clock_time
    if clock_time is None:
        warning_day = calendar.working_day_before(due.last_day, term.amount)
        warn_at = due.due_at - (due.last_day - warning_day)
    else:
        warn_at = due.due_at - clock_time
    return max(warn_at, due.opened_at)


def ending_day(instant: datetime) -> date:
    """The day in Asia/Shanghai that a deadline at `instant` belongs to; 00:00 is the 24:00 of the day before."""
    local = instant.astimezone(CHINA_TIME)
    return local.date() - _DAY if local.time() == time.min else local.date()


# A busy day opens thousands of cases, but on one date and with a handful of terms.
@lru_cache(maxsize=4096)
def _working_days(
    opening_day: date, amount: int, calendar: Calendar, close_of_business: time | None
) -> tuple[datetime, date, bool, tuple[Day, ...]]:
    last_day = calendar.working_day_after(opening_day, amount)
    timeline = [_opening(opening_day, calendar)]
    ordinal = 0
    for n in range(1, (last_day - opening_day).days + 1):
        day = opening_day + timedelta(days=n)
        status = calendar.explain(day)
        ordinal += status.is_worked
        timeline.append(
            Day(
                date=day,
                counted=status.is_worked,
                ordinal=ordinal if status.is_worked else None,
                why=str(status),
                provisional=status.provisional,
            )
        )
    provisional = any(day.provisional for day in timeline)
    return _end_of(last_day, close_of_business), last_day, provisional, tuple(timeline)


@lru_cache(maxsize=4096)
def _clock_days(opening_day: date, last_day: date) -> tuple[Day, ...]:
    days = (opening_day + timedelta(days=n) for n in range((last_day - opening_day).days + 1))
    return tuple(
        Day(date=day, counted=True, ordinal=None, why="clock time runs day and night", provisional=False)
        for day in days
    )


def _opening(day: date, calendar: Calendar) -> Day:
    # Provisional or not makes no difference to a day that never counts.
    why = f"day of opening, {calendar.explain(day)}"
    return Day(date=day, counted=False, ordinal=None, why=why, provisional=False)


def _end_of(day: date, close_of_business: time | None) -> datetime:
    if close_of_business is None:
        return datetime.combine(day + _DAY, time.min, CHINA_TIME).astimezone(UTC)
    return datetime.combine(day, close_of_business, CHINA_TIME).astimezone(UTC)
