"""Conflict of interest (回避): whether a complaint accuses an authority of inaction or misconduct, and which.

A word of accusation decides nothing alone. It counts against the nearest actor before it in its sentence, unless
the grammar says otherwise: the department is asked to act (请城管查处乱收费), is only told (向城管反映乱收费), is
praised, is a landmark (派出所对面), or somebody else acts in between (城管来了，商贩还打人). `grammar` holds
these forms. In doubt between two departments both are kept, the first in the text leading.
"""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from services.router.accusations.actors import Actor, Mention, actors, joined, of_its_line, officials
from services.router.accusations.grammar import (
    Stance,
    acts_upon,
    asked_to_stop,
    complained_about,
    denied,
    described_by,
    is_object,
    only_reported,
    praises,
    same_breath,
    sentence_start,
    stance,
    unreached,
)
from services.router.accusations.stories import favoured, told
from services.router.reading import Found, Reading, Role, longest
from shared.language import DepartmentCode, Kind
from shared.matching import comparable
from shared.policy import Policy

__all__ = ["Accusation", "Conflict"]

# A longer passage is quoted by its two words.
QUOTE = 24
ACCUSING = (Role.INACTION, Role.ATTITUDE, Role.MISCONDUCT)


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
        mentions = [
            Mention(found, self._names[found.word], stance(reading.text, found)) for found in kept if found in names
        ]
        asked = {mention.department for mention in mentions if mention.stance is Stance.ASKED}
        return tuple(
            mention
            for mention in mentions
            # Who could not get through to 12315 and asks the department all the same only says how he tried.
            if mention.stance is not Stance.LANDMARK
            and not (mention.department in asked and unreached(reading.text, mention.found))
        )

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
        of_villages = officials(reading)
        authorities = [*mentions, *of_villages, *of_its_line(reading, mentions, received_by)]
        if authorities:
            words += told(text)
        if words:
            everybody = actors(reading, authorities)
            outer = set(longest(found for found, _ in words))
            for word, role in sorted(words, key=lambda entry: entry[0].start):
                if word in outer and not denied(text, word):
                    accused += self._against(text, word, role, everybody)
        for mention in of_villages:
            if favour := favoured(text, mention.found):
                quote = f"{mention.found.word}{favour}"
                accused.append(Accusation(None, mention.found.word, favour, quote if len(quote) <= QUOTE else favour))
        for word in reading.found(Role.IMPLIED):
            if not denied(text, word):
                accused.append(Accusation(self._implied[word.word], word.word, word.word, word.word))
        accused += self._complained_about(text, [*mentions, *of_villages])
        if self._appeals & reading.words:
            accused += self._appealed_against(reading, mentions)
        return tuple(dict.fromkeys(accused))

    def _against(
        self,
        text: str,
        word: Found,
        role: Role,
        everybody: Sequence[Actor],
    ) -> list[Accusation]:
        begin = sentence_start(text, word.start)
        of_office = word.word in self._of_office
        before = bisect_right(everybody, word.start, key=_end)
        for place in range(before - 1, -1, -1):
            found, mention = everybody[place]
            if not same_breath(text, found, word, begin):
                break
            if mention is None:
                if is_object(text, found, word) or (of_office and found.end < word.start):
                    continue
                return []
            if not _counts(text, mention, word, role):
                return []
            return [_accusation(text, one, word) for one in joined(text, everybody, place)]
        return [
            _accusation(text, mention, word)
            for found, mention in everybody[before : before + 2]
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


def _end(actor: Actor) -> int:
    return actor[0].end


def _accusation(text: str, mention: Mention, word: Found) -> Accusation:
    start, end = min(mention.found.start, word.start), max(mention.found.end, word.end)
    quote = text[start:end] if end - start <= QUOTE else f"{mention.found.word}……{word.word}"
    return Accusation(mention.department, mention.found.word, word.word, quote)
