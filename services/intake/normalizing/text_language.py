"""In which language a complaint is written, by its letters: good for choosing who reads it first, not for more."""

import re
import unicodedata
from enum import StrEnum

__all__ = ["TextLanguage", "language_of"]


class TextLanguage(StrEnum):
    CHINESE = "zh"
    ENGLISH = "en"
    OTHER = "other"


# Any letter but the ideographs of the Basic Multilingual Plane.
_FOREIGN_LETTER = re.compile(r"[^\W\d_\u3400-\u9fff]")
# Most texts are all ideographs, digits and punctuation, which a set of ranges tells four times as fast.
_OTHERWISE = re.compile(r"[^\u3400-\u9fff\u3000-\u3004\u3008-\u3020\uff01-\uff20 -@‘-”\n]")
# One ideograph says about as much as three letters.
_LETTERS_PER_IDEOGRAPH = 3


def language_of(text: str) -> TextLanguage:
    """Chinese where ideographs say more than letters do or where there are neither; English where ASCII letters do.

    Kana and Hangul make it other, and so do other letters where they are the most.
    """
    if not (_OTHERWISE.search(text) and _FOREIGN_LETTER.search(text)):
        return TextLanguage.CHINESE
    ascii_letters = sum(map(str.isalpha, filter(str.isascii, text)))
    ideographs = other = 0
    for character in text:
        if not character.isalpha() or character.isascii():
            continue
        name = unicodedata.name(character, "")
        if name.startswith(("CJK", "IDEOGRAPHIC")):
            ideographs += 1
        elif not name.startswith("FULLWIDTH"):
            other += 1
    said_in_chinese = ideographs * _LETTERS_PER_IDEOGRAPH
    if other * _LETTERS_PER_IDEOGRAPH > said_in_chinese and other > ascii_letters:
        return TextLanguage.OTHER
    return TextLanguage.ENGLISH if ascii_letters > said_in_chinese else TextLanguage.CHINESE
