"""All detectors together: what an honest department is spared, and ids that tell suspicions apart."""

import random
from dataclasses import replace
from datetime import timedelta

from services.tracker.inaction.detectors.facts import CaseFacts
from services.tracker.inaction.detectors.suspecting import (
    by_policy,
    findings_of_period,
    id_of_case,
    id_of_period,
    suspicions_of_case,
)
from shared.detection import BOUNDS
from shared.language import InactionKind, Satisfaction
from tests.unit.tracker.inaction.detectors.cases import DUE, MATTERS, case, even_handed, period

NOW = DUE + timedelta(days=60)


def test_a_case_that_was_worked_as_it_should_be_is_suspected_of_nothing() -> None:
    good = case(closed=True, contacted=True, satisfaction=Satisfaction.SATISFIED)
    assert suspicions_of_case(good, NOW, holds=True) == []
    assert findings_of_period(period([good])) == []
    assert findings_of_period(period([])) == []


def test_one_case_may_be_suspected_of_several_kinds() -> None:
    bad = case(replied_at=None, returns_refused=2, reworks=3)
    assert {one.kind for one in suspicions_of_case(bad, NOW, holds=True)} == {
        InactionKind.SLOW,
        InactionKind.BUCK_PASSING,
        InactionKind.FALSE_CLOSURE,
        InactionKind.REPEATED_DISSATISFACTION,
    }


def test_what_became_of_a_case_after_it_was_given_back_is_not_the_departments() -> None:
    given_back = case(replied_at=None, returns_granted=2)
    assert [one.kind for one in suspicions_of_case(given_back, NOW, holds=False)] == [InactionKind.BUCK_PASSING]


def test_a_suspicion_has_one_id_for_its_case_department_and_kind() -> None:
    one, other = case(1), case(1, department="urban-management")
    ids = {id_of_case(which, kind) for which in (one, other, case(2)) for kind in InactionKind}
    assert len(ids) == 3 * len(InactionKind)
    assert id_of_case(one, InactionKind.SLOW) == id_of_case(case(1, reworks=1), InactionKind.SLOW)


def test_evidence_names_the_policy_whose_bounds_were_passed() -> None:
    [suspicion] = suspicions_of_case(case(returns_refused=2), NOW, holds=True)
    assert by_policy(suspicion, "0123456789abcdef").evidence.endswith("达到2次的界限（界限依政策0123456789ab）。")


def test_the_bounds_are_those_of_the_policy() -> None:
    strict = BOUNDS.model_copy(update={"refused_returns": 3, "overdue_days": 100})
    assert suspicions_of_case(case(returns_refused=2, replied_at=None), NOW, strict, holds=True) == []


def test_a_suspicion_about_a_month_has_one_id_for_department_month_kind_and_cause() -> None:
    cases = [case(at, extensions=1, returns_refused=1) for at in range(30)]
    found = findings_of_period(period(cases))
    assert {one.suspicion.kind for one in found} == {InactionKind.SLOW, InactionKind.BUCK_PASSING}
    ids = {id_of_period(d, m, one) for d in ("a", "b") for m in ("2026-10-01", "2026-11-01") for one in found}
    assert len(ids) == 8
    again = findings_of_period(period(cases[:25]))
    assert {id_of_period("a", "2026-10-01", one) for one in again} <= ids


_WORDS = "路灯水管垃圾噪音道路公交学校医院施工油烟停车绿化井盖电梯物业围墙河道广场市场桥梁"


def honest(chance: random.Random, one: CaseFacts) -> CaseFacts:
    """The case in a department that is sometimes wrong or unlucky, and answers from a template for each matter."""
    closed = chance.random() < 0.9
    return replace(
        one,
        text="".join(chance.choices(_WORDS, k=60)),
        reply=f"关于{_TEMPLATES[one.matter or '']}的诉求已办理完毕，现场情况见附件第{chance.randrange(99)}号。",
        extensions=int(chance.random() < 0.1),
        returns_granted=int(chance.random() < 0.04),
        returns_refused=int(chance.random() < 0.005),
        reworks=int(chance.random() < 0.08),
        closed=closed,
        contacted=closed and chance.random() < 0.9,
        callback_tried=closed,
        satisfaction=Satisfaction.SATISFIED if closed else None,
    )


_TEMPLATES = dict(zip(MATTERS, ("恢复供水", "水质浑浊异味", "水费账单疑问", "管道漏水抢修"), strict=True))


def test_honest_departments_are_suspected_of_nothing_beyond_the_stated_rate() -> None:
    chance = random.Random(12345)  # noqa: S311
    departments, alarms = 150, 0
    for _ in range(departments):
        cases = [honest(chance, one) for one in even_handed(chance, 150, 0.06)]
        assert not [said for one in cases for said in suspicions_of_case(one, NOW, holds=True)]
        alarms += bool(findings_of_period(period(cases)))
    allowed = BOUNDS.false_alarms * departments
    assert alarms <= allowed + 3 * allowed**0.5
