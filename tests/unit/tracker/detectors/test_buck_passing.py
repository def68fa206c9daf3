"""Buck-passing: returns refused or repeated."""

from services.tracker.detectors.buck_passing import buck_passing, buck_passing_by_habit
from shared.language import InactionKind
from tests.unit.tracker.detectors.cases import case, period


def test_who_asks_to_return_a_case_again_after_a_refusal_passes_the_buck() -> None:
    suspicion = buck_passing(case(returns_refused=2))
    assert suspicion is not None
    assert suspicion.kind is InactionKind.BUCK_PASSING
    assert "退单被驳回2次" in suspicion.evidence


def test_who_gives_back_a_case_that_came_back_passes_the_buck() -> None:
    suspicion = buck_passing(case(returns_granted=2))
    assert suspicion is not None
    assert "往返流转" in suspicion.evidence


def test_one_return_granted_or_refused_is_a_matter_of_course() -> None:
    assert buck_passing(case()) is None
    assert buck_passing(case(returns_refused=1)) is None
    assert buck_passing(case(returns_granted=1)) is None


def test_a_department_most_of_whose_returns_are_refused_passes_the_buck_by_habit() -> None:
    cases = [*(case(number, returns_refused=1) for number in range(4)), case(5, returns_granted=1), case(6)]
    found = buck_passing_by_habit(period(cases))
    assert found is not None
    assert "5次退单申请中有4次被驳回（80%）" in found.suspicion.evidence
    assert found.case == cases[3]


def test_few_refusals_or_as_many_returns_granted_are_no_habit() -> None:
    refused = [case(number, returns_refused=1) for number in range(4)]
    assert buck_passing_by_habit(period(refused[:3])) is None
    granted = [case(number, returns_granted=1) for number in range(10, 14)]
    assert buck_passing_by_habit(period([*refused, *granted])) is None
