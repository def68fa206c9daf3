"""Who acts in a text: the authorities that it names or speaks to, and everybody else who may have done what it says."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.router.accusations.grammar import Stance, sentence_start, stance
from services.router.reading import Found, Reading, Role, longest
from shared.language import DepartmentCode

__all__ = ["Actor", "Mention", "actors", "joined", "of_its_line", "officials"]

# How many actors a reference or a list of departments reaches back over.
RECENT = 8
# What stands between two departments that are accused together.
_JOINTS = frozenset({"和", "与", "、", "跟", "及", "以及", "还有", "推给", "推到", "推", ",", ""})

_REFERS_BACK = re.compile(r"该(?:局|所|队|站|大队|中队|单位|部门|中心|机关)")
_OWN = re.compile(
    r"[你您]们(?!好|辛苦)(?:单位|局|所|队|站|中心|公司|窗口|这里|这儿|这些人|的人)?|[你您贵](?:单位|局|所|队|站|公司|中心|窗口)"
)
_QUOTED = re.compile(r"[说讲喊骂][,:]?\"?$")


@dataclass(frozen=True, slots=True)
class Mention:
    """Where the text names a department, or an official of a town or village (None)."""

    found: Found
    department: DepartmentCode | None
    stance: Stance


# Somebody who acts in the text, and as what authority; None is no authority.
Actor = tuple[Found, Mention | None]


def officials(reading: Reading) -> list[Mention]:
    """The officials of towns and villages that the text names."""
    found = reading.found(Role.OFFICIAL)
    return [Mention(one, None, stance(reading.text, one)) for one in longest(found)] if found else []


def of_its_line(reading: Reading, mentions: Sequence[Mention], received_by: DepartmentCode | None) -> list[Mention]:
    """On a department's own line 你们 is that department, and so are its staff where nobody else is named."""
    if received_by is None:
        return []
    text = reading.text
    own = [
        Mention(found, received_by, Stance.SUPPOSED if _quoted(text, found) else stance(text, found))
        for found in _own_department(text)
    ]
    named = sorted(
        found.start
        for found in (
            *(mention.found for mention in (*mentions, *own)),
            *reading.found(Role.OFFICIAL),
            *reading.found(Role.OTHER),
        )
    )
    for found in reading.found(Role.STAFF):
        before = bisect_left(named, found.start)
        if before == 0 or named[before - 1] < sentence_start(text, found.start):
            own.append(Mention(found, received_by, stance(text, found)))
    return own


def actors(reading: Reading, authorities: Sequence[Mention]) -> list[Actor]:
    """Everybody who can have done something, in the order of the text; the first of two at one place counts."""
    text = reading.text
    known: dict[Found, Mention] = {}
    for mention in authorities:
        known.setdefault(mention.found, mention)
    found_actors: list[Actor] = []
    for found in longest([*known, *reading.found(Role.OTHER), *_refers_back(text)]):
        found_actors.append((found, known.get(found) or _referred_to(text, found, found_actors)))
    return found_actors


def joined(text: str, everybody: Sequence[Actor], place: int) -> list[Mention]:
    """The authority at `place` and those that 和 or 、 join to it: 城管和交警都不管."""
    return list(reversed(list(_joined(text, everybody, place))))


def _joined(text: str, everybody: Sequence[Actor], place: int) -> Iterator[Mention]:
    later: Mention | None = None
    for found, mention in reversed(everybody[max(0, place - RECENT + 1) : place + 1]):
        if mention is None or (later and text[found.end : later.found.start].strip() not in _JOINTS):
            return
        yield mention
        later = mention


def _referred_to(text: str, found: Found, earlier: Sequence[Actor]) -> Mention | None:
    """Whom 该公司 or 该局 means: the last actor of that kind, if it is an authority."""
    recent = reversed(earlier[-RECENT:])
    if found.word.startswith("该"):
        return next((mention for _, mention in recent if mention and mention.department), None)
    if text[found.start - 1 : found.start] == "该":
        return next((mention for other, mention in recent if other.word.endswith(found.word)), None)
    return None


def _own_department(text: str) -> Iterator[Found]:
    """Where a text that came in on a department's own line speaks to it: 你们单位."""
    for match in _OWN.finditer(text):
        yield Found(match[0], match.start(), match.end())


def _quoted(text: str, found: Found) -> bool:
    """老板说你们管不了: who 你们 is there, nobody knows."""
    return _QUOTED.search(text[max(0, found.start - 3) : found.start]) is not None


def _refers_back(text: str) -> Iterator[Found]:
    """Where the text means a department that it has named before: 该局."""
    for match in _REFERS_BACK.finditer(text):
        yield Found(match[0], match.start(), match.end())
