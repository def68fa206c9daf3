"""When the simulated complaints arrive, and that all of it follows from the seed."""

from datetime import timedelta

import pytest

from bench.year.arrivals import Receiving, arrivals, complaint_id
from bench.year.running import FIRST
from bench.year.worktime import WorkTime
from services.intake.county import County
from services.intake.ticket import is_ticket_number
from services.tracker.deadlines.calendar import Calendar
from shared.policy import Policy


@pytest.fixture(scope="module")
def time(calendar: Calendar) -> WorkTime:
    return WorkTime(FIRST, 60, calendar)


def test_as_many_arrive_as_were_asked_for_fewer_on_days_off_and_none_by_night(
    time: WorkTime, calendar: Calendar, policy: Policy
) -> None:
    found = arrivals(1, 5000, time.moments, calendar, policy.towns)
    assert sum(map(len, found.values())) == 5000
    assert all(8 <= at.hour <= 20 for at in found)
    working = sum(calendar.is_working_day(FIRST + timedelta(days=n)) for n in range(60))
    by_day_off = sum(len(some) for at, some in found.items() if not calendar.is_working_day(at.date())) / (60 - working)
    by_working_day = sum(len(some) for at, some in found.items() if calendar.is_working_day(at.date())) / working
    assert by_day_off < by_working_day
    assert sum(one.storm for some in found.values() for one in some) == 100


def test_the_same_seed_brings_the_same_complaints_and_another_brings_others(
    time: WorkTime, calendar: Calendar, policy: Policy
) -> None:
    def all_of(seed: int) -> list[str]:
        county = County(towns=policy.towns, urgent_words=policy.urgent_words, departments=policy.departments)
        receiving = Receiving(seed, county)
        found = arrivals(seed, 50, time.moments, calendar, policy.towns)
        return [receiving.received(one, at).model_dump_json() for at in sorted(found) for one in found[at]]

    assert all_of(1) == all_of(1)
    assert not set(all_of(1)) & set(all_of(2))


def test_ids_are_of_version_8_begin_with_their_time_and_ticket_numbers_are_real_ones(
    time: WorkTime, calendar: Calendar, policy: Policy
) -> None:
    early, late = complaint_id(1, 7, time.moments[0]), complaint_id(1, 7, time.moments[-1])
    assert early.version == late.version == 8
    assert early < late
    county = County(towns=policy.towns, urgent_words=policy.urgent_words, departments=policy.departments)
    found = arrivals(1, 5, time.moments, calendar, policy.towns)
    at = min(found)
    assert is_ticket_number(Receiving(1, county).received(found[at][0], at).ticket_number)


def test_who_complains_again_has_the_issue_of_before_and_a_number_of_its_own(
    time: WorkTime, calendar: Calendar, policy: Policy
) -> None:
    first = next(iter(arrivals(1, 5, time.moments, calendar, policy.towns).values()))[0]
    again = first.again(5).again(5)
    assert (again.issue, again.before, again.where) == (first.issue, 2, first.where)
    assert again.number == first.number + 10


def test_work_is_done_in_working_hours_and_a_day_is_as_long_as_the_office_is_open(
    time: WorkTime, calendar: Calendar
) -> None:
    now = time.moments[0]
    for _ in range(30):
        later = time.after(now, 1.0)
        assert later is not None
        assert later > now
        assert calendar.is_working_day(later.date())
        assert 9 <= later.hour <= 17
        now = later
    assert time.after(now, 1000) is None
    soon = time.soon_after(now, 1 / 18)
    assert soon == now + timedelta(minutes=30)
