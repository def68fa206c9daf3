import os
import time as system_time
from collections.abc import Iterator
from datetime import UTC, date, datetime, time

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import Day, Due, before, due, ending_day
from shared.china_time import CHINA_TIME
from shared.counting import BY_LAW_ALONE, Counting, Starts
from shared.term import Term, Unit
from tests.unit.tracker.days import every_day

TIME_ZONES = st.sampled_from([UTC, CHINA_TIME]) | st.timezones()
INSTANTS = st.datetimes(datetime(2004, 1, 2), datetime(2040, 12, 31), timezones=TIME_ZONES)  # noqa: DTZ001  # Hypothesis adds the zones
WORKING_DAYS = st.integers(1, 60).map(lambda amount: Term(amount, Unit.WORKING_DAY))
CLOCK_TERMS = st.builds(Term, st.integers(1, 2000), st.sampled_from([Unit.HOUR, Unit.MINUTE]))
TERMS = WORKING_DAYS | CLOCK_TERMS
CLOSES = st.builds(Counting, st.none() | st.times())


def shanghai(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=CHINA_TIME)


@pytest.mark.parametrize(
    ("opened", "term", "due_at"),
    [
        # 1-7 October off, 10 October made up: 8, 9, 10, 12, 13.
        ("2026-09-30 16:00", "5wd", "2026-10-14 00:00"),
        # Friday before Spring Festival: Saturday the 14th is made up, 15-23 February off.
        ("2026-02-13 10:00", "1wd", "2026-02-15 00:00"),
        ("2026-02-13 10:00", "3wd", "2026-02-26 00:00"),
        # On a day off: the first working day after it is the first.
        ("2026-10-03 09:00", "1wd", "2026-10-09 00:00"),
        # First and last minute of a day are the same day.
        ("2026-11-23 00:00", "1wd", "2026-11-25 00:00"),
        ("2026-11-23 23:59", "1wd", "2026-11-25 00:00"),
        # Clock time runs through the night and through holidays.
        ("2026-09-30 23:30", "2h", "2026-10-01 01:30"),
        ("2026-10-03 09:00", "30m", "2026-10-03 09:30"),
    ],
)
def test_deadlines_counted_by_hand(calendar: Calendar, opened: str, term: str, due_at: str) -> None:
    assert due(shanghai(opened), Term.parse(term), calendar).due_at == shanghai(due_at)


def test_the_policy_may_end_the_last_day_at_the_close_of_business(calendar: Calendar) -> None:
    found = due(shanghai("2026-09-30 16:00"), Term.parse("5wd"), calendar, Counting(close_of_business=time(17, 30)))
    assert found.due_at == shanghai("2026-10-13 17:30")
    assert found.last_day == date(2026, 10, 13)


def test_clock_time_knows_no_close_of_business(calendar: Calendar) -> None:
    opened, term = shanghai("2026-09-30 17:00"), Term.parse("2h")
    found = due(opened, term, calendar, Counting(close_of_business=time(17, 30)))
    assert found.due_at == due(opened, term, calendar).due_at


def test_the_day_is_that_of_shanghai_wherever_the_instant_was_written(calendar: Calendar) -> None:
    # 20:00 on Monday in UTC is 04:00 on Tuesday in Shanghai.
    found = due(datetime(2026, 11, 23, 20, tzinfo=UTC), Term.parse("1wd"), calendar)
    assert found.due_at == shanghai("2026-11-26 00:00")


def test_an_instant_without_a_time_zone_is_refused(calendar: Calendar) -> None:
    with pytest.raises(ValueError, match="has no time zone, so it is no instant"):
        due(datetime(2026, 9, 30, 16), Term.parse("5wd"), calendar)  # noqa: DTZ001  # what must fail


def test_a_term_that_leaves_the_calendar_is_refused(calendar: Calendar) -> None:
    with pytest.raises(ValueError, match="outside of the calendar"):
        due(shanghai("2100-12-30 09:00"), Term.parse("5wd"), calendar)
    with pytest.raises(ValueError, match="outside of the calendar"):
        due(shanghai("2003-12-31 09:00"), Term.parse("1wd"), calendar)


@pytest.mark.parametrize(
    ("opened", "term", "provisional"),
    [
        ("2026-12-24 09:00", "2wd", False),
        ("2026-12-25 09:00", "2wd", True),
        ("2026-12-31 09:00", "1wd", True),
        ("2026-12-31 09:00", "2h", False),
    ],
)
def test_a_deadline_is_provisional_once_it_counts_a_day_not_announced(
    calendar: Calendar, opened: str, term: str, provisional: bool
) -> None:
    assert due(shanghai(opened), Term.parse(term), calendar).provisional is provisional


@pytest.mark.parametrize(
    ("opened", "term", "rules", "provisional"),
    [
        # Ends on 31 December, which the notice for 2027 may still make a day off.
        ("2026-12-20 09:00", "11d", BY_LAW_ALONE, True),
        ("2026-12-20 09:00", "11d", Counting(ends_on_working_day=False), False),
        # Passes it, but ends before: every day counts whatever it is.
        ("2026-12-30 09:00", "400d", Counting(ends_on_working_day=False), False),
        # Opened on it: only a clock that waits for working time asks what day it is.
        ("2026-12-31 09:00", "2h", BY_LAW_ALONE, False),
        ("2026-12-31 09:00", "2h", Counting(starts=Starts.NEXT_WORKING_MOMENT), True),
        ("2026-12-31 09:00", "3wh", BY_LAW_ALONE, True),
    ],
)
def test_a_deadline_is_provisional_only_where_a_notice_can_move_it(
    calendar: Calendar, opened: str, term: str, rules: Counting, provisional: bool
) -> None:
    assert due(shanghai(opened), Term.parse(term), calendar, rules).provisional is provisional


def test_the_timeline_tells_of_every_day_from_opening_to_the_last(calendar: Calendar) -> None:
    found = due(shanghai("2026-10-08 09:00"), Term.parse("3wd"), calendar)
    assert found.timeline == (
        Day(date(2026, 10, 8), counted=False, ordinal=None, why="day of opening, workday", provisional=False),
        Day(date(2026, 10, 9), counted=True, ordinal=1, why="workday", provisional=False),
        Day(date(2026, 10, 10), counted=True, ordinal=2, why="make-up workday 国庆节", provisional=False),
        Day(date(2026, 10, 11), counted=False, ordinal=None, why="weekend", provisional=False),
        Day(date(2026, 10, 12), counted=True, ordinal=3, why="workday", provisional=False),
    )
    assert orjson.loads(orjson.dumps(found.timeline[1])) == {
        "date": "2026-10-09", "counted": True, "ordinal": 1, "why": "workday", "provisional": False,
    }  # fmt: skip


@given(one=INSTANTS, other=INSTANTS, term=TERMS, close=CLOSES)
def test_what_opens_later_is_never_due_earlier(
    calendar: Calendar, one: datetime, other: datetime, term: Term, close: Counting
) -> None:
    # Python compares two times of one zone by the clock on the wall; instants are meant.
    earlier, later = sorted([one, other], key=lambda at: at.astimezone(UTC))
    assert due(earlier, term, calendar, close).due_at <= due(later, term, calendar, close).due_at


@given(opened=INSTANTS, one=TERMS, more=st.integers(1, 60), close=CLOSES)
def test_a_longer_term_is_due_later(
    calendar: Calendar, opened: datetime, one: Term, more: int, close: Counting
) -> None:
    longer = Term(one.amount + more, one.unit)
    assert due(opened, one, calendar, close).due_at < due(opened, longer, calendar, close).due_at


@given(opened=INSTANTS, term=WORKING_DAYS, close=CLOSES)
def test_a_deadline_never_falls_on_a_day_off(calendar: Calendar, opened: datetime, term: Term, close: Counting) -> None:
    assert calendar.is_working_day(due(opened, term, calendar, close).last_day)


@given(opened=INSTANTS, first=WORKING_DAYS, second=WORKING_DAYS, resumed=st.times())
def test_terms_add_up(calendar: Calendar, opened: datetime, first: Term, second: Term, resumed: time) -> None:
    halfway = datetime.combine(due(opened, first, calendar).last_day, resumed, CHINA_TIME)
    whole = Term(first.amount + second.amount, Unit.WORKING_DAY)
    assert due(halfway, second, calendar).due_at == due(opened, whole, calendar).due_at


@given(opened=INSTANTS, term=CLOCK_TERMS)
def test_clock_time_is_added_as_it_is(calendar: Calendar, opened: datetime, term: Term) -> None:
    found = due(opened, term, calendar)
    assert found.due_at - found.opened_at == term.clock_time
    assert not found.provisional


@given(opened=INSTANTS, term=TERMS, close=CLOSES)
def test_a_due_is_written_in_utc_and_explains_itself(
    calendar: Calendar, opened: datetime, term: Term, close: Counting
) -> None:
    found = due(opened, term, calendar, close)
    assert found.due_at.tzinfo is UTC
    assert found.opened_at == opened.astimezone(UTC)
    assert found.opened_at.tzinfo is UTC
    assert (found.term, found.calendar_version) == (term, calendar.version)
    opening_day = opened.astimezone(CHINA_TIME).date()
    assert [day.date for day in found.timeline] == every_day(opening_day, found.last_day)
    if term.unit is Unit.WORKING_DAY:
        assert [day.ordinal for day in found.timeline if day.counted] == list(range(1, term.amount + 1))
        assert found.timeline[-1].counted


@given(opened=INSTANTS, term=WORKING_DAYS)
def test_the_last_day_is_the_day_that_ends_at_the_deadline(calendar: Calendar, opened: datetime, term: Term) -> None:
    found = due(opened, term, calendar)
    assert ending_day(found.due_at) == found.last_day


@pytest.fixture
def in_new_york() -> Iterator[None]:
    before_test = os.environ.get("TZ")
    os.environ["TZ"] = "America/New_York"
    system_time.tzset()
    yield
    if before_test is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before_test
    system_time.tzset()


@pytest.mark.usefixtures("in_new_york")
def test_the_time_zone_of_the_machine_does_not_matter(calendar: Calendar) -> None:
    assert due(shanghai("2026-09-30 16:00"), Term.parse("5wd"), calendar).due_at == shanghai("2026-10-14 00:00")
    assert due(shanghai("2026-11-01 00:30"), Term.parse("2h"), calendar).due_at == shanghai("2026-11-01 02:30")


def warning(calendar: Calendar, opened: str, term: str, ahead: str, close: Counting = BY_LAW_ALONE) -> datetime:
    return before(due(shanghai(opened), Term.parse(term), calendar, close), Term.parse(ahead), calendar)


@pytest.mark.parametrize(
    ("opened", "term", "ahead", "warn_at"),
    [
        # Counted are 24, 25, 26 November; two are left when the first has ended.
        ("2026-11-23 09:00", "3wd", "2wd", "2026-11-25 00:00"),
        # Counted are 8, 9, 10, 12, 13 October; after the 9th three are left.
        ("2026-09-30 16:00", "5wd", "3wd", "2026-10-10 00:00"),
        # After the 10th, a Saturday, two are left: the warning does not wait for Monday.
        ("2026-09-30 16:00", "5wd", "2wd", "2026-10-11 00:00"),
        ("2026-09-30 16:00", "2h", "30m", "2026-09-30 17:30"),
        ("2026-11-23 09:00", "3wd", "24h", "2026-11-26 00:00"),
        # Longer ahead than the term itself: at once.
        ("2026-11-23 09:00", "1wd", "5wd", "2026-11-23 09:00"),
        ("2026-11-23 09:00", "30m", "2h", "2026-11-23 09:00"),
    ],
)
def test_warnings_counted_by_hand(calendar: Calendar, opened: str, term: str, ahead: str, warn_at: str) -> None:
    assert warning(calendar, opened, term, ahead) == shanghai(warn_at)


def test_a_warning_before_a_close_of_business_comes_at_a_close_of_business(calendar: Calendar) -> None:
    assert warning(calendar, "2026-11-23 09:00", "3wd", "2wd", Counting(time(17, 30))) == shanghai("2026-11-24 17:30")


@given(opened=INSTANTS.filter(lambda at: at.year > 2004), term=TERMS, ahead=TERMS, close=CLOSES)
def test_a_warning_lies_between_opening_and_deadline(
    calendar: Calendar, opened: datetime, term: Term, ahead: Term, close: Counting
) -> None:
    found = due(opened, term, calendar, close)
    warn_at = before(found, ahead, calendar)
    assert warn_at.tzinfo is UTC
    assert opened.astimezone(UTC) <= warn_at < found.due_at


@given(opened=INSTANTS, term=WORKING_DAYS, ahead=WORKING_DAYS, close=CLOSES)
def test_a_warning_leaves_as_many_working_days_as_it_says(
    calendar: Calendar, opened: datetime, term: Term, ahead: Term, close: Counting
) -> None:
    assume(ahead.amount < term.amount)
    found: Due = due(opened, term, calendar, close)
    shorter = Term(term.amount - ahead.amount, Unit.WORKING_DAY)
    assert before(found, ahead, calendar) == due(opened, shorter, calendar, close).due_at
