"""The ordered rules and the matters' keywords: which department answers for what a text is about.

Keywords are weighed: one of n characters counts n-1, divided by the number of departments that share it, and twice in
the title. Of keywords that lie inside one another only the longest counts, and each counts once however often it
stands there. A department that the text names without accusing it gets a small weight of its own, since whoever
writes 「请交警来处理」 often knows. The best department must lead the next by a margin; otherwise a person decides.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from services.router.reading import Found, Reading, Role, longest, normalize
from shared.events import ComplaintReceived
from shared.language import DepartmentCode
from shared.policy import Condition, Policy, Rule

__all__ = ["Match", "Matters", "Rules", "Score"]

# Below this a single common word would decide: 公园, 老师.
FLOOR = 1.0
# The least lead over the next department that is not a guess.
MARGIN = 1.0
TITLE = 2.0
NAMED = 1.5


@dataclass(frozen=True, slots=True)
class Score:
    """How strongly a text speaks for a department, by which of its matters and words."""

    department: DepartmentCode
    points: float
    # None where the department was only named.
    matter: str | None
    words: tuple[str, ...]


class Matters:
    """The keywords of all matters, weighed."""

    def __init__(self, policy: Policy) -> None:
        owners: dict[str, list[tuple[str, DepartmentCode]]] = {}
        for matter in policy.matters.values():
            for keyword in dict.fromkeys(map(normalize, matter.keywords)):
                owners.setdefault(keyword, []).append((matter.code, matter.department))
        self._owners: Mapping[str, Sequence[tuple[str, DepartmentCode]]] = owners
        self._weights = {
            word: (len(word) - 1) / len({department for _, department in matters}) for word, matters in owners.items()
        }

    def scores(self, reading: Reading, named: Collection[tuple[Found, DepartmentCode]]) -> tuple[Score, ...]:
        """The departments that the text speaks for, best first; equal ones in the order of their codes."""
        names = [mention for mention, _ in named]
        counted: dict[str, float] = {}
        for keyword in longest([*reading.found(Role.KEYWORD), *names]):
            if keyword.word in self._owners:
                weight = self._weights[keyword.word] * (TITLE if keyword.start < reading.title_end else 1.0)
                counted[keyword.word] = max(weight, counted.get(keyword.word, 0.0))
        by_matter: dict[tuple[DepartmentCode, str], float] = {}
        words: dict[DepartmentCode, list[str]] = {}
        for word, weight in counted.items():
            for matter, department in self._owners[word]:
                by_matter[department, matter] = by_matter.get((department, matter), 0.0) + weight
                if word not in words.setdefault(department, []):
                    words[department].append(word)
        points: dict[DepartmentCode, float] = {}
        best: dict[DepartmentCode, str] = {}
        for (department, matter), weight in sorted(by_matter.items()):
            points[department] = points.get(department, 0.0) + weight
            if department not in best or weight > by_matter[department, best[department]]:
                best[department] = matter
        for mention, department in named:
            if mention.word not in words.setdefault(department, []):
                words[department].append(mention.word)
        for department in {department for _, department in named}:
            points[department] = points.get(department, 0.0) + NAMED
        return tuple(
            Score(department, round(total, 2), best.get(department), tuple(words[department]))
            for department, total in sorted(points.items(), key=lambda entry: (-entry[1], entry[0]))
        )


@dataclass(frozen=True, slots=True)
class Match:
    """The rule that decided, the words that made its condition hold, and where it sends."""

    rule: Rule
    words: tuple[str, ...]
    department: DepartmentCode


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
                *(frozenset(map(normalize, words)) for words in _word_lists(rule.when)),
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
                    compiled.rule, tuple(sorted(words | and_words, key=reading.text.index)), compiled.department
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
    where = normalize(place) if place else text
    return any(normalize(name) in where for name in places)
