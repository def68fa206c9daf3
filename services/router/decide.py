"""Where a complaint goes and why: one pure function over the compiled policy.

The order is fixed: conflict of interest, out of scope, the ordered rules, the matters' keywords, the classifier where
the county has trained one and it is sure, the triage desk.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.router.classifier import Classifier, Prediction
from services.router.conflict import Accusation, Conflict, Mention
from services.router.evidence import Evidence
from services.router.reading import Reader, Role
from services.router.rules import FLOOR, MARGIN, Match, Matters, Rules, Score
from services.router.scope import Outside, Scope
from shared.events import ComplaintReceived
from shared.language import DecisionSource, DepartmentCode
from shared.policy import Policy

__all__ = ["Decision", "Matcher", "decide", "text_to_classify"]

RUNNERS_UP = 4


@dataclass(frozen=True, slots=True)
class Decision:
    department: DepartmentCode
    source: DecisionSource
    # One sentence in Chinese that a person can read aloud.
    reason: str
    policy_hash: str
    rule: str | None = None
    matter: str | None = None
    accused: DepartmentCode | None = None
    lawful_channel: str | None = None
    evidence: tuple[Evidence, ...] = ()
    # Which other departments the text speaks for, best first: with the points of their keywords, or with their
    # probabilities where the classifier decided.
    runners_up: tuple[tuple[DepartmentCode, float], ...] = field(default=())

    def evidence_json(self) -> dict[str, Any]:
        """What decided, in the form in which it is stored."""
        return {
            "words": [one._asdict() for one in self.evidence],
            "runners_up": [{"department": code, "points": points} for code, points in self.runners_up],
        }

    def as_json(self) -> dict[str, Any]:
        return {
            "department": self.department,
            "source": self.source,
            "rule": self.rule,
            "matter": self.matter,
            "accused": self.accused,
            "reason": self.reason,
            "lawful_channel": self.lawful_channel,
            **self.evidence_json(),
            "policy_hash": self.policy_hash,
        }


class Matcher:
    """A policy made ready for `decide`; build it once per policy."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.reader = Reader(_words(policy))
        self.conflict = Conflict(policy)
        self.scope = Scope(policy)
        self.rules = Rules(policy)
        self.matters = Matters(policy)

    def name(self, code: DepartmentCode) -> str:
        department = self.policy.departments.get(code)
        return department.name if department else code


def decide(  # noqa: PLR0911  # one return for each step of the order
    complaint: ComplaintReceived,
    policy: Matcher,
    tried: frozenset[DepartmentCode] = frozenset(),
    classifier: Classifier | None = None,
) -> Decision:
    """Place a complaint; `tried` are the departments that gave it back with leave and do not get it again."""
    reading = policy.reader.read(complaint.title, complaint.text)
    mentions = policy.conflict.mentions(reading)
    accusations = policy.conflict.accusations(reading, mentions, complaint.kind, complaint.received_by)
    against_departments = [accusation for accusation in accusations if accusation.department is not None]
    if complaint.accused is not None or against_departments:
        return _avoiding(policy, complaint.accused, against_departments)
    if outside := policy.scope.outside(reading):
        return _declined(policy, outside)
    if accusations:
        return _avoiding(policy, None, accusations)

    named = [mention for mention in mentions if _can_answer(policy, mention)]
    scores = tuple(s for s in policy.matters.scores(reading, named) if s.department not in tried)
    leading = scores[0].matter if scores else None
    if match := policy.rules.first(complaint, reading, leading, tried):
        return _by_rule(policy, match, scores)
    if scores and _leads(scores):
        return _by_keywords(policy, scores)
    prediction = classifier.predict(text_to_classify(complaint)) if classifier else None
    if prediction is not None and _is_sure(policy, prediction, tried):
        return _by_classifier(policy, prediction)
    return _to_triage(policy, scores)


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


def _can_answer(policy: Matcher, mention: Mention) -> bool:
    """Naming the hotline says only how the complaint came in."""
    return mention.department != policy.policy.triage_desk


def _leads(scores: Sequence[Score]) -> bool:
    best = scores[0].points
    second = scores[1].points if len(scores) > 1 else 0.0
    return best >= FLOOR and best - second >= MARGIN


def _is_sure(policy: Matcher, prediction: Prediction, tried: frozenset[DepartmentCode]) -> bool:
    """Of an accused department there is no question here: a complaint that accuses one was decided before."""
    best = prediction.guesses[0]
    return (
        best.probability >= prediction.threshold and best.label in policy.policy.departments and best.label not in tried
    )


def _avoiding(policy: Matcher, given: DepartmentCode | None, accusations: Sequence[Accusation]) -> Decision:
    """Conflict of interest: to the supervision office, or past it where it is itself accused."""
    accused = given or next((a.department for a in accusations), None)
    office, desk = policy.policy.supervision_office, policy.policy.triage_desk
    department = desk if accused == office else office
    names = list(dict.fromkeys(policy.name(a.department) if a.department else a.mention for a in accusations))
    if given is not None:
        names = [policy.name(given), *(name for name in names if name != policy.name(given))]
    said = f"反映“{accusations[0].quote}”" if accusations else f"诉求人指明被反映单位为{policy.name(given or '')}"
    also = f"（同时涉及{'、'.join(names[1:])}）" if len(names) > 1 else ""
    evidence = [Evidence(DecisionSource.CONFLICT_OF_INTEREST, given, given)] if given is not None else []
    for accusation in accusations:
        against = accusation.department or accusation.mention
        evidence += [
            Evidence(DecisionSource.CONFLICT_OF_INTEREST, word, against)
            for word in (accusation.mention, accusation.word)
        ]
    return Decision(
        department=department,
        source=DecisionSource.CONFLICT_OF_INTEREST,
        accused=accused,
        reason=(
            f"{said}，涉及{names[0]}{also}的不作为或乱作为，按回避规则转{policy.name(department)}，不交被反映单位。"
        ),
        evidence=tuple(dict.fromkeys(evidence)),
        policy_hash=policy.policy.hash,
    )


def _declined(policy: Matcher, outside: Outside) -> Decision:
    desk = policy.policy.triage_desk
    entry = outside.entry
    return Decision(
        department=desk,
        source=DecisionSource.OUT_OF_SCOPE,
        rule=entry.code,
        reason=(
            f"提到{_quoted(outside.words)}，属于“{entry.name}”，不在热线受理范围，"
            f"转{policy.name(desk)}由人工核实并告知法定渠道。"
        ),
        lawful_channel=entry.lawful_channel,
        evidence=tuple(Evidence(DecisionSource.OUT_OF_SCOPE, word, entry.code) for word in outside.words),
        policy_hash=policy.policy.hash,
    )


def _by_rule(policy: Matcher, match: Match, scores: Sequence[Score]) -> Decision:
    about = f"提到{_quoted(match.words)}，" if match.words else ""
    return Decision(
        department=match.department,
        source=DecisionSource.RULE,
        rule=match.rule.code,
        matter=match.rule.matter,
        reason=f"{about}{match.rule.why.rstrip('。')}，转{policy.name(match.department)}。",
        evidence=tuple(Evidence(DecisionSource.RULE, word, match.rule.code) for word in match.words),
        runners_up=_others(scores, match.department),
        policy_hash=policy.policy.hash,
    )


def _by_keywords(policy: Matcher, scores: Sequence[Score]) -> Decision:
    best = scores[0]
    name = policy.name(best.department)
    if best.matter is None:
        reason = f"提到{_quoted(best.words)}，没有其他部门的事项，转{name}。"
    else:
        matter = policy.policy.matters[best.matter].name
        reason = f"提到{_quoted(best.words)}，属于“{matter}”事项，按权责清单转{name}。"
    return Decision(
        department=best.department,
        source=DecisionSource.RULE,
        matter=best.matter,
        reason=reason,
        evidence=tuple(Evidence(DecisionSource.RULE, word, best.matter or best.department) for word in best.words),
        runners_up=_others(scores, best.department),
        policy_hash=policy.policy.hash,
    )


def _by_classifier(policy: Matcher, prediction: Prediction) -> Decision:
    best, *others = prediction.guesses
    about = f"提到{_quoted(prediction.telling)}，" if prediction.telling else ""
    return Decision(
        department=best.label,
        source=DecisionSource.CLASSIFIER,
        reason=(
            f"{about}与以往由{policy.name(best.label)}办理的诉求相似，文本分类把握{_percent(best.probability)}，"
            f"转{policy.name(best.label)}。"
        ),
        evidence=tuple(Evidence(DecisionSource.CLASSIFIER, word, best.label) for word in prediction.telling),
        runners_up=tuple(
            (guess.label, round(guess.probability, 4))
            for guess in others[:RUNNERS_UP]
            if guess.label in policy.policy.departments
        ),
        policy_hash=policy.policy.hash,
    )


def _percent(probability: float) -> str:
    """Cut off, not rounded: nothing is certain."""
    return f"{int(min(probability, 0.999) * 1000) / 10:g}%"


def _to_triage(policy: Matcher, scores: Sequence[Score]) -> Decision:
    desk = policy.policy.triage_desk
    if len(scores) > 1 and scores[0].points >= FLOOR:
        first, second = scores[:2]
        one, other = (f"{policy.name(s.department)}（{_quoted(s.words)}）" for s in (first, second))
        why = f"{one}与{other}难分主次"
    else:
        why = "没有规则或事项足以确定承办单位"
    return Decision(
        department=desk,
        source=DecisionSource.TRIAGE,
        reason=f"{why}，转{policy.name(desk)}由人工分派。",
        evidence=tuple(
            Evidence(DecisionSource.TRIAGE, word, score.department) for score in scores[:2] for word in score.words
        ),
        runners_up=_others(scores, desk),
        policy_hash=policy.policy.hash,
    )


def _others(scores: Sequence[Score], chosen: DepartmentCode) -> tuple[tuple[DepartmentCode, float], ...]:
    return tuple((s.department, s.points) for s in scores if s.department != chosen)[:RUNNERS_UP]


def _quoted(words: Sequence[str]) -> str:
    return "".join(f"“{word}”" for word in words[:3])
