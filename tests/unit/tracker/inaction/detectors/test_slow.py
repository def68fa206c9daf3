"""Slowness: overdue beyond a bound, and extensions without end."""

from datetime import timedelta
from typing import Any

import pytest

from services.tracker.inaction.detectors.slow import slow
from shared.detection import BOUNDS
from shared.language import InactionKind
from tests.unit.tracker.inaction.detectors.cases import DUE, case

LONG_AFTER = DUE + BOUNDS.overdue + timedelta(days=3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"replied_at": None}, "超期17日仍未答复"),
        ({"replied_at": DUE + timedelta(days=15)}, "超期15日才答复"),
        ({"extensions": 1, "extensions_refused": 2}, "先后3次申请延期（获准1次）"),
    ],
)
def test_what_is_long_overdue_or_put_off_again_and_again_is_slow(changes: dict[str, Any], said: str) -> None:
    suspicion = slow(case(**changes), LONG_AFTER)
    assert suspicion is not None
    assert suspicion.kind is InactionKind.SLOW
    assert said in suspicion.evidence
    assert "20261001-1" in suspicion.evidence


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"replied_at": DUE + BOUNDS.overdue},
        {"replied_at": None, "ended": True},
        {"extensions": 1, "extensions_refused": 1},
    ],
)
def test_what_was_answered_within_the_bound_or_ended_otherwise_is_not(changes: dict[str, Any]) -> None:
    assert slow(case(**changes), LONG_AFTER) is None


def test_nothing_is_slow_before_the_bound_has_passed() -> None:
    assert slow(case(replied_at=None), DUE + BOUNDS.overdue) is None
