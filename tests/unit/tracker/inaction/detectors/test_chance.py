"""The exact test agrees with SciPy's, and the correction with its definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from services.tracker.inaction.detectors.chance import at_least_by_chance, at_least_if_tolerated, beyond_chance


@given(st.data())
def test_the_exact_test_is_that_of_scipy(data: st.DataObject) -> None:
    in_all = data.draw(st.integers(1, 300))
    late_in_all = data.draw(st.integers(0, in_all))
    cases = data.draw(st.integers(0, in_all))
    late = data.draw(st.integers(max(0, cases + late_in_all - in_all), min(cases, late_in_all)))
    expected = stats.hypergeom.sf(late - 1, in_all, late_in_all, cases)
    assert at_least_by_chance(late, cases, late_in_all, in_all) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(st.integers(0, 3000), st.data(), st.floats(0.001, 0.999))
def test_the_binomial_test_is_that_of_scipy(cases: int, data: st.DataObject, share: float) -> None:
    hits = data.draw(st.integers(0, cases))
    expected = stats.binom.sf(hits - 1, cases, share)
    assert at_least_if_tolerated(hits, cases, share) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_more_hits_than_cases_and_a_share_of_nothing_cannot_be() -> None:
    for hits, cases, share in ((5, 4, 0.5), (1, 4, 0.0), (1, 4, 1.0)):
        with pytest.raises(ValueError, match="cannot be tested"):
            at_least_if_tolerated(hits, cases, share)


def test_more_late_cases_than_there_are_cannot_be() -> None:
    with pytest.raises(ValueError, match="5 late of 4"):
        at_least_by_chance(5, 4, 6, 10)


@given(st.lists(st.floats(0, 1), max_size=40), st.floats(0.001, 0.2))
def test_what_is_rejected_is_what_scipy_adjusts_to_the_rate_or_less(chances: list[float], rate: float) -> None:
    adjusted = list(stats.false_discovery_control(chances)) if chances else []
    rejected = beyond_chance(chances, rate)
    for at, value in enumerate(adjusted):
        # Beside the very edge, where the two round differently.
        if abs(value - rate) > 1e-9:
            assert (at in rejected) == (value < rate)
