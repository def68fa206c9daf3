"""Selective silence: found where it was planted, and against the even-handed no more often than stated."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.tracker.inaction.detectors.facts import CaseFacts
from services.tracker.inaction.detectors.selective_silence import selective_silence
from shared.detection import BOUNDS
from shared.language import InactionKind
from tests.unit.tracker.inaction.detectors.cases import MATTERS, TOWNS, even_handed, period


def silent(cases: Sequence[CaseFacts], share: float, chance: random.Random, **where: str) -> Sequence[CaseFacts]:
    """The same cases, of which those there are late in `share` of all."""
    return [
        replace(one, missed=chance.random() < share)
        if all(getattr(one, name) == value for name, value in where.items())
        else one
        for one in cases
    ]


@pytest.mark.parametrize("where", [{"town": TOWNS[0]}, {"town": TOWNS[-1]}, {"matter": MATTERS[2]}])
def test_a_place_or_a_matter_that_is_systematically_late_is_found_with_the_test_and_its_figures(
    where: dict[str, str],
) -> None:
    chance = random.Random(2026)  # noqa: S311
    cases = silent(even_handed(chance, 400, 0.05), 0.6, chance, **where)
    found = selective_silence(period(cases))
    [name] = where.values()
    assert [one.cause for one in found] == [f"{next(iter(where))}/{name}"]
    evidence = found[0].suspicion.evidence
    assert found[0].suspicion.kind is InactionKind.SELECTIVE_SILENCE
    for part in (name, "单侧超几何精确检验p=", "共10项检验", "Benjamini-Hochberg", "错误发现率1%"):
        assert part in evidence
    assert found[0].case.missed


def test_a_department_that_is_late_everywhere_is_not_selective() -> None:
    assert selective_silence(period(even_handed(random.Random(1), 300, 1.0))) == []  # noqa: S311


def test_a_department_without_cases_or_with_few_is_left_alone() -> None:
    assert selective_silence(period([])) == []
    few = [replace(one, missed=one.town == TOWNS[0]) for one in even_handed(random.Random(5), 30, 0)]  # noqa: S311
    assert sum(one.missed for one in few) < BOUNDS.silent_cases
    assert selective_silence(period(few)) == []


@pytest.mark.parametrize(("cases", "late"), [(60, 0.2), (300, 0.05), (300, 0.3)])
def test_even_handed_departments_are_suspected_no_more_often_than_stated(cases: int, late: float) -> None:
    chance = random.Random(7)  # noqa: S311
    departments = 600
    alarms = sum(bool(selective_silence(period(even_handed(chance, cases, late)))) for _ in range(departments))
    # Three standard deviations above the stated rate, which is the most that it may be.
    allowed = BOUNDS.false_alarms * departments
    assert alarms <= allowed + 3 * allowed**0.5
