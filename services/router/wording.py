"""How each step of the order makes its decision: one sentence in Chinese, with what it rests on."""

from collections.abc import Collection, Sequence

from services.router.accusations.conflict import Accusation
from services.router.classifier.classifier import Prediction
from services.router.decision import Decision
from services.router.evidence import Evidence
from services.router.rules import FLOOR, Match, Score
from services.router.runners_up import RUNNERS_UP, RunnerUp, percent, ranked
from services.router.scope import Outside
from shared.language import DecisionSource, DepartmentCode
from shared.policy import Policy


def avoiding(
    policy: Policy,
    given: DepartmentCode | None,
    accusations: Sequence[Accusation],
    barred: Collection[DepartmentCode] = (),
) -> Decision:
    """Conflict of interest: to the supervision office, or past it where it is itself accused or gave it back."""
    said_of = (given, *(a.department for a in accusations))
    implicated = tuple(dict.fromkeys(code for code in said_of if code is not None))
    accused = given or next((a.department for a in accusations), None)
    department = neutral((policy.supervision_office, policy.triage_desk), implicated, barred)
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
        implicated=implicated,
    )


def declined(policy: Policy, outside: Outside, barred: Collection[DepartmentCode] = ()) -> Decision:
    desk = neutral((policy.triage_desk, policy.supervision_office), (), barred)
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
    why, legal_basis = match.rule.why.rstrip("。"), legal_basis_of(policy, match.rule.matter)
    # Many a rule names its law itself.
    basis = "" if "《" in why else _by_law(legal_basis)
    joint = f"主办，{'、'.join(map(policy.name_of, match.co_handlers))}协办" if match.co_handlers else ""
    return Decision(
        department=match.department,
        source=DecisionSource.RULE,
        rule=match.rule.code,
        matter=match.rule.matter,
        reason=f"{about}{why}{basis}，转{policy.name_of(match.department)}{joint}。",
        evidence=tuple(Evidence(DecisionSource.RULE, word, match.rule.code) for word in match.words),
        runners_up=_others(ranked(policy.departments, scores), match.department),
        legal_basis=legal_basis,
        policy_hash=policy.hash,
        co_handlers=match.co_handlers,
    )


def by_keywords(policy: Policy, scores: Sequence[Score]) -> Decision:
    best = scores[0]
    name, legal_basis = policy.name_of(best.department), legal_basis_of(policy, best.matter)
    if best.matter is None:
        reason = f"提到{_quoted(best.words)}，没有其他部门的事项，转{name}。"
    else:
        matter = policy.matters[best.matter].name
        reason = f"提到{_quoted(best.words)}，属于“{matter}”事项{_by_law(legal_basis)}，按权责清单转{name}。"
    return Decision(
        department=best.department,
        source=DecisionSource.RULE,
        matter=best.matter,
        reason=reason,
        evidence=tuple(Evidence(DecisionSource.RULE, word, best.matter or best.department) for word in best.words),
        runners_up=_others(ranked(policy.departments, scores), best.department),
        legal_basis=legal_basis,
        policy_hash=policy.hash,
    )


def by_classifier(policy: Policy, prediction: Prediction) -> Decision:
    best, *others = prediction.guesses
    about = f"提到{_quoted(prediction.telling)}，" if prediction.telling else ""
    return Decision(
        department=best.label,
        source=DecisionSource.CLASSIFIER,
        reason=(
            f"{about}与以往由{policy.name_of(best.label)}办理的诉求相似，文本分类把握{percent(best.probability)}，"
            f"转{policy.name_of(best.label)}。"
        ),
        evidence=tuple(Evidence(DecisionSource.CLASSIFIER, word, best.label) for word in prediction.telling),
        runners_up=tuple(
            RunnerUp(guess.label, round(guess.probability, 4))
            for guess in others[:RUNNERS_UP]
            if guess.label in policy.departments
        ),
        policy_hash=policy.hash,
    )


def to_triage(
    policy: Policy,
    scores: Sequence[Score],
    barred: Collection[DepartmentCode] = (),
    prediction: Prediction | None = None,
) -> Decision:
    """`prediction` is that of a classifier that is not sure."""
    considered = ranked(policy.departments, scores, prediction, barred)
    desk = neutral((policy.triage_desk, policy.supervision_office), (), barred)
    if len(scores) > 1 and scores[0].points >= FLOOR:
        first, second = scores[:2]
        one, other = (f"{policy.name_of(s.department)}（{_quoted(s.words)}）" for s in (first, second))
        why = f"{one}与{other}难分主次"
    else:
        why = "没有规则或事项足以确定承办单位"
    if considered and considered[0].probability is not None:
        likely, probability = policy.name_of(considered[0].department), considered[0].probability
        why += f"，文本分类最倾向{likely}但把握仅{percent(probability)}"
    return Decision(
        department=desk,
        source=DecisionSource.TRIAGE,
        reason=f"{why}，转{policy.name_of(desk)}由人工分派。",
        evidence=tuple(
            Evidence(DecisionSource.TRIAGE, word, score.department) for score in scores[:2] for word in score.words
        ),
        runners_up=tuple(one for one in considered if one.department != desk),
        policy_hash=policy.hash,
    )


def in_doubt(
    policy: Policy,
    found: Decision,
    mention: str,
    held_for: DepartmentCode | None,
    considered: Sequence[RunnerUp],
    barred: Collection[DepartmentCode] = (),
    *,
    urgent: bool,
) -> Decision:
    """The complaint may be about the department that `found` would give it to: a person looks first, at once if urgent.

    The supervision office looks where it may be about the triage desk itself. `held_for` is the department that it may
    be about; None where that is an official of a village or town.
    """
    desks = (policy.triage_desk, policy.supervision_office)
    desk = neutral(desks[::-1] if found.department == policy.triage_desk else desks, (), barred)
    # A rule may find one for whom no keyword speaks.
    first = next((one for one in considered if one.department == found.department), RunnerUp(found.department))
    return Decision(
        department=desk,
        source=DecisionSource.TRIAGE,
        matter=found.matter,
        reason=(
            f"所述或与“{mention}”自身有关，不直接交{policy.name_of(found.department)}，"
            f"转{policy.name_of(desk)}由人工核实后分派{'；情况紧急，请立即核实，险情先行处置' if urgent else ''}。"
        ),
        evidence=(Evidence(DecisionSource.TRIAGE, mention, found.department), *found.evidence),
        runners_up=tuple(one for one in dict.fromkeys((first, *considered)) if one.department not in desks),
        legal_basis=found.legal_basis,
        held_for=held_for,
        policy_hash=policy.hash,
    )


def neutral(
    offices: tuple[DepartmentCode, DepartmentCode],
    implicated: Collection[DepartmentCode],
    barred: Collection[DepartmentCode],
) -> DepartmentCode:
    """The first office that is neither accused nor barred, else one that is not accused, else the one accused later."""
    unaccused = [office for office in offices if office not in implicated]
    free = [office for office in unaccused if office not in barred]
    accused_last = [code for code in implicated if code in offices][-1:]
    return next(iter([*free, *unaccused, *accused_last]))


def _others(considered: Sequence[RunnerUp], chosen: DepartmentCode) -> tuple[RunnerUp, ...]:
    return tuple(one for one in considered if one.department != chosen)[:RUNNERS_UP]


def legal_basis_of(policy: Policy, matter: str | None) -> tuple[str, ...]:
    return policy.matters[matter].legal_basis if matter is not None else ()


def _by_law(legal_basis: Sequence[str]) -> str:
    """The first law alone, so that the sentence can still be read aloud; the evidence has them all."""
    # Without what the law says there.
    return f"（依据{legal_basis[0].partition('（')[0]}）" if legal_basis else ""


def _quoted(words: Sequence[str]) -> str:
    return "".join(f"“{word}”" for word in words[:3])
