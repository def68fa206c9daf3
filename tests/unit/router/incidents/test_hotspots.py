"""When an incident is a hot spot: by the times of its complaints alone, in whatever order they come."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.router.incidents.hotspots import reached, sentence
from shared.policy_incidents import HotspotLevel
from tests.examples import NOW

LEVELS = (HotspotLevel(complaints=3, within_hours=24), HotspotLevel(complaints=5, within_hours=24))


def at(*hours: float) -> list[datetime]:
    return [NOW + timedelta(hours=hour) for hour in hours]


def test_a_level_is_reached_by_so_many_within_so_long() -> None:
    assert reached(at(0, 12, 24), LEVELS) == {1: NOW + timedelta(hours=24)}
    assert reached(at(0, 12, 24.1), LEVELS) == {}
    assert reached(at(0, 1, 2, 3, 4), LEVELS) == {1: NOW + timedelta(hours=2), 2: NOW + timedelta(hours=4)}


def test_a_crowd_in_the_midst_of_a_slow_one_counts() -> None:
    assert set(reached(at(0, 100, 101, 102, 300), LEVELS)) == {1}


@given(st.lists(st.floats(0, 200), max_size=12))
def test_the_order_makes_no_difference_and_more_complaints_take_no_level_back(hours: list[float]) -> None:
    times = at(*hours)
    assert reached(times, LEVELS) == reached(times[::-1], LEVELS)
    assert reached(times[:-1], LEVELS).keys() <= reached(times, LEVELS).keys()


def test_the_sentence_names_level_place_number_and_department() -> None:
    said = sentence(2, LEVELS[1], ("城关镇", "新街"), "县自来水公司")
    assert said == "热点（2级）：城关镇新街，24小时内已有5件以上诉求反映同一事件，主要由县自来水公司承办。"
