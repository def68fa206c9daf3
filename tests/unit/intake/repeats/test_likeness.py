import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.hotline import PROJECT
from services.intake.repeats.likeness import COMPARED, SAME_MATTER, Matter, likeness, same_matter

with (PROJECT / "docs/repeats/pairs.csv").open(encoding="utf-8", newline="") as _file:
    PAIRS = [(row["same"] == "yes", Matter(row["first"]), Matter(row["second"])) for row in csv.DictReader(_file)]
LAMP = "小区楼下的路灯坏了半个月，报了几次没有人来修。"
words = st.text(min_size=1, max_size=60)


def found(threshold: float, *, same: bool) -> int:
    return sum(likeness(one, other) >= threshold for is_same, one, other in PAIRS if is_same is same)


def test_on_the_published_pairs_it_is_as_often_right_as_the_documents_say() -> None:
    yes, no = (sum(is_same is same for is_same, _, _ in PAIRS) for same in (True, False))
    assert (yes, no) == (33, 37)
    assert (found(SAME_MATTER, same=True), found(SAME_MATTER, same=False)) == (28, 3)


@pytest.mark.parametrize("other", [SAME_MATTER - 0.1, SAME_MATTER + 0.1])
def test_no_threshold_near_by_is_more_often_right(other: float) -> None:
    right = found(SAME_MATTER, same=True) - found(SAME_MATTER, same=False)
    assert found(other, same=True) - found(other, same=False) < right


@given(words, words)
def test_likeness_is_symmetric_and_lies_between_nothing_and_one(one: str, other: str) -> None:
    first = likeness(Matter(one), Matter(other))
    assert 0 <= first <= 1
    assert first == likeness(Matter(other), Matter(one))


@given(words)
def test_a_text_is_like_itself(text: str) -> None:
    assert likeness(Matter(text), Matter(text)) == 1
    assert same_matter(Matter(text), Matter(text))


@pytest.mark.parametrize(
    "written",
    ["小區樓下的路燈壞了半個月，報了幾次沒有人來修。", f"  {LAMP}!!", "小区楼下的路灯坏了半个月;报了几次没有人来修"],
)
def test_scripts_and_punctuation_do_not_count(written: str) -> None:
    assert likeness(Matter(LAMP), Matter(written)) == 1


def test_the_order_in_which_it_is_told_hardly_counts() -> None:
    turned = "报了几次没有人来修，小区楼下的路灯坏了半个月。"
    assert likeness(Matter(LAMP), Matter(turned)) > 0.9


def test_an_empty_text_is_like_no_other() -> None:
    assert likeness(Matter(""), Matter(LAMP)) == 0
    assert not same_matter(Matter("？？"), Matter(LAMP))


def test_what_stands_beyond_the_beginning_of_a_long_text_does_not_count() -> None:
    beginning = (LAMP * 20)[:COMPARED]
    assert likeness(Matter(beginning + "甲乙丙丁" * 500), Matter(beginning)) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("城关镇", "城关镇", True),
        ("城关镇", "城關鎮", True),
        ("城关镇", "城关镇新华路三号", True),
        ("城关镇", None, True),
        (None, None, True),
        ("城关镇", "曾家镇", False),
    ],
)
def test_it_is_another_matter_where_both_places_are_known_and_differ(
    one: str | None, other: str | None, *, same: bool
) -> None:
    assert same_matter(Matter(LAMP, one), Matter(LAMP, other)) is same
