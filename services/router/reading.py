"""A complaint's text read once for every word of the policy.

Texts and words are normalized alike (shared.matching), so that full width, letter case and traditional characters
make no difference; one Aho-Corasick pass then finds all words of all steps, and each step picks its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from shared.matching import comparable

__all__ = ["Found", "Reader", "Reading", "Role", "longest"]


class Role(Enum):
    """What a word of the policy is looked for as; one word can have several roles."""

    KEYWORD = auto()
    DEPARTMENT = auto()
    INACTION = auto()
    ATTITUDE = auto()
    MISCONDUCT = auto()
    IMPLIED = auto()
    OFFICIAL = auto()
    OTHER = auto()
    STAFF = auto()
    SCOPE = auto()
    CONDITION = auto()


class Found(NamedTuple):
    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The normalized text, title first, and where the policy's words stand in it, in the order of the text."""

    text: str
    # Where the title ends; 0 where there is none.
    title_end: int
    words: frozenset[str]
    _found: Mapping[Role, Sequence[Found]]

    def found(self, role: Role) -> Sequence[Found]:
        return self._found.get(role, ())


class Reader:
    """Finds the words of one policy; built once, used for every complaint."""

    def __init__(self, words: Iterable[tuple[str, Role]]) -> None:
        roles: dict[str, set[Role]] = {}
        for word, role in words:
            roles.setdefault(comparable(word), set()).add(role)
        self._words = tuple(roles)
        self._roles = tuple(tuple(sorted(roles[word], key=lambda role: role.value)) for word in self._words)
        self._inside_number = tuple(word[0].isdigit() or word[-1].isdigit() for word in self._words)
        self._automaton = AhoCorasick(self._words)

    def read(self, title: str | None, text: str) -> Reading:
        head = f"{comparable(title)}\n" if title else ""
        whole = head + comparable(text)
        by_role: dict[Role, list[Found]] = {}
        words: set[str] = set()
        for index, start, end in self._automaton.find_matches_as_indexes(whole, overlapping=True):
            word = self._words[index]
            if self._inside_number[index] and _cuts_number(whole, start, end):
                continue
            found = Found(word, start, end)
            words.add(word)
            for role in self._roles[index]:
                by_role.setdefault(role, []).append(found)
        return Reading(whole, len(head), frozenset(words), by_role)


def _cuts_number(text: str, start: int, end: int) -> bool:
    """Whether a word with a digit at its edge lies in a longer number: 120 in 61092719120."""
    left = start > 0 and text[start].isdigit() and text[start - 1].isdigit()
    right = end < len(text) and text[end - 1].isdigit() and text[end].isdigit()
    return left or right


def longest(found: Iterable[Found]) -> list[Found]:
    """Without those that lie inside a longer one: 停车费 speaks for fees, not for 停车."""
    kept: list[Found] = []
    reached = -1
    for one in sorted(found, key=lambda f: (f.start, -f.end)):
        if one.end > reached:
            kept.append(one)
            reached = one.end
    return kept
