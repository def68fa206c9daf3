from datetime import UTC, datetime, timedelta

import orjson

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadline_rows import in_record
from services.tracker.deadlines.ladder import TimerKind
from services.tracker.opening import open_case
from shared.language import Clock, Kind, Nature, Urgency
from shared.policy import Policy
from tests.examples import NOW, assigned

LATER = NOW + timedelta(days=3)


def test_a_case_has_both_committed_deadlines_and_where_the_law_has_one_that_too(
    policy: Policy, calendar: Calendar
) -> None:
    plain = open_case(assigned(matter="street-lamps"), LATER, policy, calendar)
    assert [(d.clock, d.nature) for d in plain.deadlines] == [
        (Clock.ACKNOWLEDGE, Nature.COMMITTED),
        (Clock.REPLY, Nature.COMMITTED),
    ]
    wages = open_case(assigned(matter="wage-arrears"), LATER, policy, calendar)
    by_law = wages.deadlines[-1]
    assert (by_law.clock, by_law.nature) == (Clock.REPLY, Nature.STATUTORY)
    assert by_law.legal_basis == "《劳动保障监察条例》第十七条（调查的期限）"
    assert len({d.deadline_id for d in wages.deadlines}) == 3


def test_the_laws_deadline_runs_from_the_receipt_whatever_the_urgency_and_warns_of_nothing(
    policy: Policy, calendar: Calendar
) -> None:
    urgent = assigned(matter="wage-arrears", urgency=Urgency.URGENT)
    *_, by_law = open_case(urgent, LATER, policy, calendar).deadlines
    assert (by_law.due.opened_at, str(by_law.due.term)) == (NOW, "60wd")
    assert by_law.warn_at is None
    assert [timer.kind for timer in by_law.timers] == [TimerKind.DUE]


def test_only_the_laws_deadline_says_its_nature_so_that_older_entries_keep_their_form(
    policy: Policy, calendar: Calendar
) -> None:
    case = open_case(assigned(matter="wage-arrears", kind=Kind.COMPLAINT), LATER, policy, calendar)
    acknowledge, reply, by_law = orjson.loads(in_record(case.deadlines))
    assert "nature" not in acknowledge
    assert "nature" not in reply
    assert "inputs" not in acknowledge
    assert reply["inputs"] == {"warn_before": "5wd"}
    assert (by_law["nature"], by_law["legal_basis"]) == ("statutory", "《劳动保障监察条例》第十七条（调查的期限）")
    assert [d.nature for d in case.event.deadlines] == [None, None, Nature.STATUTORY]


def test_the_days_of_cases_opened_on_one_day_are_stored_once(policy: Policy, calendar: Calendar) -> None:
    morning, evening = datetime(2026, 11, 24, 1, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)
    one, other = (open_case(assigned(), at, policy, calendar) for at in (morning, evening))
    assert [d.timeline for d in one.deadlines] == [d.timeline for d in other.deadlines]
