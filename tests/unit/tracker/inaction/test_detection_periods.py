"""When the detection looks, and at which months, by the clock in China."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.inaction.detection_periods import bounds_of, last_night, months_to_look_at, written
from shared.china_time import CHINA_TIME


def china(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=CHINA_TIME)


@pytest.mark.parametrize(
    ("now", "night"),
    [
        (china(2026, 11, 24, 1, 59), china(2026, 11, 23, 2)),
        (china(2026, 11, 24, 2), china(2026, 11, 24, 2)),
        (china(2026, 1, 1, 0, 30), china(2025, 12, 31, 2)),
    ],
)
def test_a_night_begins_at_two(now: datetime, night: datetime) -> None:
    assert last_night(now.astimezone(UTC)) == night


def test_a_month_is_looked_at_when_it_has_been_over_for_a_day() -> None:
    assert list(months_to_look_at(date(2026, 9, 1), china(2026, 11, 1, 23, 59))) == []
    assert list(months_to_look_at(date(2026, 9, 1), china(2026, 11, 2))) == [date(2026, 10, 1)]


def test_the_first_time_only_the_last_complete_month_is_and_later_none_is_left_out() -> None:
    now = china(2027, 2, 10)
    assert list(months_to_look_at(None, now)) == [date(2027, 1, 1)]
    assert list(months_to_look_at(date(2026, 10, 1), now)) == [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)]


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_every_month_begins_where_the_one_before_ends(day: date) -> None:
    month = day.replace(day=1)
    start, end = bounds_of(month)
    following = end.astimezone(CHINA_TIME).date()
    assert (following.day, start < end) == (1, True)
    assert bounds_of(following)[0] == end
    assert timedelta(days=28) <= end - start <= timedelta(days=31)


def test_a_month_is_written_in_chinese() -> None:
    assert written(date(2026, 10, 1)) == "2026年10月"
