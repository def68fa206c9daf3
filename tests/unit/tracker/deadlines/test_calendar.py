import dataclasses
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.deadlines.calendar import Calendar, DayKind, DayStatus
from tests.unit.tracker.days import every_day

FIRST_ANNOUNCED, LAST_ANNOUNCED = date(2004, 1, 1), date(2026, 12, 31)
DAYS = st.dates(date(2004, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (date(2026, 9, 30), DayStatus(DayKind.WORKDAY, None, provisional=False)),
        (date(2026, 10, 1), DayStatus(DayKind.HOLIDAY, "国庆节", provisional=False)),
        (date(2026, 10, 10), DayStatus(DayKind.MAKEUP_WORKDAY, "国庆节", provisional=False)),
        (date(2026, 10, 11), DayStatus(DayKind.WEEKEND, None, provisional=False)),
        (date(2026, 4, 6), DayStatus(DayKind.HOLIDAY, "清明节", provisional=False)),
        (
            date(2015, 9, 3),
            DayStatus(DayKind.HOLIDAY, "中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日", provisional=False),
        ),
        (date(2027, 1, 1), DayStatus(DayKind.HOLIDAY, "元旦", provisional=True)),
        (date(2027, 3, 1), DayStatus(DayKind.WORKDAY, None, provisional=True)),
    ],
)
def test_a_day_is_explained(calendar: Calendar, day: date, status: DayStatus) -> None:
    assert calendar.explain(day) == status
    assert calendar.is_working_day(day) is status.is_worked


def test_an_announced_day_is_what_the_library_says_but_for_the_one_that_it_overlooks(calendar: Calendar) -> None:
    differing = [
        day
        for day in every_day(FIRST_ANNOUNCED, LAST_ANNOUNCED)
        if calendar.is_working_day(day) != chinese_calendar.is_workday(day)
    ]
    assert differing == [date(2005, 12, 31)]


def test_the_saturday_that_the_notice_for_2006_swapped_is_worked(calendar: Calendar) -> None:
    assert calendar.explain(date(2005, 12, 31)) == DayStatus(DayKind.MAKEUP_WORKDAY, "元旦", provisional=False)


@pytest.mark.parametrize(
    ("year", "weekdays_off"),
    [
        # 除夕 to 初三 is 5-8 February, Friday to Monday: two weekend days are made up, as those of May and October.
        (2027, "01-01 02-05 02-08 02-09 02-10 04-05 05-03 05-04 06-09 09-15 10-01 10-04 10-05"),
        # Mid-Autumn is 3 October, inside of National Day.
        (2028, "01-03 01-25 01-26 01-27 01-28 04-04 05-01 05-02 05-29 10-02 10-03 10-04"),
    ],
)
def test_a_later_year_has_the_days_of_the_law(calendar: Calendar, year: int, weekdays_off: str) -> None:
    days = every_day(date(year, 1, 1), date(year, 12, 31))
    off = [f"{day:%m-%d}" for day in days if day.weekday() < 5 and not calendar.is_working_day(day)]
    assert off == weekdays_off.split()
    assert not any(calendar.is_working_day(day) for day in days if day.weekday() >= 5)


def test_every_later_day_is_provisional(calendar: Calendar) -> None:
    assert all(calendar.provisional(day) for day in every_day(date(2027, 1, 1), calendar.last))


def test_the_end_of_the_last_announced_year_is_provisional_because_the_next_notice_may_reach_back(
    calendar: Calendar,
) -> None:
    provisional = [day for day in every_day(FIRST_ANNOUNCED, LAST_ANNOUNCED) if calendar.provisional(day)]
    assert provisional == [date(2026, 12, 29), date(2026, 12, 30), date(2026, 12, 31)]


def test_no_notice_has_ever_reached_back_further() -> None:
    changed = {*chinese_calendar.constants.workdays, *chinese_calendar.constants.holidays}
    december = {(day.month, day.day) for day in changed if day.month == 12}
    assert min(december) == (12, 29)


def test_days_outside_of_the_calendar_are_refused(calendar: Calendar) -> None:
    with pytest.raises(ValueError, match="2003-12-31 is outside of the calendar, which reaches from 2004-01-01"):
        calendar.is_working_day(date(2003, 12, 31))
    with pytest.raises(ValueError, match="reaches from 2004-01-01 to 2100-12-31"):
        calendar.explain(date(2101, 1, 1))
    with pytest.raises(ValueError, match=r"\+10000 working days from 2090-01-01 is outside"):
        calendar.working_day_after(date(2090, 1, 1), 10_000)
    with pytest.raises(ValueError, match="-5 working days from 2004-01-02 is outside"):
        calendar.working_day_before(date(2004, 1, 2), 5)


def test_an_instant_is_not_a_day(calendar: Calendar) -> None:
    with pytest.raises(ValueError, match="give the date that it falls on in Asia/Shanghai"):
        calendar.is_working_day(datetime(2026, 10, 1, tzinfo=UTC))


def test_a_calendar_cannot_be_changed(calendar: Calendar) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        calendar.version = "other"  # type: ignore[misc]  # what must fail


def test_the_version_names_its_sources(calendar: Calendar) -> None:
    announced, computed = version("chinesecalendar"), version("holidays")
    assert calendar.version == (
        f"chinesecalendar-{announced}/2004-2026+corrected-2005-12-31+holidays-{computed}/provisional"
    )
    assert Calendar.of_china() == calendar


@given(day=DAYS.filter(lambda day: day < date(2090, 1, 1)), nth=st.integers(1, 300))
def test_the_nth_working_day_after_has_n_working_days_up_to_it(calendar: Calendar, day: date, nth: int) -> None:
    found = calendar.working_day_after(day, nth)
    assert calendar.is_working_day(found)
    assert sum(map(calendar.is_working_day, every_day(day + timedelta(days=1), found))) == nth


@given(day=DAYS.filter(lambda day: day > date(2006, 1, 1)), nth=st.integers(1, 300))
def test_the_nth_working_day_before_has_n_working_days_from_it(calendar: Calendar, day: date, nth: int) -> None:
    found = calendar.working_day_before(day, nth)
    assert calendar.is_working_day(found)
    assert sum(map(calendar.is_working_day, every_day(found, day - timedelta(days=1)))) == nth
