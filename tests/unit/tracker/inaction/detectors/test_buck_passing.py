"""Buck-passing: returns refused or repeated."""

from services.tracker.inaction.detectors.buck_passing import buck_passing
from shared.language import InactionKind
from tests.unit.tracker.inaction.detectors.cases import case


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
