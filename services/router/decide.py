"""Where a complaint goes and why: one pure function over the compiled policy.

The order is fixed: conflict of interest, out of scope, the ordered rules, the matters' keywords, the classifier where
the county has trained one and it is sure, the triage desk. What these would give to a department that it may be about
goes to the triage desk as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from services.router import wording
from services.router.accusations.actors import Mention
from services.router.accusations.conflict import Conflict
from services.router.accusations.doubt import Doubt
from services.router.classifier.classifier import Classifier, Prediction
from services.router.decision import Decision
from services.router.reading import Reader, Reading, Role
from services.router.rules import FLOOR, MARGIN, Matters, Rules, Score
from services.router.runners_up import ranked
from services.router.scope import Scope
from shared.events import ComplaintReceived
from shared.language import DepartmentCode, Kind, Urgency
from shared.policy import Policy


class Matcher:
    """A policy made ready for `decide`; build it once per policy."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.reader = Reader(_words(policy))
        self.conflict = Conflict(policy)
        self.scope = Scope(policy)
        self.rules = Rules(policy)
        self.matters = Matters(policy)


def decide(
    complaint: ComplaintReceived,
    matcher: Matcher,
    tried: frozenset[DepartmentCode] = frozenset(),
    classifier: Classifier | None = None,
) -> Decision:
    """Place a complaint; `tried` are the departments that gave it back with leave and do not get it again.

    Only where both neutral offices are tried or accused does one of them get it again: never nobody.
    """
    decided = _place(complaint, matcher, tried, classifier)
    return decided if classifier is None else replace(decided, model_hash=classifier.hash)


def _place(
    complaint: ComplaintReceived,
    matcher: Matcher,
    tried: frozenset[DepartmentCode],
    classifier: Classifier | None,
) -> Decision:
    reading = matcher.reader.read(complaint.title, complaint.text)
    mentions = matcher.conflict.mentions(reading)
    accusations = matcher.conflict.accusations(reading, mentions, complaint.kind, complaint.received_by)
    against_departments = [accusation for accusation in accusations if accusation.department is not None]
    if complaint.accused is not None or against_departments:
        return wording.avoiding(matcher.policy, complaint.accused, against_departments, tried)
    if outside := matcher.scope.outside(reading):
        return wording.declined(matcher.policy, outside, tried)
    if accusations:
        return wording.avoiding(matcher.policy, None, accusations, tried)

    doubt = Doubt(complaint, reading, mentions)
    placed = _by_its_matter(complaint, matcher, reading, mentions, doubt, tried, classifier)
    found = placed.found
    word = doubt.about(found.department, only_named=placed.only_named)
    word = word or _accused_in_praise(complaint, matcher, reading, mentions, found)
    held_for = found.department if word else None
    if word is None and found.department not in (matcher.policy.triage_desk, matcher.policy.supervision_office):
        word = doubt.about_an_official()
    if word is None:
        return found
    considered = ranked(matcher.policy.departments, placed.scores, placed.prediction, tried)
    urgent = complaint.urgency is Urgency.URGENT
    return wording.in_doubt(matcher.policy, found, word, held_for, considered, tried, urgent=urgent)


class _Placed(NamedTuple):
    """Where a complaint belongs by what it is about, and whether only the department's name says so."""

    found: Decision
    scores: Sequence[Score]
    prediction: Prediction | None = None
    only_named: bool = False


def _by_its_matter(
    complaint: ComplaintReceived,
    matcher: Matcher,
    reading: Reading,
    mentions: Sequence[Mention],
    doubt: Doubt,
    tried: frozenset[DepartmentCode],
    classifier: Classifier | None,
) -> _Placed:
    named = [mention for mention in mentions if _can_answer(matcher.policy, mention)]
    # Before the lead is looked for: a department that had it must not stand in the way of the next.
    scores = tuple(s for s in matcher.matters.scores(reading, named) if s.department not in tried)
    leading = scores[0].matter if scores else None
    if match := matcher.rules.first(complaint, reading, leading, tried):
        # A helper gets a copy, so who only may be meant is left out.
        helpers = tuple(code for code in match.co_handlers if not doubt.about(code, only_named=True))
        return _Placed(wording.by_rule(matcher.policy, replace(match, co_handlers=helpers), scores), scores)
    if scores and _leads(scores):
        found = wording.by_keywords(matcher.policy, scores)
        return _Placed(found, scores, only_named=found.matter is None)
    prediction = classifier.predict(text_to_classify(complaint)) if classifier else None
    if prediction is None or not _is_sure(matcher.policy, prediction, tried):
        return _Placed(wording.to_triage(matcher.policy, scores, tried, prediction), scores, prediction)
    return _Placed(wording.by_classifier(matcher.policy, prediction), scores, prediction)


def _accused_in_praise(
    complaint: ComplaintReceived, matcher: Matcher, reading: Reading, mentions: Sequence[Mention], found: Decision
) -> str | None:
    """Who thanks one may accuse another, or the same: what praise hides of an accusation is for a person."""
    if complaint.kind is not Kind.PRAISE:
        return None
    accusations = matcher.conflict.accusations(reading, mentions, Kind.COMPLAINT, complaint.received_by)
    return next((one.mention for one in accusations if one.department == found.department), None)


def text_to_classify(complaint: ComplaintReceived) -> str:
    """As the classifier reads a complaint: title first."""
    return f"{complaint.title}\n{complaint.text}" if complaint.title else complaint.text


def _words(policy: Policy) -> Iterator[tuple[str, Role]]:
    """Every word that any step looks for."""
    accusations = policy.accusations
    for department in policy.departments.values():
        for name in (department.name, *department.short_names, *department.titles):
            yield name, Role.DEPARTMENT
    for matter in policy.matters.values():
        yield from ((word, Role.KEYWORD) for word in (*matter.keywords, *matter.hints))
    for rule in policy.rules:
        when = rule.when
        yield from ((word, Role.CONDITION) for word in (*when.words, *when.and_words, *when.without_words))
    for entry in policy.out_of_scope:
        yield from ((word, Role.SCOPE) for word in entry.words)
        yield from ((word, Role.CONDITION) for word in entry.unless_words)
    yield from ((word, Role.INACTION) for word in accusations.inaction)
    yield from ((word, Role.ATTITUDE) for word in accusations.attitude)
    yield from ((word, Role.MISCONDUCT) for word in accusations.misconduct)
    yield from ((word, Role.IMPLIED) for word in accusations.implied)
    yield from ((word, Role.OFFICIAL) for word in accusations.local_officials)
    yield from ((word, Role.OTHER) for word in accusations.others)
    yield from ((word, Role.STAFF) for word in accusations.staff)
    yield from ((word, Role.CONDITION) for word in accusations.appeals)


def _can_answer(policy: Policy, mention: Mention) -> bool:
    """Naming the hotline says only how the complaint came in."""
    return mention.department != policy.triage_desk


def _leads(scores: Sequence[Score]) -> bool:
    best = scores[0].points
    second = scores[1].points if len(scores) > 1 else 0.0
    return best >= FLOOR and best - second >= MARGIN


def _is_sure(policy: Policy, prediction: Prediction, tried: frozenset[DepartmentCode]) -> bool:
    """Of an accused department there is no question here: a complaint that accuses one was decided before."""
    best = prediction.guesses[0]
    return best.probability >= prediction.threshold and best.label in policy.departments and best.label not in tried
