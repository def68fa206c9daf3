"""The ordered rules and the matters' keywords: which department answers for what a text is about.

Keywords are weighed: one of n characters counts n-1, a hint a fixed half, divided by the number of departments that
share the word; a keyword in the title counts twice, one that is only a landmark a quarter. Of words that lie inside
one another only the longest counts, and each counts once however often it stands there. A department that the text
names without accusing it gets a weight of its own by how it is named, since whoever writes 请交警来处理 often knows.
The best department must lead the next by a margin; otherwise a person decides.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.router.accusations.actors import Mention
from services.router.accusations.grammar import Stance, is_landmark
from services.router.reading import Reading, Role, longest
from shared.events import ComplaintReceived
from shared.language import DepartmentCode
from shared.matching import comparable
from shared.policy import Condition, Policy, Rule

__all__ = ["Match", "Matters", "Rules", "Score"]

# Below this a single common word would decide: 公园, 老师.
FLOOR = 1.0
# The least lead over the next department that is not a guess.
MARGIN = 0.5
TITLE = 2.0
HINT = 0.5
# 学校门口 says where; what happened there is said by other words.
LANDMARK = 0.25
# Praise is for whom it names; a request often knows whom it asks; a bare mention may only tell the story.
NAMED: Mapping[Stance, float] = {Stance.PRAISED: 4.0, Stance.ASKED: 3.0}
MENTIONED = 1.0


@dataclass(frozen=True, slots=True)
class Score:
    """How strongly a text speaks for a department, by which of its matters and words."""

    department: DepartmentCode
    points: float
    # None where the department was only named.
    matter: str | None
    words: tuple[str, ...]


class _Owner(NamedTuple):
    matter: str
    department: DepartmentCode
    weight: float
    in_title: float


class Matters:
    """The keywords of all matters, weighed."""

    def __init__(self, policy: Policy) -> None:
        owners: dict[str, list[_Owner]] = {}
        for matter in policy.matters.values():
            weights = {comparable(word): (HINT, HINT) for word in matter.hints}
            for word in map(comparable, matter.keywords):
                weights[word] = (len(word) - 1.0, (len(word) - 1.0) * TITLE)
            for word, (weight, in_title) in weights.items():
                owners.setdefault(word, []).append(_Owner(matter.code, matter.department, weight, in_title))
        self._owners: Mapping[str, Sequence[_Owner]] = {
            word: tuple(_shared(matters)) for word, matters in owners.items()
        }

    def scores(self, reading: Reading, named: Sequence[Mention]) -> tuple[Score, ...]:
        """The departments that the text speaks for, best first; equal ones in the order of their codes."""
        titled: dict[str, bool] = {}
        landmarks: set[str] = set()
        for one in longest([*reading.found(Role.KEYWORD), *(mention.found for mention in named)]):
            if one.word in self._owners:
                if is_landmark(reading.text, one):
                    landmarks.add(one.word)
                titled[one.word] = titled.get(one.word, False) or one.start < reading.title_end
        matters: dict[DepartmentCode, dict[str, float]] = {}
        words: dict[DepartmentCode, dict[str, None]] = {}
        for word, in_title in titled.items():
            for owner in self._owners[word]:
                weight = owner.in_title if in_title else owner.weight
                if word in landmarks:
                    weight *= LANDMARK
                points = matters.setdefault(owner.department, {})
                points[owner.matter] = points.get(owner.matter, 0.0) + weight
                words.setdefault(owner.department, {})[word] = None
        names: dict[DepartmentCode, float] = {}
        for mention in named:
            if mention.department is not None:
                weight = NAMED.get(mention.stance, MENTIONED)
                names[mention.department] = max(weight, names.get(mention.department, 0.0))
                words.setdefault(mention.department, {})[mention.found.word] = None
        scores = [
            Score(
                department,
                round(sum(matters.get(department, {}).values()) + names.get(department, 0.0), 2),
                _best(matters.get(department, {})),
                tuple(words[department]),
            )
            for department in words
        ]
        return tuple(sorted(scores, key=lambda score: (-score.points, score.department)))


def _best(points: Mapping[str, float]) -> str | None:
    return min(points, key=lambda matter: (-points[matter], matter), default=None)


def _shared(owners: Sequence[_Owner]) -> Iterator[_Owner]:
    """The owners of one word, each with its part of the weight."""
    departments = len({owner.department for owner in owners})
    for owner in owners:
        yield owner._replace(weight=owner.weight / departments, in_title=owner.in_title / departments)


@dataclass(frozen=True, slots=True)
class Match:
    """The rule that decided, the words that made its condition hold, and where it sends."""

    rule: Rule
    words: tuple[str, ...]
    department: DepartmentCode
    co_handlers: tuple[DepartmentCode, ...] = ()


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    department: DepartmentCode
    words: frozenset[str]
    and_words: frozenset[str]
    without_words: frozenset[str]


class Rules:
    """The ordered rules of a policy."""

    def __init__(self, policy: Policy) -> None:
        self._rules = tuple(
            _Compiled(
                rule,
                rule.department or policy.matters[str(rule.matter)].department,
                *(frozenset(map(comparable, words)) for words in _word_lists(rule.when)),
            )
            for rule in policy.rules
        )

    def first(
        self,
        complaint: ComplaintReceived,
        reading: Reading,
        matter: str | None,
        barred: Collection[DepartmentCode],
    ) -> Match | None:
        """The first rule whose condition holds; `matter` is the one that the keywords speak for most."""
        present = reading.words
        for compiled in self._rules:
            words = compiled.words & present
            and_words = compiled.and_words & present
            if (
                (words or not compiled.words)
                and (and_words or not compiled.and_words)
                and not compiled.without_words & present
                and compiled.department not in barred
                and _holds(compiled.rule.when, complaint, reading, matter)
            ):
                return Match(
                    compiled.rule,
                    tuple(sorted(words | and_words, key=reading.text.index)),
                    compiled.department,
                    tuple(code for code in compiled.rule.co_handlers if code not in barred),
                )
        return None


def _word_lists(when: Condition) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    return when.words, when.and_words, when.without_words


def _holds(when: Condition, complaint: ComplaintReceived, reading: Reading, matter: str | None) -> bool:
    return (
        (not when.matters or matter in when.matters)
        and (not when.channels or complaint.channel in when.channels)
        and (not when.kinds or complaint.kind in when.kinds)
        and (not when.places or _lies_in(when.places, complaint.place, reading.text))
    )


def _lies_in(places: Sequence[str], place: str | None, text: str) -> bool:
    where = comparable(place) if place else text
    return any(comparable(name) in where for name in places)
