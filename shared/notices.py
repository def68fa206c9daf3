"""The State Council's yearly holiday notices (节假日安排通知) as a county writes them down in ``calendar.yaml``.

A notice written here takes effect at once, without waiting for a release of the library that collects them.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

# The 1 January holiday is the only one that has ever moved days of the year before; 29 December is the earliest
# (notices for 2008 and 2019). What lies before it is settled by the notice of its own year.
NEXT_NOTICE_REACHES_BACK_TO = (12, 29)

_SATURDAY = 5

# The notices that the calendar library begins with, and as far as the lunar days of the law are computed.
FIRST_YEAR = 2004
LAST_YEAR = 2100

_NAMES_IN_LAW = ("元旦", "农历除夕", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")


def statutory_days(year: int, *, made_up: bool) -> dict[date, str]:
    """The days that the law makes free in `year`, with `made_up` also those given for one that falls on a weekend.

    Of 全国年节及纪念日放假办法, revision of 2024, computed by `holidays`.
    """
    # Some megabytes, which a service that counts no days has no use for unless the county wrote a notice.
    from holidays import country_holidays  # noqa: PLC0415

    days = country_holidays("CN", years=year, language="zh_CN", observed=made_up)
    # Once `holidays` knows a year's notice it adds the swapped days too, but not as days of the law.
    return {day: name for day, name in sorted(days.items()) if name.startswith(_NAMES_IN_LAW)}


def _span(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HolidayBreak(_Written):
    """One numbered paragraph of a notice: the days off in a row, and the weekend days worked instead (调休)."""

    name: Annotated[str, StringConstraints(min_length=1)]
    first: date
    last: date
    worked: tuple[date, ...] = ()

    @property
    def days_off(self) -> frozenset[date]:
        return frozenset(_span(self.first, self.last))

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"{self.name}: the last day off {self.last} is before the first {self.first}")
        for day in self.worked:
            if day.weekday() < _SATURDAY:
                raise ValueError(f"{self.name}: {day} is no Saturday or Sunday, so it cannot be a make-up workday")
        return self


class Notice(_Written):
    """The whole arrangement of one year; `source` is the number under which it was issued."""

    year: int
    source: Annotated[str, StringConstraints(min_length=1)]
    breaks: tuple[HolidayBreak, ...]

    @property
    def days_off(self) -> dict[date, str]:
        return {day: one.name for one in self.breaks for day in one.days_off}

    @property
    def worked(self) -> dict[date, str]:
        return {day: one.name for one in self.breaks for day in one.worked}

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise ValueError(f"the calendar reaches from {FIRST_YEAR} to {LAST_YEAR}, not {self.year}")
        earliest = date(self.year - 1, *NEXT_NOTICE_REACHES_BACK_TO)
        for day in sorted({*self.days_off, *self.worked}):
            if not earliest <= day <= date(self.year, 12, 31):
                raise ValueError(f"the notice for {self.year} cannot settle {day}")
        for one, other in combinations(self.breaks, 2):
            if one.days_off & other.days_off:
                raise ValueError(f"{one.name} and {other.name} claim the same day off")
        for day in sorted(self.days_off.keys() & self.worked.keys()):
            raise ValueError(f"{day} is both a day off and a make-up workday")
        statutory = statutory_days(self.year, made_up=False)
        missing = [f"{day} ({name})" for day, name in statutory.items() if day not in self.days_off]
        if missing:
            raise ValueError(
                f"the notice for {self.year} leaves out days that the law makes free: {', '.join(missing)}"
            )
        return self


class CalendarFile(_Written):
    """What ``calendar.yaml`` holds."""

    notices: tuple[Notice, ...] = ()

    @model_validator(mode="after")
    def _one_notice_a_year(self) -> Self:
        years = [notice.year for notice in self.notices]
        for year in years:
            if years.count(year) > 1:
                raise ValueError(f"{year} has more than one notice; write an amendment into the notice of its year")
        return self
