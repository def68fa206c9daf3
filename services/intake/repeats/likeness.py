"""Whether two complaints of one reporter tell of the same matter.

Compared are the pairs of neighbouring characters of both texts, in order of the alphabet, without the words that every
complaint uses: so it does not matter in which order somebody tells it. The threshold comes from the pairs in
docs/repeats/pairs.csv; docs/privacy.md says how often it is right on them.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz

from shared.matching import comparable

SAME_MATTER = 0.56

# Longer texts are compared by their beginnings: what it is about stands there, and the work stays bounded.
COMPARED = 300
# Small words, and those with which people begin, plead and press, whatever it is about.
_SAYS_NOTHING = frozenset("的了是我你他们请有没在一个很也都就和到来去要不与及着过被把让又还但并再这那上次多里")


@dataclass(frozen=True, slots=True)
class Matter:
    """What one complaint is about; redacted texts do as well as originals."""

    text: str = field(repr=False)
    place: str | None = field(default=None, repr=False)


def likeness(one: Matter, other: Matter) -> float:
    """How alike the two texts are, from 0 to 1 (the same words); places do not count. Symmetric."""
    first, second = _sketch(one.text[:COMPARED]), _sketch(other.text[:COMPARED])
    if not first or not second:
        # Nothing but small words: alike only where they are the same.
        return float(_plain(one.text[:COMPARED]) == _plain(other.text[:COMPARED]))
    return fuzz.ratio(first, second) / 100


def same_matter(one: Matter, other: Matter) -> bool:
    """Whether the texts are alike enough, and the places the same where both are known."""
    return not _elsewhere(one.place, other.place) and likeness(one, other) >= SAME_MATTER


def _elsewhere(one: str | None, other: str | None) -> bool:
    if not one or not other:
        return False
    first, second = _plain(one), _plain(other)
    # One may name the town and the other the house in it.
    return first not in second and second not in first


def _plain(text: str) -> str:
    """Simplified characters, half width, lower case, letters and digits only."""
    return "".join(filter(str.isalnum, comparable(text)))


# One text is compared with several others in a row.
@lru_cache(maxsize=1024)
def _sketch(text: str) -> str:
    telling = "".join(character for character in _plain(text) if character not in _SAYS_NOTHING)
    return " ".join(sorted(telling[at : at + 2] for at in range(len(telling) - 1)))
