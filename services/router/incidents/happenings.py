"""What a complaint tells of happening (停水, 路灯), whichever of its words is used: 没水, 断水 and 一滴水 are one.

The policy's matter says who answers for it; where two people tell of the same in other words, often one of them has
none, or another. This says what it is.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

__all__ = ["happenings_of", "read_groups"]

_FILE = Path(__file__).with_name("happenings.txt")


class _Words(NamedTuple):
    automaton: AhoCorasick
    # For each word the number of its group.
    groups: tuple[int, ...]
    names: tuple[str, ...]


def happenings_of(telling: str) -> tuple[str, ...]:
    """Each once, the rarer first; `telling` as `comparable` gives it, and without places: 水小 stands in 渝水小区."""
    words = _words()
    found = {words.groups[index] for index, _, _ in words.automaton.find_matches_as_indexes(telling)}
    return tuple(words.names[group] for group in sorted(found))


def read_groups() -> list[list[str]]:
    """The words of each happening, its name first."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if not line.startswith("#")]


@cache
def _words() -> _Words:
    groups = read_groups()
    numbers = {word: number for number, group in enumerate(groups) for word in group}
    automaton = AhoCorasick(numbers, matchkind=MatchKind.LeftmostLongest)
    return _Words(automaton, tuple(numbers.values()), tuple(group[0] for group in groups))
