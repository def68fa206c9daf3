"""Which days are worked in China, why, and how sure that is.

Announced years come from `chinesecalendar`, which collects the State Council's notices, and from notices that the
county writes itself. Later years are provisional: weekends and the statutory days fixed by law
(全国年节及纪念日放假办法, revision of 2024), computed by `holidays`. See docs/decisions/0002-working-days.md.
"""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from importlib.metadata import version
from typing import Self

import chinese_calendar

from shared.notices import LAST_YEAR, NEXT_NOTICE_REACHES_BACK_TO, Notice, statutory_days

_SATURDAY = 5


class DayKind(StrEnum):
    WORKDAY = "workday"
    MAKEUP_WORKDAY = "make-up workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class DayStatus:
    """What a day is. `holiday` is the Chinese name of the holiday that makes it differ from its weekday."""

    kind: DayKind
    holiday: str | None
    provisional: bool

    @property
    def is_worked(self) -> bool:
        return self.kind in {DayKind.WORKDAY, DayKind.MAKEUP_WORKDAY}

    def __str__(self) -> str:
        return f"{self.kind} {self.holiday}" if self.holiday else str(self.kind)


@dataclass(frozen=True)
class Calendar:
    """The working days from `first` to `last`; `version` names the data that decided them.

    Two calendars of the same version agree on every day, so a deadline that names its version can be recomputed.
    Every method raises ValueError outside of [first, last], and for a datetime: which date an instant falls on is
    a question of time zone, and the caller's to answer.
    """

    version: str
    first: date
    last: date
    _announced_years: frozenset[int] = field(repr=False, compare=False)
    # The days that differ from what their weekday says.
    _exceptions: Mapping[date, tuple[DayKind, str]] = field(repr=False, compare=False)
    # All working days in order, as proleptic ordinals: counting is then a search, not a walk.
    _working: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _first_provisional: date = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        days = range(self.first.toordinal(), self.last.toordinal() + 1)
        working = tuple(day for day in days if self._kind(date.fromordinal(day))[0] in _WORKED)
        object.__setattr__(self, "_working", working)
        first = next((day for day in map(date.fromordinal, days) if self.provisional(day)), date.max)
        object.__setattr__(self, "_first_provisional", first)

    @classmethod
    def of_china(cls, notices: Sequence[Notice] = ()) -> Self:
        """The calendar of all of China; a county's own `notices` decide the years that they speak of.

        Costs about half a second: build it once.
        """
        library_years = {day.year for day in chinese_calendar.constants.holidays}
        announced = library_years | {notice.year for notice in notices}
        exceptions = _announced_by_library()
        for year in range(max(library_years) + 1, LAST_YEAR + 1):
            exceptions |= _provisional(year)
        for notice in sorted(notices, key=lambda notice: notice.year):
            exceptions = _with_notice(exceptions, notice)
        return cls(
            version=_version(library_years, notices),
            first=date(min(library_years), 1, 1),
            last=date(LAST_YEAR, 12, 31),
            _announced_years=frozenset(announced),
            _exceptions=exceptions,
        )

    def __hash__(self) -> int:
        return hash(self.version)

    def is_working_day(self, day: date) -> bool:
        self._check(day)
        return self._kind(day)[0] in _WORKED

    def explain(self, day: date) -> DayStatus:
        self._check(day)
        kind, holiday = self._kind(day)
        return DayStatus(kind, holiday, self.provisional(day))

    def provisional(self, day: date) -> bool:
        """Whether a notice not yet known may still change this day: its own year's, or at year's end the next's."""
        self._check(day)
        if day.year not in self._announced_years:
            return True
        at_years_end = (day.month, day.day) >= NEXT_NOTICE_REACHES_BACK_TO
        return at_years_end and day.year + 1 not in self._announced_years

    def announced_until(self, day: date) -> bool:
        """Whether no notice not yet known can change any day up to `day`."""
        return day < self._first_provisional

    def working_day_after(self, day: date, nth: int) -> date:
        """The `nth` working day after `day`, which itself does not count."""
        self._check(day)
        return self._at(bisect_right(self._working, day.toordinal()) + nth - 1, day, nth)

    def working_day_before(self, day: date, nth: int) -> date:
        """The `nth` working day before `day`, which itself does not count."""
        self._check(day)
        return self._at(bisect_left(self._working, day.toordinal()) - nth, day, -nth)

    def working_days_between(self, first: date, end: date) -> int:
        """How many working days lie in [first, end); 0 where `end` is not later than `first`."""
        self._check(first)
        self._check(end)
        return max(bisect_left(self._working, end.toordinal()) - bisect_left(self._working, first.toordinal()), 0)

    def _at(self, index: int, day: date, offset: int) -> date:
        if not 0 <= index < len(self._working):
            raise ValueError(
                f"{offset:+} working days from {day} is outside of the calendar, {self.first} to {self.last}"
            )
        return date.fromordinal(self._working[index])

    def _kind(self, day: date) -> tuple[DayKind, str | None]:
        exception = self._exceptions.get(day)
        if exception is not None:
            return exception
        return (DayKind.WEEKEND if day.weekday() >= _SATURDAY else DayKind.WORKDAY), None

    def _check(self, day: date) -> None:
        if isinstance(day, datetime):
            raise ValueError(f"{day} is an instant; give the date that it falls on in Asia/Shanghai")  # noqa: TRY004  # a datetime is a date to the type checker: its value is wrong here
        if not self.first <= day <= self.last:
            raise ValueError(f"{day} is outside of the calendar, which reaches from {self.first} to {self.last}")


_WORKED = frozenset({DayKind.WORKDAY, DayKind.MAKEUP_WORKDAY})

# chinesecalendar shortens some of them.
_FULL_NAMES = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}


# What chinesecalendar overlooks: the notice for 2006 (国办发明电〔2005〕35号) swapped this Saturday for 3 January.
_OVERLOOKED = {date(2005, 12, 31): (DayKind.MAKEUP_WORKDAY, "元旦")}


def _announced_by_library() -> dict[date, tuple[DayKind, str]]:
    def chinese(english: str) -> str:
        name: str = chinese_calendar.Holiday(english).chinese
        return _FULL_NAMES.get(name, name)

    off = {day: (DayKind.HOLIDAY, chinese(name)) for day, name in chinese_calendar.constants.holidays.items()}
    worked = {day: (DayKind.MAKEUP_WORKDAY, chinese(name)) for day, name in chinese_calendar.constants.workdays.items()}
    return off | worked | _OVERLOOKED


def _provisional(year: int) -> dict[date, tuple[DayKind, str]]:
    """The days that the law makes free in `year`; one on a weekend is made up on the next working day (补假)."""
    return {day: (DayKind.HOLIDAY, name) for day, name in statutory_days(year, made_up=True).items()}


def _with_notice(exceptions: Mapping[date, tuple[DayKind, str]], notice: Notice) -> dict[date, tuple[DayKind, str]]:
    days_off = notice.days_off
    first, settled_by_next = date(notice.year, 1, 1), date(notice.year, *NEXT_NOTICE_REACHES_BACK_TO)
    kept = {day: what for day, what in exceptions.items() if not first <= day < settled_by_next}
    off = {day: (DayKind.HOLIDAY, name) for day, name in days_off.items()}
    worked = {day: (DayKind.MAKEUP_WORKDAY, name) for day, name in notice.worked.items()}
    return kept | off | worked


def _version(library_years: set[int], notices: Sequence[Notice]) -> str:
    parts = [
        f"chinesecalendar-{version('chinesecalendar')}/{min(library_years)}-{max(library_years)}",
        *(f"corrected-{day}" for day in _OVERLOOKED),
        f"holidays-{version('holidays')}/provisional",
    ]
    if notices:
        content = "".join(notice.model_dump_json() for notice in sorted(notices, key=lambda notice: notice.year))
        years = ",".join(str(year) for year in sorted(notice.year for notice in notices))
        parts.append(f"notices-{years}-{hashlib.sha256(content.encode()).hexdigest()[:12]}")
    return "+".join(parts)
