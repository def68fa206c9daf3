"""How alike two texts are: what people exchange in a text that they use again does not count."""

import re
from functools import lru_cache

from rapidfuzz import fuzz

from shared.matching import comparable

# Numbers, dates, Latin letters, punctuation, and the tokens that redaction left.
_EXCHANGED = re.compile(r"[\d〇一二三四五六七八九十百零两]+[年月日号]|[^\u3400-\u9fff]")
# Longer texts are compared by their beginnings, which bounds the work.
_COMPARED = 500


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Its Chinese characters alone, without numbers and dates."""
    return _EXCHANGED.sub("", comparable(text[:_COMPARED]))


def same_words(one: str, other: str) -> float:
    """From 0 to 1: how much of both stands in the same order, by insertions and deletions of characters."""
    return fuzz.ratio(plain(one), plain(other)) / 100


def likeness(one: str, other: str) -> float:
    """From 0 to 1: the pairs of neighbouring characters in common among those of both (Jaccard), in any order."""
    first, second = _pairs(plain(one)), _pairs(plain(other))
    either = len(first | second)
    return len(first & second) / either if either else 1.0


@lru_cache(maxsize=65536)
def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))
