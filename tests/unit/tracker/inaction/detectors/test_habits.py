"""Habits: found where a share is beyond what is tolerated, and against the honest no more often than stated."""

import random
from typing import Any

import pytest

from services.tracker.inaction.detectors.habits import habits
from shared.detection import BOUNDS
from shared.language import InactionKind, Satisfaction
from tests.unit.tracker.inaction.detectors.cases import case, period

CLOSED = {"closed": True, "contacted": True, "satisfaction": Satisfaction.SATISFIED}
DISPLEASED = CLOSED | {"satisfaction": Satisfaction.DISSATISFIED}


@pytest.mark.parametrize(
    ("kind", "done", "not_done", "said"),
    [
        (
            InactionKind.NOT_ACKNOWLEDGED,
            {"acknowledged_late": True},
            {},
            "逾期未签收30件次，占60件次的50%，超过容许的15%",
        ),
        (InactionKind.NOT_ANSWERED, {"missed": True}, {}, "工单逾期未答复30件次"),
        (InactionKind.SLOW, {"extensions": 1}, {}, "工单延期30件次"),
        (InactionKind.FALSE_CLOSURE, DISPLEASED, CLOSED, "已办结工单涉嫌虚假办结30件次"),
        (InactionKind.BUCK_PASSING, {"returns_refused": 1}, {}, "申请退单被驳回30件次，占60件次的50%，超过容许的5%"),
    ],
)
def test_a_share_far_beyond_what_is_tolerated_is_a_habit(
    kind: InactionKind, done: dict[str, Any], not_done: dict[str, Any], said: str
) -> None:
    cases = [case(number, **(done if number % 2 else not_done)) for number in range(60)]
    [found] = habits(period(cases))
    assert found.suspicion.kind is kind
    assert said in found.suspicion.evidence
    assert "单侧二项精确检验p=" in found.suspicion.evidence
    assert found.case == cases[59]


def test_what_is_tolerated_and_few_cases_are_no_habit() -> None:
    assert habits(period([])) == []
    assert habits(period([case(number, missed=number % 10 == 0) for number in range(300)])) == []
    assert habits(period([case(number, missed=True) for number in range(BOUNDS.habit_cases - 1)])) == []
    assert habits(period([case(number, returns_refused=number % 100 < 2) for number in range(1000)])) == []


def test_cases_that_are_not_closed_yet_do_not_make_the_closed_ones_look_better() -> None:
    cases = [*(case(number, **DISPLEASED) for number in range(6)), *(case(number) for number in range(10, 200))]
    assert [one.suspicion.kind for one in habits(period(cases))] == [InactionKind.FALSE_CLOSURE]


def test_a_department_at_the_very_edge_of_what_is_tolerated_is_suspected_no_more_often_than_stated() -> None:
    chance = random.Random(99)  # noqa: S311
    months, alarms = 4000, 0
    for _ in range(months):
        cases = [case(number, missed=chance.random() < BOUNDS.tolerated_late) for number in range(80)]
        alarms += len(habits(period(cases)))
    allowed = BOUNDS.habit_false_alarms * months
    assert alarms <= allowed + 3 * allowed**0.5
