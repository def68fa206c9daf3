"""A month's report (月报): from counts to rates, each next to the month before and the same month a year before.

What each measure counts stands in ``reports_store.FACTS``; what the rates mean stands in docs/glossary.md.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

from shared.china_time import CHINA_TIME
from shared.language import DepartmentCode

HOT_SPOTS = 10

_WRITTEN = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month of Asia/Shanghai."""

    year: int
    number: int

    @classmethod
    def parse(cls, written: str) -> Self:
        """``2026-11``; ValueError for anything else, and for years outside 2000 to 2099."""
        match = _WRITTEN.fullmatch(written)
        if match is None:
            raise ValueError(f"{written!r} is no month")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, at: datetime) -> Self:
        local = at.astimezone(CHINA_TIME)
        return cls(local.year, local.month)

    def plus(self, months: int) -> "Month":
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1)

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=CHINA_TIME)

    @property
    def end(self) -> datetime:
        """The first instant of the month after it."""
        return self.plus(1).start

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


class Measure(StrEnum):
    """What is counted. Those with `_by_`, and those of inaction, have a detail; of the others it is empty."""

    RECEIVED = "received"
    RECEIVED_BY_CHANNEL = "received_by_channel"
    RECEIVED_BY_KIND = "received_by_kind"
    RECEIVED_BY_MATTER = "received_by_matter"
    ACKNOWLEDGED_IN_TIME = "acknowledged_in_time"
    ACKNOWLEDGED_LATE = "acknowledged_late"
    ANSWERED_IN_TIME = "answered_in_time"
    ANSWERED_LATE = "answered_late"
    CLOSED = "closed"
    RESOLVED = "resolved"
    RATED = "rated"
    SATISFIED = "satisfied"
    REWORKED = "reworked"
    RETURNS_ASKED = "returns_asked"
    RETURNS_GRANTED = "returns_granted"
    EXTENSIONS_ASKED = "extensions_asked"
    EXTENSIONS_GRANTED = "extensions_granted"
    OVERDUE = "overdue"
    # Raised in the month; then how they stand at its end, and the verdicts that were given in it.
    SUSPECTED = "suspected"
    AWAITING_EXPLANATION = "awaiting_explanation"
    AWAITING_VERDICT = "awaiting_verdict"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


# Every measure's number over all its details; a complaint has one channel, so those by detail would count it again.
COUNTED = tuple(measure for measure in Measure if "_by_" not in measure)
# By what each is told in detail.
DETAILED: Mapping[str, Measure] = {
    "received_by_channel": Measure.RECEIVED_BY_CHANNEL,
    "received_by_kind": Measure.RECEIVED_BY_KIND,
    "received_by_matter": Measure.RECEIVED_BY_MATTER,
    "suspected_by_kind": Measure.SUSPECTED,
    "confirmed_by_kind": Measure.CONFIRMED,
    "dismissed_by_kind": Measure.DISMISSED,
}

# The part and the measures that make up the whole.
RATES: Mapping[str, tuple[Measure, tuple[Measure, ...]]] = {
    "response": (Measure.ACKNOWLEDGED_IN_TIME, (Measure.ACKNOWLEDGED_IN_TIME, Measure.ACKNOWLEDGED_LATE)),
    "on_time": (Measure.ANSWERED_IN_TIME, (Measure.ANSWERED_IN_TIME, Measure.ANSWERED_LATE)),
    "resolution": (Measure.RESOLVED, (Measure.CLOSED,)),
    "satisfaction": (Measure.SATISFIED, (Measure.RATED,)),
}


class Count(NamedTuple):
    department: DepartmentCode
    measure: Measure
    detail: str
    number: int


Counts = Mapping[tuple[Measure, str], int]


def by_department(counts: Iterable[Count]) -> Mapping[DepartmentCode, Counts]:
    departments: dict[DepartmentCode, dict[tuple[Measure, str], int]] = {}
    for one in counts:
        of_it = departments.setdefault(one.department, {})
        of_it[one.measure, one.detail] = of_it.get((one.measure, one.detail), 0) + one.number
    return departments


def summed(many: Iterable[Counts]) -> Counts:
    """The county's counts: the sum of its departments'."""
    total: dict[tuple[Measure, str], int] = {}
    for counts in many:
        for key, number in counts.items():
            total[key] = total.get(key, 0) + number
    return total


def rate(part: int, whole: int) -> float | None:
    """In per cent, with one decimal, cut and not rounded: 100.0 means all of them. None of nothing."""
    return None if whole == 0 else part * 1000 // whole / 10


def change(now: int, before: int) -> float | None:
    """By how many per cent `now` is more than `before`, one decimal; None where there was nothing before."""
    return None if before == 0 else round((now - before) * 100 / before, 1)


def numbers(counts: Counts) -> dict[str, int]:
    found = dict.fromkeys(map(str, COUNTED), 0)
    for (measure, _detail), number in counts.items():
        if measure in COUNTED:
            found[measure] += number
    return found


def rates(found: Mapping[str, int]) -> dict[str, float | None]:
    return {name: rate(found[part], sum(found[one] for one in whole)) for name, (part, whole) in RATES.items()}


def figures(now: Counts, month_before: Counts, year_before: Counts) -> dict[str, Any]:
    """Of one department or of the county: the numbers, the rates, and both beside those of the two other months."""
    counted = numbers(now)
    return {
        "counts": counted,
        "rates": rates(counted),
        **{name: _details(now, measure) for name, measure in DETAILED.items()},
        "month_before": _beside(counted, numbers(month_before)),
        "year_before": _beside(counted, numbers(year_before)),
    }


def _details(counts: Counts, measure: Measure) -> dict[str, int]:
    found = [(detail, number) for (one, detail), number in counts.items() if one is measure]
    return dict(sorted(found, key=lambda item: (-item[1], item[0])))


def _beside(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, Any]:
    return {
        "counts": dict(before),
        "rates": rates(before),
        "change": {name: change(number, before[name]) for name, number in now.items()},
    }


def report(
    month: Month,
    at: datetime,
    names: Mapping[DepartmentCode, str],
    now: Sequence[Count],
    month_before: Sequence[Count],
    year_before: Sequence[Count],
) -> dict[str, Any]:
    """The report of `month` as of `at`; `names` are the departments that stand in it even where nothing happened."""
    three = [by_department(counts) for counts in (now, month_before, year_before)]
    codes = sorted({*names, *three[0]})
    county = figures(*(summed(counts.values()) for counts in three))
    hot_spots = list(county["received_by_matter"].items())[:HOT_SPOTS]
    return {
        "month": str(month),
        "compared_with": {"month_before": str(month.plus(-1)), "year_before": str(month.plus(-12))},
        "at": at,
        "final": at >= month.end,
        "county": county,
        "departments": [
            {"code": code, "name": names.get(code, code), **figures(*(counts.get(code, {}) for counts in three))}
            for code in codes
        ],
        "hot_spots": [{"matter": matter, "received": number} for matter, number in hot_spots],
    }
