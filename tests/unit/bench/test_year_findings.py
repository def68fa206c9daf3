"""What counts as found, as missed and as a false alarm in the simulated year."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from scipy import stats

from bench.year.county import EXPECTED, HONEST, MISBEHAVING
from bench.year.findings import allowed, compare
from bench.year.ledger import Ledger, Planted
from shared.detection import BOUNDS
from shared.language import Clock, InactionKind

CASE, OTHER = UUID(int=1), UUID(int=2)
DUE = datetime(2025, 3, 10, 16, tzinfo=UTC)
SITS = "water-resources"


def row(**changes: Any) -> dict[str, Any]:
    return {
        "complaint_id": CASE,
        "department": SITS,
        "kind": "not_answered",
        "clock": "reply",
        "due_at": DUE,
        "started_at": DUE - timedelta(days=14),
        "evidence": "工单20250301-000001-1应于3月11日前答复，至今未答复。",
    } | changes


def test_a_planted_case_that_is_suspected_of_its_kind_is_found_and_any_other_is_missed() -> None:
    ledger = Ledger()
    ledger.plant(CASE, SITS, InactionKind.NOT_ANSWERED)
    ledger.plant(OTHER, SITS, InactionKind.NOT_ANSWERED)
    found = compare([row()], ledger, BOUNDS)
    assert found.missed_cases == [Planted(OTHER, SITS, InactionKind.NOT_ANSWERED)]
    assert found.untrue == []


def test_a_suspicion_of_silence_is_untrue_where_the_ledger_has_an_answer_in_time() -> None:
    ledger = Ledger()
    ledger.acted(CASE, SITS, Clock.ACKNOWLEDGE, DUE - timedelta(days=1))
    ledger.acted(CASE, SITS, Clock.REPLY, DUE)
    assert compare([row()], ledger, BOUNDS).untrue == []
    ledger.acted(CASE, SITS, Clock.REPLY, DUE - timedelta(hours=1))
    assert len(compare([row()], ledger, BOUNDS).untrue) == 1


@pytest.mark.parametrize("kind", ["slow", "buck_passing", "false_closure", "repeated_dissatisfaction"])
def test_a_suspicion_of_what_the_ledger_does_not_bear_out_is_untrue(kind: str) -> None:
    ledger = Ledger()
    ledger.opened(CASE, 1)
    ledger.acted(CASE, SITS, Clock.REPLY, DUE + timedelta(days=1))
    assert len(compare([row(kind=kind)], ledger, BOUNDS).untrue) == 1
    for _ in range(3):
        ledger.asked(CASE, SITS, "extension")
        ledger.asked(CASE, SITS, "refused return")
        ledger.displeased(CASE)
    assert compare([row(kind=kind)], ledger, BOUNDS).untrue == []


def test_an_answer_before_a_case_was_sent_back_is_none_to_what_was_asked_then() -> None:
    ledger = Ledger()
    ledger.acted(CASE, SITS, Clock.REPLY, DUE - timedelta(days=20))
    assert compare([row(kind="slow")], ledger, BOUNDS).untrue == []
    ledger.acted(CASE, SITS, Clock.REPLY, DUE + timedelta(days=15))
    assert compare([row(kind="slow")], ledger, BOUNDS).untrue == []
    ledger.acted(CASE, SITS, Clock.REPLY, DUE + timedelta(days=13))
    assert len(compare([row(kind="slow")], ledger, BOUNDS).untrue) == 1


def test_a_habit_is_found_in_what_is_said_of_a_month_and_counts_as_an_alarm_only_against_the_honest() -> None:
    of_month = {"kind": "not_acknowledged", "evidence": "2025年3月，县水利局工单逾期未签收9件次。"}
    found = compare([row(**of_month), row(**of_month, department=HONEST[0])], Ledger(), BOUNDS)
    assert found.alarms(InactionKind.NOT_ACKNOWLEDGED) == 1
    missed = set(found.missed_habits)
    assert (SITS, InactionKind.NOT_ACKNOWLEDGED) not in missed
    expected = sum(len(EXPECTED[habit]) for habit in MISBEHAVING.values())
    assert len(missed) == expected - 1


@pytest.mark.parametrize(("rate", "months"), [(0.001, 240), (0.01, 240), (0.01, 20), (0.001, 1)])
def test_more_alarms_than_are_allowed_come_once_in_a_thousand_years_at_most(rate: float, months: int) -> None:
    most = allowed(rate, months)
    assert stats.binom.sf(most, months, rate) <= 0.001
    assert most == 0 or stats.binom.sf(most - 1, months, rate) > 0.001
