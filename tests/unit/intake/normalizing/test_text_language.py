import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.normalizing.text_language import TextLanguage, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("小区停水三天了", TextLanguage.CHINESE),
        ("小區停水三天了！", TextLanguage.CHINESE),
        ("WiFi和APP都打不开", TextLanguage.CHINESE),
        ("㐂𠮷村的路", TextLanguage.CHINESE),
        ("12345", TextLanguage.CHINESE),
        ("No water for three days in 城关镇", TextLanguage.ENGLISH),
        ("The street light is broken.", TextLanguage.ENGLISH),
        ("Улица без света", TextLanguage.OTHER),
        ("水道が止まっています", TextLanguage.OTHER),
        ("수도가 끊겼습니다", TextLanguage.OTHER),
        ("ཆུ་མི་འདུག", TextLanguage.OTHER),
        ("سۇ يوق", TextLanguage.OTHER),
    ],
)
def test_the_letters_tell_the_language(text: str, language: TextLanguage) -> None:
    assert language_of(text) is language


def test_a_foreign_letter_is_seen_wherever_it_stands() -> None:
    letters = [letter for letter in map(chr, range(0x110000)) if letter.isalpha()]
    foreign = [letter for letter in letters if not "\u3400" <= letter <= "\u9fff"]
    missed = [
        letter
        for letter in foreign
        if unicodedata.name(letter, "").startswith(("LATIN", "CYRILLIC", "HANGUL", "HIRAGANA", "KATAKANA", "TIBETAN"))
        and language_of(letter) is TextLanguage.CHINESE
    ]
    assert len(foreign) > 10_000
    assert missed == []


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=50))
def test_ideographs_alone_are_chinese(text: str) -> None:
    assert language_of(text) is TextLanguage.CHINESE
