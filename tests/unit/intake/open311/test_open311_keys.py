"""Open311 keys are known by their digests only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.open311.open311_keys import key_id_of, new_key, parse_digests

ONE = "city-app:" + "0" * 64


def test_a_new_key_opens_and_its_entry_does_not_hold_it() -> None:
    key, entry = new_key("city-app")
    other, more = new_key("map-app")
    assert key not in entry
    digests = parse_digests(f"{entry}, {more}")
    assert key_id_of(digests, key) == "city-app"
    assert key_id_of(digests, other) == "map-app"
    assert len({key, other, new_key("city-app")[0]}) == 3


@given(st.text(max_size=80))
def test_nothing_else_does(guess: str) -> None:
    assert key_id_of(parse_digests(new_key("city-app")[1]), guess) is None


def test_neither_does_the_digest_itself_nor_anything_without_keys() -> None:
    key, entry = new_key("city-app")
    assert key_id_of(parse_digests(entry), entry.partition(":")[2]) is None
    assert key_id_of({}, key) is None


@pytest.mark.parametrize(
    "written",
    ["", "city-app", ":" + "0" * 64, "city-app:00", "City:" + "0" * 64, f"{ONE},{ONE}", f"{ONE},", "a:" + "G" * 64],
)
def test_a_wrong_list_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(ValueError, match="Open311 key") as refused:
        parse_digests(written)
    assert "0" * 64 not in str(refused.value)


def test_an_id_must_look_like_one() -> None:
    with pytest.raises(ValueError, match="id"):
        new_key("a,b")
