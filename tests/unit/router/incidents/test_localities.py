"""Which places a complaint names, as far as two tellings of one incident name the same."""

import pytest

from services.router.incidents.localities import is_exact, localities_of
from shared.matching import comparable

TOWNS = ("城关镇", "上竹镇", "曙坪镇")


@pytest.mark.parametrize(
    ("text", "place", "names"),
    [
        ("城关镇渝水小区停水了", None, {"渝水小区"}),
        ("我住在渝水小区三年了", None, {"渝水小区"}),
        ("新街停水", "城关镇", {"新街"}),
        ("车站路的涵洞积水", None, {"车站路"}),
        ("到公路的水泥路垮了", None, set()),
        ("这条路堵路三天了", None, set()),
        ("孩子在学校上学", None, set()),
        ("一小门口红绿灯坏了", None, {"一小"}),
        ("琼山区安平路积水", None, {"安平路"}),
        ("請問渝水小區什麼時候來水", None, {"渝水小区"}),
        ("水坪村河里的水黑了", None, {"水坪"}),
        ("污水流得满院子都是，要求市场监管局查处", None, set()),
    ],
)
def test_names_are_the_same_whatever_stands_around_them(text: str, place: str | None, names: set[str]) -> None:
    assert localities_of(comparable(text), place, TOWNS).names == names


def test_a_town_counts_without_its_last_character_too() -> None:
    assert localities_of("上竹去县城的公交停了", None, TOWNS).towns == {"上竹镇"}
    assert localities_of("公交停了", "曙坪镇", TOWNS).towns == {"曙坪镇"}


def test_a_block_is_the_same_in_digits_and_in_characters_and_a_floor_is_none() -> None:
    assert localities_of("安居苑3号楼电梯坏了", None, TOWNS).parts == {"3楼"}
    assert localities_of("安居苑三栋电梯坏了，十楼的老人下不来", None, TOWNS).parts == {"3楼"}
    assert localities_of("松树村三组的路断了", None, TOWNS).parts == {"3组"}


def test_streets_are_long_and_estates_are_not() -> None:
    assert (is_exact("新街"), is_exact("南江河"), is_exact("渝水小区")) == (False, False, True)
