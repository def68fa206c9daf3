"""Whether two complaints tell of the same incident (同一事件), with a score that can be explained.

The score adds what speaks for it: how much of what they say they share, the place, what happened, the matter. Some
things rule it out whatever the words: places that differ, other parts of one place, a time too far apart, accusing
somebody else. The numbers were chosen on three of the lots in tests/data/incidents/told.tsv; docs/routing.md says how
often they are right on these and on the fourth.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from math import sqrt

from services.router.incidents.fingerprints import Fingerprint
from services.router.incidents.localities import is_exact

__all__ = ["SAME", "Likeness", "Ruled", "compare"]

SAME = 0.7
_SAME_NAME, _SAME_TOWN, _NO_PLACE = 0.25, 0.05, -0.15
_SAME_HAPPENINGS, _OTHER_HAPPENINGS = 0.5, -0.2
_SAME_MATTER = 0.1
# Of texts with fewer characters that say something, one in common would be much.
_FEW = 8


class Ruled(StrEnum):
    """What rules out that it is the same."""

    TIME = "time"
    ACCUSED = "accused"
    TOWN = "town"
    NAME = "name"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score` is `words` (0 to 1) with what place, happenings and matter add; `ruled` says what rules it out.

    `both` are the happenings that both tell of.
    """

    words: float = 0.0
    place: float = 0.0
    happenings: float = 0.0
    matter: float = 0.0
    ruled: Ruled | None = None
    both: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        return round(self.words + self.place + self.happenings + self.matter, 6)

    @property
    def same(self) -> bool:
        return self.ruled is None and self.score >= SAME

    def in_chinese(self) -> str:
        """One clause that says why."""
        where = "地点名称相同" if self.place > _SAME_TOWN else "同一乡镇或街道" if self.place > 0 else "未提到相同地点"
        told = f"，都说到{'、'.join(self.both)}" if self.both else "，所述事情不同" if self.happenings else ""
        what = "，事项相同" if self.matter else ""
        return f"{where}{told}{what}，用字相似度{self.words:.0%}，合计{self.score:.2f}（界限{SAME:.2f}）"


_RULED_OUT = {ruled: Likeness(ruled=ruled) for ruled in Ruled}


def compare(one: Fingerprint, other: Fingerprint, window: timedelta) -> Likeness:
    """Symmetric, and independent of every other complaint."""
    if ruled := _ruled(one, other, window):
        return _RULED_OUT[ruled]
    words, place = _words(one.characters, other.characters), _place(one, other)
    # Where no place is shared only nearly the same words count, whatever they tell of.
    if place <= 0:
        return Likeness(words, place)
    # That of an accusation is whom it accuses.
    alike = one.matter == other.matter if one.matter else bool(one.implicated)
    both = tuple(told for told in one.happenings if told in other.happenings)
    return Likeness(words, place, _happenings(one, other, len(both)), _SAME_MATTER if alike else 0.0, both=both)


def _ruled(one: Fingerprint, other: Fingerprint, window: timedelta) -> Ruled | None:
    if abs(one.at - other.at) > window:
        return Ruled.TIME
    if one.implicated != other.implicated:
        return Ruled.ACCUSED
    if _differ(one.towns, other.towns):
        return Ruled.TOWN
    if _differ(one.names, other.names):
        return Ruled.NAME
    return Ruled.PART if _differ(one.parts, other.parts) else None


def _differ(first: Collection[str], second: Collection[str]) -> bool:
    """Whether both say something, and nothing in common."""
    return bool(first and second) and set(first).isdisjoint(second)


def _place(one: Fingerprint, other: Fingerprint) -> float:
    if one.names and other.names:
        shared = [name for name in one.names if name in other.names]
        # On one long street, but at places that have names of their own.
        if not any(map(is_exact, shared)) and any(map(is_exact, one.names)) and any(map(is_exact, other.names)):
            return _SAME_TOWN
        share = len(shared) / min(len(one.names), len(other.names))
        return round(_SAME_TOWN + (_SAME_NAME - _SAME_TOWN) * share, 3)
    return _SAME_TOWN if one.towns and other.towns else _NO_PLACE


def _happenings(one: Fingerprint, other: Fingerprint, both: int) -> float:
    """How many of all that the two tell of both tell of; nothing follows where one of them tells of none."""
    if not (one.happenings and other.happenings):
        return 0.0
    share = both / (len(one.happenings) + len(other.happenings) - both)
    return round(_OTHER_HAPPENINGS + (_SAME_HAPPENINGS - _OTHER_HAPPENINGS) * share, 3)


# One complaint is compared with several others in a row.
@lru_cache(maxsize=4096)
def _set(characters: str) -> frozenset[str]:
    return frozenset(characters)


def _words(one: str, other: str) -> float:
    """How many characters they share, of as many as both have; a long telling and a short one are not held apart."""
    lengths = len(one), len(other)
    shared = len(_set(one) & _set(other))
    return shared / max(_FEW, (min(lengths) + sqrt(lengths[0] * lengths[1])) / 2)
