"""A decision, and how each step of the order words it: one sentence in Chinese, with what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from services.router.classifier import Prediction
from services.router.conflict import Accusation
from services.router.evidence import Evidence
from services.router.rules import FLOOR, Match, Score
from services.router.scope import Outside
from shared.language import DecisionSource, DepartmentCode
from shared.policy import Policy

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


def avoiding(policy: Policy, given: DepartmentCode | None, accusations: Sequence[Accusation]) -> Decision:
    """Conflict of interest: to the supervision office, or past it where it is itself accused."""
    accused = given or next((a.department for a in accusations), None)
    office, desk = policy.supervision_office, policy.triage_desk
    department = desk if accused == office else office
    names = list(dict.fromkeys(policy.name_of(a.department) if a.department else a.mention for a in accusations))
    if given is not None:
        names = [policy.name_of(given), *(name for name in names if name != policy.name_of(given))]
    said = f"反映“{accusations[0].quote}”" if accusations else f"诉求人指明被反映单位为{policy.name_of(given or '')}"
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
            f"{said}，涉及{names[0]}{also}的不作为或乱作为，按回避规则转{policy.name_of(department)}，不交被反映单位。"
        ),
        evidence=tuple(dict.fromkeys(evidence)),
        policy_hash=policy.hash,
    )


def declined(policy: Policy, outside: Outside) -> Decision:
    desk = policy.triage_desk
    entry = outside.entry
    return Decision(
        department=desk,
        source=DecisionSource.OUT_OF_SCOPE,
        rule=entry.code,
        reason=(
            f"提到{_quoted(outside.words)}，属于“{entry.name}”，不在热线受理范围，"
            f"转{policy.name_of(desk)}由人工核实并告知法定渠道。"
        ),
        lawful_channel=entry.lawful_channel,
        evidence=tuple(Evidence(DecisionSource.OUT_OF_SCOPE, word, entry.code) for word in outside.words),
        policy_hash=policy.hash,
    )


def by_rule(policy: Policy, match: Match, scores: Sequence[Score]) -> Decision:
    about = f"提到{_quoted(match.words)}，" if match.words else ""
    return Decision(
        department=match.department,
        source=DecisionSource.RULE,
        rule=match.rule.code,
        matter=match.rule.matter,
        reason=f"{about}{match.rule.why.rstrip('。')}，转{policy.name_of(match.department)}。",
        evidence=tuple(Evidence(DecisionSource.RULE, word, match.rule.code) for word in match.words),
        runners_up=_others(scores, match.department),
        policy_hash=policy.hash,
    )


def by_keywords(policy: Policy, scores: Sequence[Score]) -> Decision:
    best = scores[0]
    name = policy.name_of(best.department)
    if best.matter is None:
        reason = f"提到{_quoted(best.words)}，没有其他部门的事项，转{name}。"
    else:
        matter = policy.matters[best.matter].name
        reason = f"提到{_quoted(best.words)}，属于“{matter}”事项，按权责清单转{name}。"
    return Decision(
        department=best.department,
        source=DecisionSource.RULE,
        matter=best.matter,
        reason=reason,
        evidence=tuple(Evidence(DecisionSource.RULE, word, best.matter or best.department) for word in best.words),
        runners_up=_others(scores, best.department),
        policy_hash=policy.hash,
    )


def by_classifier(policy: Policy, prediction: Prediction) -> Decision:
    best, *others = prediction.guesses
    about = f"提到{_quoted(prediction.telling)}，" if prediction.telling else ""
    return Decision(
        department=best.label,
        source=DecisionSource.CLASSIFIER,
        reason=(
            f"{about}与以往由{policy.name_of(best.label)}办理的诉求相似，文本分类把握{_percent(best.probability)}，"
            f"转{policy.name_of(best.label)}。"
        ),
        evidence=tuple(Evidence(DecisionSource.CLASSIFIER, word, best.label) for word in prediction.telling),
        runners_up=tuple(
            (guess.label, round(guess.probability, 4))
            for guess in others[:RUNNERS_UP]
            if guess.label in policy.departments
        ),
        policy_hash=policy.hash,
    )


def _percent(probability: float) -> str:
    """Cut off, not rounded: nothing is certain."""
    return f"{int(min(probability, 0.999) * 1000) / 10:g}%"


def to_triage(policy: Policy, scores: Sequence[Score]) -> Decision:
    desk = policy.triage_desk
    if len(scores) > 1 and scores[0].points >= FLOOR:
        first, second = scores[:2]
        one, other = (f"{policy.name_of(s.department)}（{_quoted(s.words)}）" for s in (first, second))
        why = f"{one}与{other}难分主次"
    else:
        why = "没有规则或事项足以确定承办单位"
    return Decision(
        department=desk,
        source=DecisionSource.TRIAGE,
        reason=f"{why}，转{policy.name_of(desk)}由人工分派。",
        evidence=tuple(
            Evidence(DecisionSource.TRIAGE, word, score.department) for score in scores[:2] for word in score.words
        ),
        runners_up=_others(scores, desk),
        policy_hash=policy.hash,
    )


def _others(scores: Sequence[Score], chosen: DepartmentCode) -> tuple[tuple[DepartmentCode, float], ...]:
    return tuple((s.department, s.points) for s in scores if s.department != chosen)[:RUNNERS_UP]


def _quoted(words: Sequence[str]) -> str:
    return "".join(f"“{word}”" for word in words[:3])
