"""A second, naive count of deadlines that shares nothing with ours: a day at a time, an office minute at a time.

It imports none of our code and has its own table of days: that of the package `holidays`, whose authors collected the
State Council's notices apart from those of `chinesecalendar`, on which ours rests. Instants are by the clock in
Asia/Shanghai, without a zone, on whole minutes; the end of a day is the 00:00 of the next.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from holidays import country_holidays

FIRST_YEAR, LAST_YEAR = 2004, 2026

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Case:
    """A question: when is it due? Times of day are minutes since 00:00; `close` 1440 is the end of the day."""

    opened: datetime
    # The term and each extension: how many of "wd", "d", "wh", "h" or "m".
    terms: tuple[tuple[int, str], ...]
    close: int = 24 * 60
    next_working_moment: bool = False
    hours: Spans = ()
    summer_hours: Spans = ()
    ends_on_working_day: bool = True
    pauses: tuple[tuple[datetime, datetime], ...] = field(default=())


class BeyondTable(Exception):
    """The case leaves the announced years."""


def _worked_days() -> dict[date, bool]:
    calendar = country_holidays("CN", years=range(FIRST_YEAR, LAST_YEAR + 2))
    made_up = calendar.weekend_workdays
    table, day = {}, date(FIRST_YEAR, 1, 1)
    while day.year <= LAST_YEAR:
        table[day] = day not in calendar and (day.weekday() < 5 or day in made_up)
        day += _DAY
    return table


_WORKED = _worked_days()


def is_worked(day: date) -> bool:
    if day not in _WORKED:
        raise BeyondTable
    return _WORKED[day]


def due_at(case: Case) -> datetime:
    """When the case is due."""
    at, day = _start(case)
    for amount, unit in case.terms:
        if unit in {"wd", "d"}:
            day = _whole_days(case, day, amount, unit)
            at = _end(case, day)
        else:
            minutes = amount * 60 if unit != "m" else amount
            at = _office_minutes(case, at, minutes) if unit == "wh" else _minutes(case, at, minutes)
            day = at.date() if at.time().hour or at.time().minute else at.date() - _DAY
    return at


def _start(case: Case) -> tuple[datetime, date]:
    day = case.opened.date()
    if not case.next_working_moment:
        return case.opened, day
    while True:
        for opens, closes in _spans(case, day):
            if case.opened < _at(day, closes):
                return max(case.opened, _at(day, opens)), day
        day += _DAY


def _whole_days(case: Case, day: date, left: int, unit: str) -> date:
    while True:
        day += _DAY
        # A day counts if the clock runs when it ends.
        if case.pauses and any(begin < _end(case, day) <= end for begin, end in case.pauses):
            continue
        worked = is_worked(day)
        if left > 0 and (worked or unit == "d"):
            left -= 1
        if left == 0 and (worked or (unit == "d" and not case.ends_on_working_day)):
            return day


def _minutes(case: Case, at: datetime, left: int) -> datetime:
    for begin, end in case.pauses:
        if end <= at:
            continue
        before_it = max((begin - at) // _MINUTE, 0)
        if left <= before_it:
            break
        left -= before_it
        at = end
    return at + left * _MINUTE


def _office_minutes(case: Case, at: datetime, left: int) -> datetime:
    day = at.date()
    while True:
        for opens, closes in _spans(case, day):
            moment, closing = _at(day, opens), _at(day, closes)
            while moment < closing:
                # A minute counts if the clock runs when it begins.
                if moment >= at and not (case.pauses and any(begin <= moment < end for begin, end in case.pauses)):
                    left -= 1
                    if left == 0:
                        return moment + _MINUTE
                moment += _MINUTE
        day += _DAY


def _spans(case: Case, day: date) -> Spans:
    if not is_worked(day):
        return ()
    if case.summer_hours and 5 <= day.month <= 9:
        return case.summer_hours
    return case.hours or ((0, case.close),)


def _end(case: Case, day: date) -> datetime:
    return _at(day, case.close)


def _at(day: date, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day) + minute * _MINUTE  # noqa: DTZ001  # by the clock in Asia/Shanghai


_OFFICE: Spans = ((8 * 60 + 30, 12 * 60), (14 * 60, 18 * 60))
_SUMMER: Spans = ((8 * 60, 12 * 60), (15 * 60, 18 * 60))


def random_cases(seed: int) -> Iterator[tuple[Case, datetime]]:
    """Cases from all announced years without end, each with when it is due; the same seed gives the same ones.

    Half are plain, as on most days; the others have every rule, with pauses and extensions.
    """
    random = Random(seed)  # noqa: S311  # cases, not secrets
    minutes = (date(LAST_YEAR, 12, 31) - date(FIRST_YEAR, 1, 2)).days * 24 * 60
    while True:
        opened = _at(date(FIRST_YEAR, 1, 2), random.randrange(minutes))
        plain = random.random() < 0.5
        case = Case(opened, (_term(random),)) if plain else _with_everything(random, opened)
        try:
            yield case, due_at(case)
        except BeyondTable:
            continue


def _with_everything(random: Random, opened: datetime) -> Case:
    hours = random.choice([(), _OFFICE])
    return Case(
        opened,
        tuple(_term(random) for _ in range(random.choice([1, 1, 1, 2, 3]))),
        close=random.choice([1440, 1440, 18 * 60, 17 * 60 + 30]),
        next_working_moment=random.random() < 0.5,
        hours=hours,
        summer_hours=_SUMMER if hours and random.random() < 0.5 else (),
        ends_on_working_day=random.random() < 0.8,
        pauses=tuple(_pauses(random, opened)),
    )


def _term(random: Random) -> tuple[int, str]:
    unit = random.choice(["wd", "wd", "wd", "d", "h", "m", "wh"])
    longest = {"wd": 60, "d": 90, "h": 200, "m": 600, "wh": 12}[unit]
    return random.randint(1, longest), unit


def _pauses(random: Random, opened: datetime) -> Sequence[tuple[datetime, datetime]]:
    pauses, at = [], opened
    for _ in range(random.choice([0, 0, 1, 1, 2, 3])):
        begin = at + random.randrange(15 * 1440) * _MINUTE
        at = begin + random.choice([0, random.randrange(600), random.randrange(20 * 1440)]) * _MINUTE
        pauses.append((begin, at))
    return pauses
