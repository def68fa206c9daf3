"""Conflict of interest (回避): whether a complaint accuses an authority of inaction or misconduct, and which.

A word of accusation decides nothing alone. It counts against the nearest actor before it in its sentence, unless
the grammar says otherwise: the department is asked to act (请城管查处乱收费), is only told (向城管反映乱收费), is
praised, is a landmark (派出所对面), or somebody else acts in between (城管来了，商贩还打人). `grammar` holds
these forms. In doubt between two departments both are kept, the first in the text leading.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from services.router.accusations.grammar import (
    Stance,
    acts_upon,
    asked_to_stop,
    complained_about,
    denied,
    described_by,
    is_object,
    only_reported,
    own_department,
    praises,
    refers_back,
    same_breath,
    sentence_start,
    stance,
)
from services.router.accusations.stories import told
from services.router.reading import Found, Reading, Role, longest
from shared.language import DepartmentCode, Kind
from shared.matching import comparable
from shared.policy import Policy

__all__ = ["Accusation", "Conflict", "Mention"]

# A longer passage is quoted by its two words.
QUOTE = 24
# How many actors a reference or a list of departments reaches back over.
RECENT = 8
ACCUSING = (Role.INACTION, Role.ATTITUDE, Role.MISCONDUCT)


@dataclass(frozen=True, slots=True)
class Mention:
    """Where the text names a department, or an official of a town or village (None)."""

    found: Found
    department: DepartmentCode | None
    stance: Stance


# Somebody who acts in the text, and as what authority; None is no authority.
_Actor = tuple[Found, Mention | None]


@dataclass(frozen=True, slots=True)
class Accusation:
    """Who is accused and by which words; a department of None is an official of a town or village."""

    department: DepartmentCode | None
    mention: str
    word: str
    # As much of the text as shows both.
    quote: str


class Conflict:
    """The departments' names and the words of accusation of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._names: Mapping[str, DepartmentCode] = {
            comparable(name): department.code
            for department in policy.departments.values()
            for name in (department.name, *department.short_names, *department.titles)
        }
        self._implied = {comparable(word): code for word, code in policy.accusations.implied.items()}
        self._appeals = frozenset(map(comparable, policy.accusations.appeals))
        # Only an authority can be guilty of these, so who else acts in the sentence does not matter.
        self._of_office = frozenset(map(comparable, policy.accusations.of_office))
        # 投诉12345 says most often by which way somebody complained.
        self._triage_desk = policy.triage_desk
        self._neutral = frozenset({policy.supervision_office, policy.triage_desk})

    def mentions(self, reading: Reading) -> tuple[Mention, ...]:
        """The departments that the text names, each by its longest name; landmarks are left out."""
        names = set(reading.found(Role.DEPARTMENT))
        if not names:
            return ()
        # Inside a longer keyword a name means something else: 护林员工资 is not about the 护林员.
        kept = longest([*names, *reading.found(Role.KEYWORD)])
        mentions = (
            Mention(found, self._names[found.word], stance(reading.text, found)) for found in kept if found in names
        )
        return tuple(mention for mention in mentions if mention.stance is not Stance.LANDMARK)

    def accusations(
        self,
        reading: Reading,
        mentions: Sequence[Mention],
        kind: Kind,
        received_by: DepartmentCode | None,
    ) -> tuple[Accusation, ...]:
        """Every accusation of an authority in the order of the text."""
        if kind is Kind.PRAISE and praises(reading.text):
            return ()
        text = reading.text
        accused: list[Accusation] = []
        words = [(found, role) for role in ACCUSING for found in reading.found(role)]
        if mentions or reading.found(Role.OFFICIAL):
            words += told(text)
        if words:
            actors = self._actors(reading, mentions, received_by)
            outer = set(longest(found for found, _ in words))
            for word, role in sorted(words, key=lambda entry: entry[0].start):
                if word in outer and not denied(text, word):
                    accused += self._against(text, word, role, actors)
        for word in reading.found(Role.IMPLIED):
            if not denied(text, word):
                accused.append(Accusation(self._implied[word.word], word.word, word.word, word.word))
        accused += self._complained_about(text, mentions)
        if self._appeals & reading.words:
            accused += self._appealed_against(reading, mentions)
        return tuple(dict.fromkeys(accused))

    def _actors(
        self,
        reading: Reading,
        mentions: Sequence[Mention],
        received_by: DepartmentCode | None,
    ) -> list[_Actor]:
        """Everybody who can have done something, in the order of the text; None is no authority."""
        text = reading.text
        known = {mention.found: mention for mention in mentions}
        for found in reading.found(Role.OFFICIAL):
            known.setdefault(found, Mention(found, None, stance(text, found)))
        others = reading.found(Role.OTHER)
        if received_by is not None:
            # On a department's own line 你们单位 is that department, and so are its staff where nobody else is named.
            for found in own_department(text):
                known.setdefault(found, Mention(found, received_by, stance(text, found)))
            named = sorted(found.start for found in [*known, *others])
            for found in reading.found(Role.STAFF):
                before = bisect_left(named, found.start)
                if before == 0 or named[before - 1] < sentence_start(text, found.start):
                    known.setdefault(found, Mention(found, received_by, stance(text, found)))
        actors: list[_Actor] = []
        for found in longest([*known, *others, *refers_back(text)]):
            actors.append((found, known.get(found) or _referred_to(text, found, actors)))
        return actors

    def _against(
        self,
        text: str,
        word: Found,
        role: Role,
        actors: Sequence[_Actor],
    ) -> list[Accusation]:
        begin = sentence_start(text, word.start)
        of_office = word.word in self._of_office
        before = bisect_right(actors, word.start, key=_end)
        for place in range(before - 1, -1, -1):
            found, mention = actors[place]
            if not same_breath(text, found, word, begin):
                break
            if mention is None:
                if is_object(text, found, word) or (of_office and found.end < word.start):
                    continue
                return []
            if not _counts(text, mention, word, role):
                return []
            return [_accusation(text, one, word) for one in _joined(text, actors, place)]
        return [
            _accusation(text, mention, word)
            for found, mention in actors[before : before + 2]
            if mention is not None and found.start >= word.end and described_by(text, word, found)
        ]

    def _complained_about(self, text: str, mentions: Collection[Mention]) -> list[Accusation]:
        return [
            Accusation(mention.department, mention.found.word, verb, f"{verb}{mention.found.word}")
            for mention in mentions
            if mention.department != self._triage_desk
            for verb in complained_about(text, mention.found)
        ]

    def _appealed_against(self, reading: Reading, mentions: Collection[Mention]) -> list[Accusation]:
        """Who asks for the supervision office (请督查) accuses the department that he names."""
        appeal = min(self._appeals & reading.words, key=reading.text.index)
        return [
            Accusation(mention.department, mention.found.word, appeal, f"{mention.found.word}……{appeal}")
            for mention in mentions
            if mention.department not in self._neutral and mention.stance not in (Stance.ASKED, Stance.PRAISED)
        ]


# What stands between two departments that are accused together.
_JOINTS = frozenset({"和", "与", "、", "跟", "及", "以及", "还有", "推给", "推到", "推", ",", ""})


def _counts(text: str, mention: Mention, word: Found, role: Role) -> bool:
    """Whether a word of accusation after the mention is about the department mentioned."""
    inaction = role is Role.INACTION
    match mention.stance:
        case Stance.PRAISED | Stance.LANDMARK | Stance.SUPPOSED:
            return False
        case Stance.ASKED:
            # 希望城管不作为的问题得到解决 accuses; 希望城管解决不作为 does not.
            return mention.found.end == word.start or asked_to_stop(text, word)
        case Stance.TOLD | Stance.ACTING if acts_upon(text, mention.found, word):
            return False
        case Stance.TOLD:
            return role is Role.ATTITUDE or not only_reported(text, mention.found, word, inaction=inaction)
        case Stance.ACTING:
            return not inaction or not only_reported(text, mention.found, word, inaction=True)


def _referred_to(text: str, found: Found, earlier: Sequence[_Actor]) -> Mention | None:
    """Whom 该公司 or 该局 means: the last actor of that kind, if it is an authority."""
    recent = reversed(earlier[-RECENT:])
    if found.word.startswith("该"):
        return next((mention for _, mention in recent if mention and mention.department), None)
    if text[found.start - 1 : found.start] == "该":
        return next((mention for other, mention in recent if other.word.endswith(found.word)), None)
    return None


def _joined(text: str, actors: Sequence[_Actor], place: int) -> list[Mention]:
    """The authority at `place` and those that 和 or 、 join to it: 城管和交警都不管."""
    group: list[Mention] = []
    while place >= 0:
        found, mention = actors[place]
        if mention is None or (group and text[found.end : group[0].found.start].strip() not in _JOINTS):
            break
        if len(group) == RECENT:
            break
        group.insert(0, mention)
        place -= 1
    return group


def _end(actor: _Actor) -> int:
    return actor[0].end


def _accusation(text: str, mention: Mention, word: Found) -> Accusation:
    start, end = min(mention.found.start, word.start), max(mention.found.end, word.end)
    quote = text[start:end] if end - start <= QUOTE else f"{mention.found.word}……{word.word}"
    return Accusation(mention.department, mention.found.word, word.word, quote)
