"""Our deadlines and a naive count that shares neither code nor table of days with them agree on everything."""

from datetime import date
from itertools import islice

import pytest

from services.tracker.deadlines.calendar import Calendar
from tests.naive_deadlines import FIRST_YEAR, LAST_YEAR, is_worked, random_cases
from tests.oracle import by_the_clock_in_china, ours
from tests.unit.tracker.days import every_day


def test_both_tables_of_days_agree_on_every_announced_day(calendar: Calendar) -> None:
    for day in every_day(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)):
        assert calendar.is_working_day(day) == is_worked(day), day


@pytest.mark.parametrize("seed", range(4))
def test_both_counts_agree_on_random_cases(calendar: Calendar, seed: int) -> None:
    for case, due_at in islice(random_cases(seed), 5000):
        assert by_the_clock_in_china(ours(case, calendar).due_at) == due_at, case
