"""How a county counts where the law leaves it a choice: office hours, when a clock starts, when a working day ends.

Everything has a default, which is the Civil Code alone: a clock starts at once, a day ends at 24:00, and a term of
calendar days that would end on a day off ends on the next working day (art. 203).
"""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Self


class Starts(StrEnum):
    """When a clock that is opened outside of working time starts."""

    AT_ONCE = "at_once"
    NEXT_WORKING_MOMENT = "next_working_moment"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Office hours without a break, by the clock in Asia/Shanghai."""

    opens: time
    closes: time

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read ``08:30-12:00``; ValueError says what is wrong and, behind a semicolon, what would be right."""
        opens, hyphen, closes = (part.strip() for part in written.partition("-"))
        try:
            span = cls(time.fromisoformat(opens), time.fromisoformat(closes))
        except ValueError:
            raise ValueError(f"{written!r} is no span of office hours; write it as '08:30-12:00'") from None
        if not hyphen or span.opens >= span.closes:
            raise ValueError(f"{written!r} ends before it begins; write the earlier time first, as '08:30-12:00'")
        return span

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


@dataclass(frozen=True, slots=True)
class Season:
    """Office hours of a part of the year, from `first` to `last`, each (month, day) and included."""

    first: tuple[int, int]
    last: tuple[int, int]
    hours: tuple[Span, ...]

    def holds_on(self, day: date) -> bool:
        """Whether `day` is in the season; one whose first day is later in the year than its last spans the new year."""
        at = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= at <= self.last
        return at >= self.first or at <= self.last


@dataclass(frozen=True, slots=True)
class Counting:
    # Ends a working day; None: 24:00.
    close_of_business: time | None = None
    starts: Starts = Starts.AT_ONCE
    # In order; none: a working day is working time from 00:00 to its end.
    office_hours: tuple[Span, ...] = ()
    # The first that holds on a day takes the place of `office_hours`.
    seasons: tuple[Season, ...] = ()
    # A term of calendar days that would end on a day off ends on the next working day.
    ends_on_working_day: bool = True

    def hours_on(self, day: date) -> tuple[Span, ...]:
        return next((season.hours for season in self.seasons if season.holds_on(day)), self.office_hours)


BY_LAW_ALONE = Counting()
