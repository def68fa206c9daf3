"""Time passes: warnings, misses and suspected inaction come when they are due, each once, whoever else is at work."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.tracker import store
from services.tracker.deadlines.calendar import Calendar
from services.tracker.timers import timers_store
from services.tracker.timers.sweeper import Sweeper
from shared.auth import Role
from shared.events import DeadlineMissed, DeadlineWarned, InactionSuspected
from shared.language import Kind, Urgency
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.topics import CASES_EVENTS, SUPERVISION_ALERTS
from shared.wire import Message, decode
from tests.examples import assigned, message_record, waiting
from tests.integration.cases import open_cases, run_ahead
from tests.tokens import bearer


@pytest.fixture
def sweeper(tracker_pool: Pool, policy: Policy) -> Sweeper:
    return Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: policy)


async def outcomes(pool: Pool) -> Counter[tuple[str, str]]:
    rows = await pool.fetch("SELECT clock, outcome FROM outcomes JOIN deadlines USING (deadline_id)")
    return Counter((row["clock"], row["outcome"]) for row in rows)


async def told(pool: Pool) -> Sequence[Message]:
    """What the sweeper has to tell; what opening the cases told is left out."""
    return [m for m in await waiting(pool) if m.headers["ce_type"] != "hotline.case.opened.v1"]


def kinds(messages: Sequence[Message]) -> Counter[tuple[str, str]]:
    return Counter((message.topic, message.headers["ce_type"]) for message in messages)


async def test_nothing_fires_before_its_time(
    sweeper: Sweeper, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    await open_cases(tracker_pool, policy, calendar, *(assigned() for _ in range(10)))
    assert await sweeper.sweep() == 0
    assert await told(tracker_pool) == []


async def test_an_urgent_case_is_warned_of_missed_and_reported_one_after_the_other(
    sweeper: Sweeper, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    case = assigned(urgency=Urgency.URGENT)
    await open_cases(tracker_pool, policy, calendar, case)
    await run_ahead(tracker_pool, timedelta(minutes=91))
    assert await sweeper.sweep() == 1
    [warned] = await told(tracker_pool)
    assert isinstance(decode(message_record(warned)).event, DeadlineWarned)
    await run_ahead(tracker_pool, timedelta(minutes=119))
    assert await sweeper.sweep() == 0
    await run_ahead(tracker_pool, timedelta(minutes=121))
    assert await sweeper.sweep() == 2
    events = [decode(message_record(message)).event for message in await told(tracker_pool)]
    assert Counter(type(event) for event in events) == {DeadlineWarned: 1, DeadlineMissed: 2, InactionSuspected: 2}
    assert await outcomes(tracker_pool) == {
        ("reply", "warned"): 1,
        ("reply", "missed"): 1,
        ("acknowledge", "missed"): 1,
    }


async def test_what_passed_while_the_tracker_was_away_is_told_in_the_order_in_which_it_fell_due(
    sweeper: Sweeper, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    await open_cases(tracker_pool, policy, calendar, assigned(kind=Kind.HELP))
    await run_ahead(tracker_pool, timedelta(days=90))
    await sweeper.sweep()
    told_in_order = [(m.headers["ce_type"], decode(message_record(m)).event) for m in await told(tracker_pool)]
    assert [(name, getattr(event, "clock", None)) for name, event in told_in_order] == [
        ("hotline.deadline.missed.v1", "acknowledge"),
        ("hotline.inaction.suspected.v1", "acknowledge"),
        ("hotline.deadline.warned.v1", "reply"),
        ("hotline.deadline.missed.v1", "reply"),
        ("hotline.inaction.suspected.v1", "reply"),
    ]


async def test_suspected_inaction_goes_to_the_supervision_office_under_the_department_and_the_rest_to_the_case(
    sweeper: Sweeper, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    case = assigned(department="water-supply")
    await open_cases(tracker_pool, policy, calendar, case)
    await run_ahead(tracker_pool, timedelta(days=90))
    await sweeper.sweep()
    messages = await told(tracker_pool)
    alerts = [message for message in messages if message.topic == SUPERVISION_ALERTS]
    assert {message.key for message in alerts} == {b"water-supply"}
    assert {message.key for message in messages if message.topic == CASES_EVENTS} == {str(case.complaint_id).encode()}
    rows = {row["inaction_id"]: row for row in await tracker_pool.fetch("SELECT * FROM inaction")}
    for message in alerts:
        event = decode(message_record(message)).event
        assert isinstance(event, InactionSuspected)
        row = rows[event.inaction_id]
        assert (row["evidence"], row["kind"], row["due_at"]) == (event.evidence, event.kind, event.due_at)
        assert case.ticket_number in event.evidence
        assert policy.departments["water-supply"].name in event.evidence


async def test_sweepers_side_by_side_fire_each_timer_once(
    tracker_pool: Pool, policy: Policy, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.tracker.timers.sweeper._BATCH", 70)
    await open_cases(tracker_pool, policy, calendar, *(assigned() for _ in range(400)))
    await run_ahead(tracker_pool, timedelta(days=90))

    async def sweep_all() -> int:
        sweeper = Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: policy)
        fired = 0
        while count := await sweeper.sweep():
            fired += count
        return fired

    each = await asyncio.gather(*(sweep_all() for _ in range(4)))
    assert sum(each) == 1200
    assert sum(1 for count in each if count) > 1
    messages = await told(tracker_pool)
    assert kinds(messages) == {
        (CASES_EVENTS, "hotline.deadline.warned.v1"): 400,
        (CASES_EVENTS, "hotline.deadline.missed.v1"): 800,
        (SUPERVISION_ALERTS, "hotline.inaction.suspected.v1"): 800,
    }
    assert len({message.headers["ce_id"] for message in messages}) == 2000
    assert await tracker_pool.fetchval("SELECT count(*) FROM inaction") == 800
    assert await tracker_pool.fetchval("SELECT count(*) FROM timers") == 0


async def test_a_sweep_that_fails_has_fired_nothing_and_the_next_fires_all(
    sweeper: Sweeper, tracker_pool: Pool, policy: Policy, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_cases(tracker_pool, policy, calendar, assigned())
    await run_ahead(tracker_pool, timedelta(days=90))

    async def fail(*_arguments: Any) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as crash:
        crash.setattr("shared.outbox.append", fail)
        with pytest.raises(ConnectionResetError):
            await sweeper.sweep()
    assert await tracker_pool.fetchval("SELECT count(*) FROM timers") == 3
    assert await outcomes(tracker_pool) == {}
    assert await sweeper.sweep() == 3
    assert len(await told(tracker_pool)) == 5


@pytest.mark.parametrize("acknowledged_first", [True, False])
async def test_a_late_acknowledgement_is_still_reported_as_missed_and_once(
    sweeper: Sweeper,
    tracker: httpx.AsyncClient,
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
    *,
    acknowledged_first: bool,
) -> None:
    case = assigned(kind=Kind.HELP)
    await open_cases(tracker_pool, policy, calendar, case)
    due_at = await tracker_pool.fetchval("SELECT due_at FROM deadlines WHERE clock = 'acknowledge'")
    await run_ahead(tracker_pool, due_at - await tracker_pool.fetchval("SELECT now()") + timedelta(minutes=1))
    path, ours = f"/v1/cases/{case.complaint_id}/acknowledge", bearer(Role.OFFICER, department=case.department)
    if not acknowledged_first:
        await sweeper.sweep()
    assert (await tracker.post(path, json={}, headers=ours)).status_code == 200
    await sweeper.sweep()
    assert await sweeper.sweep() == 0
    assert await outcomes(tracker_pool) == {("acknowledge", "missed"): 1, ("acknowledge", "met"): 1}
    assert kinds(await told(tracker_pool))[CASES_EVENTS, "hotline.deadline.missed.v1"] == 1
    summary = (await tracker.get("/v1/supervision/summary")).json()["county"]["deadlines"]["acknowledge"]
    assert summary == {"met": 0, "met_late": 1, "warned": 0, "missed": 1, "overdue": 0}


async def test_what_was_done_in_time_is_never_reported(
    sweeper: Sweeper, tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    case = assigned()
    await open_cases(tracker_pool, policy, calendar, case)
    ours, path = bearer(Role.OFFICER, department=case.department), f"/v1/cases/{case.complaint_id}"
    await tracker.post(f"{path}/acknowledge", json={}, headers=ours)
    await tracker.post(f"{path}/reply", json={"text": "路灯已经修好。"}, headers=ours)
    await run_ahead(tracker_pool, timedelta(days=90))
    assert await sweeper.sweep() == 0
    assert await outcomes(tracker_pool) == {("acknowledge", "met"): 1, ("reply", "met"): 1}


async def test_a_case_that_an_officer_holds_is_fired_when_they_let_go_and_the_others_do_not_wait_for_it(
    sweeper: Sweeper, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    held = assigned()
    await open_cases(tracker_pool, policy, calendar, held, assigned())
    await run_ahead(tracker_pool, timedelta(days=90))
    async with tracker_pool.acquire() as connection, connection.transaction():
        await store.lock_case(connection, held.complaint_id)
        async with asyncio.timeout(20):
            assert await sweeper.sweep() == 3
            assert await sweeper.sweep() == 0
    assert await sweeper.sweep() == 3


async def test_it_keeps_sweeping_when_the_database_was_away(
    sweeper: Sweeper, tracker_pool: Pool, policy: Policy, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.tracker.timers.sweeper._POLL_SECONDS", 0.01)
    await open_cases(tracker_pool, policy, calendar, assigned())
    await run_ahead(tracker_pool, timedelta(days=90))
    failures = iter([ConnectionResetError, TimeoutError])
    read_clock = timers_store.read_clock

    async def read_or_away(connection: Any) -> Any:
        if failure := next(failures, None):
            raise failure
        return await read_clock(connection)

    monkeypatch.setattr(timers_store, "read_clock", read_or_away)
    sweeping = asyncio.create_task(sweeper.run())
    async with asyncio.timeout(30):
        while await tracker_pool.fetchval("SELECT count(*) FROM timers"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not sweeping.done()
    sweeping.cancel()
    assert len(await told(tracker_pool)) == 5
