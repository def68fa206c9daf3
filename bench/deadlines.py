"""``python -m bench.deadlines``: our deadlines against a naive count, and how many a core counts in a second.

Every case is counted by the engine and by ``tests/naive_deadlines.py``, which shares no code and no table of days with
it; the two must agree on all. Then the engine alone is timed: its median of five rounds on one core.
"""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from statistics import median
from time import perf_counter
from typing import Annotated

import typer

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import due
from shared.term import Term
from tests.naive_deadlines import FIRST_YEAR, LAST_YEAR, random_cases
from tests.oracle import by_the_clock_in_china, ours

_ROUNDS = 5
_TIMED = 100_000
_TERMS = tuple(map(Term.parse, ("1wd", "3wd", "5wd", "10wd", "60wd", "15d", "2h", "30m")))
_SHOWN = 5


def compare(cases: int, seed: int, calendar: Calendar) -> int:
    """Count `cases` random cases both ways and return how many differ; the first few of those are shown."""
    differing = 0
    for case, naive in islice(random_cases(seed), cases):
        our = by_the_clock_in_china(ours(case, calendar).due_at)
        if naive != our:
            differing += 1
            if differing <= _SHOWN:
                print(f"DIFFERS: {case}\n  naive {naive}, ours {our}", file=sys.stderr)
    return differing


def openings(first: datetime, span: timedelta, seed: int) -> Sequence[tuple[datetime, Term]]:
    random = Random(seed)  # noqa: S311  # cases, not secrets
    seconds = int(span.total_seconds())
    return [(first + timedelta(seconds=random.randrange(seconds)), random.choice(_TERMS)) for _ in range(_TIMED)]


def rate(count_one: Callable[[datetime, Term], object], asked: Sequence[tuple[datetime, Term]]) -> float:
    """Due dates a second, the median of the rounds."""
    rates = []
    for _ in range(_ROUNDS):
        start = perf_counter()
        for opened, term in asked:
            count_one(opened, term)
        rates.append(len(asked) / (perf_counter() - start))
    return median(rates)


def main(
    cases: Annotated[int, typer.Option(help="How many random cases are counted both ways.")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same cases.")] = 1,
) -> None:
    calendar = Calendar.of_china()
    start = perf_counter()
    differing = compare(cases, seed, calendar)
    print(
        f"agreement: {cases - differing:,} of {cases:,} random cases of {FIRST_YEAR} to {LAST_YEAR} "
        f"({100 * (cases - differing) / cases:.4f} %), seed {seed}, {perf_counter() - start:.0f} s"
    )
    years = openings(datetime(FIRST_YEAR, 1, 2, tzinfo=UTC), timedelta(days=365 * (LAST_YEAR - FIRST_YEAR)), seed)
    day = openings(datetime(LAST_YEAR, 9, 1, tzinfo=UTC), timedelta(days=1), seed)
    print(
        f"due dates a second on one core, openings of {LAST_YEAR - FIRST_YEAR} years: "
        f"{rate(lambda opened, term: due(opened, term, calendar), years):,.0f}"
    )
    print(
        f"due dates a second on one core, openings of one day: "
        f"{rate(lambda opened, term: due(opened, term, calendar), day):,.0f}"
    )
    print(
        f"due dates with timelines a second on one core, openings of one day: "
        f"{rate(lambda opened, term: due(opened, term, calendar).timeline, day):,.0f}"
    )
    if differing:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
