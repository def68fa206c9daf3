"""Laws of suspension (中止) and extension (延期)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import Due, after_suspension, before, due, extended
from shared.china_time import CHINA_TIME
from shared.counting import BY_LAW_ALONE, Counting, Span, Starts
from shared.term import Term, Unit
from tests.unit.tracker.days import every_day

OFFICE = (Span(time(8, 30), time(12)), Span(time(14), time(18)))
COUNTINGS = st.builds(
    Counting,
    close_of_business=st.none() | st.just(time(18)),
    starts=st.sampled_from(Starts),
    office_hours=st.sampled_from([(), OFFICE]),
    ends_on_working_day=st.booleans(),
)
OPENED = st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # Hypothesis adds the zone
TERMS = st.builds(Term, st.integers(1, 30), st.sampled_from(Unit))
DAY_TERMS = st.builds(Term, st.integers(1, 30), st.just(Unit.WORKING_DAY))
LENGTHS = st.timedeltas(timedelta(0), timedelta(days=30))


def shanghai(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=CHINA_TIME)


def hand(calendar: Calendar, opened: str, term: str, suspended: str, resumed: str, close: time | None = None) -> Due:
    running = due(shanghai(opened), Term.parse(term), calendar, Counting(close_of_business=close))
    return after_suspension(running, shanghai(suspended), shanghai(resumed), calendar)


@pytest.mark.parametrize(
    ("opened", "term", "suspended", "resumed", "due_at"),
    [
        # Monday; of Tuesday to Monday only Tuesday was over: four days are left on Wednesday the 11th.
        ("2026-11-02 09:00", "5wd", "2026-11-04 10:00", "2026-11-11 15:00", "2026-11-17 00:00"),
        # Within a day nothing is lost.
        ("2026-11-02 09:00", "5wd", "2026-11-04 10:00", "2026-11-04 15:00", "2026-11-10 00:00"),
        # Over a weekend: Friday alone is lost.
        ("2026-11-02 09:00", "5wd", "2026-11-06 16:00", "2026-11-08 09:00", "2026-11-11 00:00"),
        # On the last day: the day of the resumption is the last.
        ("2026-11-02 09:00", "5wd", "2026-11-09 16:00", "2026-11-20 09:00", "2026-11-21 00:00"),
        # Hours go on to the minute, day and night.
        ("2026-11-02 09:00", "2h", "2026-11-02 10:15", "2026-11-04 23:30", "2026-11-05 00:15"),
        # Ten days, three of them before; the last is Saturday the 21st, so Monday.
        ("2026-11-02 09:00", "10d", "2026-11-06 09:00", "2026-11-15 09:00", "2026-11-24 00:00"),
    ],
)
def test_suspensions_counted_by_hand(
    calendar: Calendar, opened: str, term: str, suspended: str, resumed: str, due_at: str
) -> None:
    assert hand(calendar, opened, term, suspended, resumed).due_at == shanghai(due_at)


def test_a_term_that_is_counted_out_and_waits_for_a_working_day_counts_no_further_when_it_is_suspended(
    calendar: Calendar,
) -> None:
    # Five days end on Saturday the 7th; suspended on Sunday until Tuesday.
    found = hand(calendar, "2026-11-02 09:00", "5d", "2026-11-08 10:00", "2026-11-10 15:00")
    assert found.due_at == shanghai("2026-11-11 00:00")
    assert [day.ordinal for day in found.timeline if day.counted] == [1, 2, 3, 4, 5]


def test_who_resumes_after_the_close_of_business_has_the_next_day(calendar: Calendar) -> None:
    found = hand(calendar, "2026-11-02 09:00", "5wd", "2026-11-09 16:00", "2026-11-12 19:00", time(18))
    assert found.due_at == shanghai("2026-11-13 18:00")


def test_a_deadline_that_was_missed_is_not_raised_from_the_dead(calendar: Calendar) -> None:
    running = due(shanghai("2026-11-02 09:00"), Term.parse("1wd"), calendar, Counting(close_of_business=time(18)))
    late = after_suspension(running, shanghai("2026-11-03 18:00"), shanghai("2026-11-20 09:00"), calendar)
    assert late.due_at == running.due_at


def test_a_suspension_is_told_in_order(calendar: Calendar) -> None:
    running = due(shanghai("2026-11-02 09:00"), Term.parse("5wd"), calendar)
    with pytest.raises(ValueError, match="before it was suspended"):
        after_suspension(running, shanghai("2026-11-05 09:00"), shanghai("2026-11-04 09:00"), calendar)
    once = after_suspension(running, shanghai("2026-11-03 09:00"), shanghai("2026-11-05 09:00"), calendar)
    with pytest.raises(ValueError, match="while suspended until"):
        after_suspension(once, shanghai("2026-11-04 09:00"), shanghai("2026-11-06 09:00"), calendar)


def test_the_timeline_shows_the_suspension(calendar: Calendar) -> None:
    found = hand(calendar, "2026-11-02 09:00", "2wd", "2026-11-03 10:00", "2026-11-05 15:00")
    assert [(day.date.day, day.ordinal, day.why) for day in found.timeline] == [
        (2, None, "day of opening, workday"),
        (3, None, "suspended, 2026-11-03 10:00 to 2026-11-05 15:00"),
        (4, None, "suspended, 2026-11-03 10:00 to 2026-11-05 15:00"),
        (5, 1, "workday, suspended 2026-11-03 10:00 to 2026-11-05 15:00"),
        (6, 2, "workday"),
    ]


def test_an_extension_counts_on_from_the_old_due_moment(calendar: Calendar) -> None:
    # 8, 9, 10 (made up), 12 and 13 October; then 14 and 15.
    running = due(shanghai("2026-09-30 16:00"), Term.parse("5wd"), calendar)
    longer = extended(running, Term.parse("2wd"), calendar)
    assert longer.due_at == shanghai("2026-10-16 00:00")
    assert [(day.ordinal, day.why) for day in longer.timeline[-2:]] == [
        (6, "extension, workday"),
        (7, "extension, workday"),
    ]
    assert extended(running, Term.parse("3h"), calendar).due_at == shanghai("2026-10-14 03:00")


@given(opened=OPENED, term=TERMS, counting=COUNTINGS, after=LENGTHS)
def test_a_suspension_of_no_length_changes_nothing(
    calendar: Calendar, opened: datetime, term: Term, counting: Counting, after: timedelta
) -> None:
    running = due(opened, term, calendar, counting)
    found = after_suspension(running, opened + after, opened + after, calendar)
    assert (found.due_at, found.provisional, found.timeline) == (running.due_at, running.provisional, running.timeline)


@given(opened=OPENED, term=TERMS, counting=COUNTINGS, after=LENGTHS, first=LENGTHS, second=LENGTHS)
def test_two_suspensions_add_up(
    calendar: Calendar,
    opened: datetime,
    term: Term,
    counting: Counting,
    after: timedelta,
    first: timedelta,
    second: timedelta,
) -> None:
    running = due(opened, term, calendar, counting)
    begin = opened + after
    one = after_suspension(running, begin, begin + first, calendar)
    two = after_suspension(one, begin + first, begin + first + second, calendar)
    assert two.due_at == after_suspension(running, begin, begin + first + second, calendar).due_at


@given(opened=OPENED, term=TERMS, by=TERMS, counting=COUNTINGS, after=LENGTHS, length=LENGTHS)
def test_it_makes_no_difference_which_is_told_first_suspension_or_extension(
    calendar: Calendar,
    opened: datetime,
    term: Term,
    by: Term,
    counting: Counting,
    after: timedelta,
    length: timedelta,
) -> None:
    running, begin = due(opened, term, calendar, counting), opened + after
    suspended = after_suspension(running, begin, begin + length, calendar)
    longer = extended(running, by, calendar)
    assert extended(suspended, by, calendar) == after_suspension(longer, begin, begin + length, calendar)


@given(opened=OPENED, term=DAY_TERMS, counting=COUNTINGS, after=LENGTHS, length=LENGTHS)
def test_as_many_days_are_left_at_the_resumption_as_were_left_at_the_suspension(
    calendar: Calendar, opened: datetime, term: Term, counting: Counting, after: timedelta, length: timedelta
) -> None:
    running = due(opened, term, calendar, counting)
    begin, end = opened + after, opened + after + length
    assume(begin < running.due_at)
    found = after_suspension(running, begin, end, calendar)
    close = counting.close_of_business

    def left(deadline: Due, at: datetime) -> int:
        local = at.astimezone(CHINA_TIME)
        today = local.date() + timedelta(days=close is not None and local.time() >= close)
        return sum(day.counted and day.date >= today for day in deadline.timeline)

    assert left(found, end) == left(running, begin)


@given(opened=OPENED, terms=st.lists(TERMS, min_size=1, max_size=3), counting=COUNTINGS, after=LENGTHS, length=LENGTHS)
def test_the_timeline_accounts_for_every_day_exactly_once(
    calendar: Calendar, opened: datetime, terms: list[Term], counting: Counting, after: timedelta, length: timedelta
) -> None:
    found = due(opened, terms[0], calendar, counting)
    for by in terms[1:]:
        found = extended(found, by, calendar)
    found = after_suspension(found, opened + after, opened + after + length, calendar)
    opening_day: date = opened.astimezone(CHINA_TIME).date()
    assert [day.date for day in found.timeline] == every_day(opening_day, max(found.last_day, opening_day))
    ordinals = [day.ordinal for day in found.timeline if day.ordinal is not None]
    days = sum(term.amount for term in terms if term.unit in {Unit.WORKING_DAY, Unit.CALENDAR_DAY})
    assert ordinals == list(range(1, days + 1))
    assert all(day.counted for day in found.timeline if day.ordinal is not None)


@given(opened=OPENED, term=TERMS, counting=COUNTINGS, after=LENGTHS, length=LENGTHS)
def test_a_suspension_never_shortens_and_its_end_is_never_past_due(
    calendar: Calendar, opened: datetime, term: Term, counting: Counting, after: timedelta, length: timedelta
) -> None:
    running = due(opened, term, calendar, counting)
    found = after_suspension(running, opened + after, opened + after + length, calendar)
    assert found.due_at >= running.due_at
    if opened + after < running.due_at:
        assert found.due_at > opened + after + length


@given(
    opened=OPENED,
    amount=st.integers(1, 30),
    unit=st.sampled_from([Unit.WORKING_DAY, Unit.CALENDAR_DAY]),
    after=LENGTHS,
    length=LENGTHS,
)
def test_a_term_of_days_ends_on_a_working_day_whatever_happened(
    calendar: Calendar, opened: datetime, amount: int, unit: Unit, after: timedelta, length: timedelta
) -> None:
    running = due(opened, Term(amount, unit), calendar, BY_LAW_ALONE)
    found = after_suspension(running, opened + after, opened + after + length, calendar)
    assert calendar.is_working_day(found.last_day)
    assert calendar.is_working_day(extended(found, Term(amount, unit), calendar).last_day)


@given(one=OPENED, other=OPENED, term=TERMS, counting=COUNTINGS)
def test_what_opens_later_is_never_due_earlier(
    calendar: Calendar, one: datetime, other: datetime, term: Term, counting: Counting
) -> None:
    earlier, later = sorted([one, other])
    assert due(earlier, term, calendar, counting).due_at <= due(later, term, calendar, counting).due_at


@given(opened=OPENED, term=TERMS, more=st.integers(1, 30), counting=COUNTINGS)
def test_a_longer_term_is_never_due_earlier(
    calendar: Calendar, opened: datetime, term: Term, more: int, counting: Counting
) -> None:
    longer = Term(term.amount + more, term.unit)
    assert due(opened, term, calendar, counting).due_at <= due(opened, longer, calendar, counting).due_at


def test_a_warning_does_not_count_days_that_a_suspension_took(calendar: Calendar) -> None:
    found = hand(calendar, "2026-11-02 09:00", "5wd", "2026-11-04 10:00", "2026-11-11 15:00")
    # Left are 11, 12, 13 and 16; before them there was the 3rd.
    assert before(found, Term.parse("3wd"), calendar) == shanghai("2026-11-12 00:00")
    assert before(found, Term.parse("4wd"), calendar) == shanghai("2026-11-04 00:00")
    hours = hand(calendar, "2026-11-02 09:00", "2h", "2026-11-02 10:00", "2026-11-04 15:00")
    assert before(hours, Term.parse("30m"), calendar) == shanghai("2026-11-04 15:30")
    assert before(hours, Term.parse("90m"), calendar) == shanghai("2026-11-02 09:30")


def test_office_hours_cannot_be_counted_back(calendar: Calendar) -> None:
    running = due(shanghai("2026-11-02 09:00"), Term.parse("5wd"), calendar)
    with pytest.raises(ValueError, match="4wh cannot be counted back"):
        before(running, Term.parse("4wh"), calendar)
