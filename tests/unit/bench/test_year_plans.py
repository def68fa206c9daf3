"""What departments plan in the simulated year: the honest within reason, the others as they are meant to."""

import random

from hypothesis import given
from hypothesis import strategies as st

from bench.year.county import EXPECTED, HONEST, MISBEHAVING, SHARES, character
from bench.year.plans import Situation, plan, urgent_plan
from bench.year.running import FIRST
from shared.language import InactionKind

TOWNS = ("城关镇", "曾家镇", "牛头店镇")
WHO = {code: character(code, 1, FIRST, 365, TOWNS) for code in SHARES}
TERMS = st.sampled_from((3, 5, 10))


def test_five_of_twenty_five_departments_misbehave_and_all_that_is_planted_has_a_detector() -> None:
    assert (len(SHARES), len(MISBEHAVING), len(HONEST)) == (25, 5, 20)
    assert set(EXPECTED) == set(MISBEHAVING.values())
    assert all(kinds <= set(InactionKind) for kinds in EXPECTED.values())


@given(st.sampled_from(HONEST), TERMS, st.booleans(), st.booleans(), st.integers())
def test_an_honest_department_does_nothing_on_purpose_and_never_insists(
    code: str, term: int, own: bool, again: bool, seed: int
) -> None:
    made = plan(WHO[code], Situation(own, term, term, TOWNS[0], again), random.Random(seed))  # noqa: S311
    assert not any((made.late_on_purpose, made.unseen_on_purpose, made.insists, made.extensions_refused))
    assert 0 < made.acknowledge < term + 6
    assert (made.give_back is None) or not again


@given(st.sampled_from(sorted(MISBEHAVING)), TERMS, st.integers())
def test_what_is_late_on_purpose_is_late_whatever_the_hour_and_what_is_not_leaves_a_day(
    code: str, term: int, seed: int
) -> None:
    made = plan(WHO[code], Situation(True, term, term, TOWNS[1]), random.Random(seed))  # noqa: S311
    if made.late_on_purpose:
        assert made.reply > term + 1
    if made.unseen_on_purpose:
        assert made.acknowledge > 2


@given(st.sampled_from(HONEST), st.floats(1.5, 10), st.integers())
def test_who_gets_a_case_late_hurries(code: str, left: float, seed: int) -> None:
    made = plan(WHO[code], Situation(True, 10, left, TOWNS[0]), random.Random(seed))  # noqa: S311
    assert made.extend is not None or made.reply < left or made.reply > 10 or made.acknowledge > 2


def test_the_same_seed_makes_the_same_characters_and_another_makes_others() -> None:
    again = {code: character(code, 1, FIRST, 365, TOWNS) for code in SHARES}
    assert again == WHO
    assert character(HONEST[0], 2, FIRST, 365, TOWNS) != WHO[HONEST[0]]


def test_the_urgent_is_answered_in_hours_by_everybody() -> None:
    for who in WHO.values():
        assert urgent_plan(who, Situation(True, 2, 2, TOWNS[0]), random.Random(1)).reply < 0.5  # noqa: S311
