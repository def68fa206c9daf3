import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.matching import comparable, simplified


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("城關鎮", "城关镇"),
        ("環境噪聲汙染", "环境噪声污染"),
        ("ＡＰＰ１２３", "app123"),
        ("㎡", "m2"),
        ("城关镇", "城关镇"),
    ],
)
def test_width_case_and_traditional_characters_make_no_difference(written: str, compared: str) -> None:
    assert comparable(written) == compared


@given(st.text(alphabet=st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF), max_size=40))
def test_ideographs_keep_their_places(text: str) -> None:
    assert len(simplified(text)) == len(text)
    assert simplified(simplified(text)) == simplified(text)


@given(st.text(max_size=20), st.text(alphabet="關环鎮乾净淨著後", min_size=1, max_size=4), st.text(max_size=20))
def test_a_word_is_found_whatever_stands_around_it(before: str, word: str, after: str) -> None:
    assert comparable(word) in comparable(f"{before} {word} {after}")
