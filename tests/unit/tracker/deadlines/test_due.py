from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import due
from services.tracker.deadlines.due import format_due
from shared.china_time import CHINA_TIME
from shared.term import Term


def answer(calendar: Calendar, opened: str, term: str) -> list[str]:
    return format_due(due(datetime.fromisoformat(opened), Term.parse(term), calendar)).splitlines()


def test_the_answer_for_a_term_across_national_day(calendar: Calendar) -> None:
    assert answer(calendar, "2026-09-30T16:00:00+08:00", "5wd") == [
        "2026-10-14T00:00:00+08:00",
        "5wd opened 2026-09-30T16:00:00+08:00 runs out on Tue 2026-10-13 at 24:00, Asia/Shanghai",
        f"calendar {calendar.version}",
        "",
        "  2026-09-30 Wed     -  day of opening, workday",
        "  2026-10-01 Thu     -  holiday 国庆节",
        "  2026-10-02 Fri     -  holiday 国庆节",
        "  2026-10-03 Sat     -  holiday 国庆节",
        "  2026-10-04 Sun     -  holiday 国庆节",
        "  2026-10-05 Mon     -  holiday 国庆节",
        "  2026-10-06 Tue     -  holiday 国庆节",
        "  2026-10-07 Wed     -  holiday 国庆节",
        "  2026-10-08 Thu     1  workday",
        "  2026-10-09 Fri     2  workday",
        "  2026-10-10 Sat     3  make-up workday 国庆节",
        "  2026-10-11 Sun     -  weekend",
        "  2026-10-12 Mon     4  workday",
        "  2026-10-13 Tue     5  workday",
    ]


def test_the_answer_says_what_is_provisional(calendar: Calendar) -> None:
    lines = answer(calendar, "2026-12-31T09:00:00+08:00", "1wd")
    assert lines[0] == "2027-01-05T00:00:00+08:00"
    assert lines[2] == "provisional: counts days whose holiday notice is not announced yet"
    assert "  2027-01-01 Fri     -  holiday 元旦, provisional" in lines
    assert "  2027-01-04 Mon     1  workday, provisional" in lines


def test_the_answer_for_clock_time(calendar: Calendar) -> None:
    assert answer(calendar, "2026-09-30T15:30:00+00:00", "2h") == [
        "2026-10-01T01:30:00+08:00",
        "2h opened 2026-09-30T23:30:00+08:00 runs out on Thu 2026-10-01 at 01:30, Asia/Shanghai",
        f"calendar {calendar.version}",
        "",
        "  2026-09-30 Wed  runs  clock time runs day and night",
        "  2026-10-01 Thu  runs  clock time runs day and night",
    ]


@pytest.mark.parametrize("term", ["1wd", "10wd", "2h", "45m"])
@given(opened=st.datetimes(datetime(2004, 1, 2), datetime(2040, 1, 1), timezones=st.just(CHINA_TIME)))  # noqa: DTZ001  # Hypothesis adds the zone
def test_the_first_line_is_the_instant_and_nothing_else(calendar: Calendar, term: str, opened: datetime) -> None:
    found = due(opened, Term.parse(term), calendar)
    first = format_due(found).splitlines()[0]
    assert datetime.fromisoformat(first) == found.due_at
    assert first.endswith("+08:00")
