import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.normalizing.coordinates import Coordinates, coordinates_in, from_gcj02, nearest

TOWNS = {"甲镇": Coordinates(31.88, 109.53), "乙镇": Coordinates(32.03, 109.43)}


@pytest.mark.parametrize(
    "text",
    [
        "北纬31.88342，东经109.52683",
        "经度109.52683，纬度31.88342",
        "位置：31.88342,109.52683附近",
        "109.52683, 31.88342",
        "lat 31.88342, lng 109.52683",
        "N31.88342° E109.52683°",
    ],
)
def test_coordinates_are_read_in_either_order(text: str) -> None:
    assert coordinates_in(text) == Coordinates(31.88342, 109.52683)


@pytest.mark.parametrize("text", ["共3.50，4.20公里", "水费36.80，电费109.50元", "第31.88条", "12.50、118.20", ""])
def test_what_is_no_place_in_china_gives_none(text: str) -> None:
    found = coordinates_in(text)
    assert found is None or nearest(TOWNS, found) is None


def test_a_place_belongs_to_the_nearest_town_and_to_none_far_away() -> None:
    assert nearest(TOWNS, Coordinates(31.90, 109.50)) == "甲镇"
    assert nearest(TOWNS, Coordinates(32.05, 109.40)) == "乙镇"
    assert nearest(TOWNS, Coordinates(34.26, 108.94)) is None
    assert nearest({}, Coordinates(31.90, 109.50)) is None


def test_coordinates_of_a_chinese_map_are_shifted_back() -> None:
    """The example that implementations of GCJ-02 are tested with: 天安门, shifted by about 570 m."""
    given_by_map = Coordinates(39.908823, 116.397470)
    place = from_gcj02(given_by_map)
    assert place.latitude == pytest.approx(39.907420, abs=1e-4)
    assert place.longitude == pytest.approx(116.391229, abs=1e-4)
    assert coordinates_in("高德地图 39.908823,116.397470") == place


@given(st.floats(18, 53), st.floats(74, 135))
def test_the_shift_is_less_than_a_kilometre_and_a_half(latitude: float, longitude: float) -> None:
    given_by_map = Coordinates(latitude, longitude)
    place = from_gcj02(given_by_map)
    north = 111_200 * (place.latitude - latitude)
    east = 111_200 * (place.longitude - longitude) * math.cos(math.radians(latitude))
    assert math.hypot(north, east) < 1_500


@given(st.floats(18, 53), st.floats(74, 135))
def test_written_coordinates_are_read_again(latitude: float, longitude: float) -> None:
    place = Coordinates(round(latitude, 5), round(longitude, 5))
    assert coordinates_in(f"河边（{place}）") == place
