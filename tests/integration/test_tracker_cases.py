"""Assignments become cases: each once, with clocks that can be explained later."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.hotline import POLICY
from deploy.local.ports import LOOPBACK, free_ports
from services.tracker import store
from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import before, due
from services.tracker.main import run
from services.tracker.settings import TrackerSettings
from shared.events import CaseOpened
from shared.language import Clock, Kind, Urgency
from shared.policy import Policy
from shared.postgres import Pool
from shared.topics import CASES_EVENTS, assigned
from shared.wire import decode
from tests.examples import assigned as assignment
from tests.examples import message_record, record, waiting
from tests.integration.cases import consumer_of, open_cases
from tests.tokens import AUDIENCE, ISSUER

QUEUE = assigned("urban-management")


DEADLINES = "SELECT * FROM deadlines JOIN timelines USING (timeline_id) ORDER BY clock"


async def deadlines(pool: Pool) -> dict[str, dict[str, Any]]:
    return {row["clock"]: dict(row) for row in await pool.fetch(DEADLINES)}


async def count(pool: Pool, table: str) -> int:
    number: int = await pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608  # a name written in this file
    return number


async def test_a_case_opens_with_two_deadlines_of_its_kind(
    tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    await open_cases(tracker_pool, policy, calendar, assignment(kind=Kind.CONSULTATION))
    terms, rows = policy.terms[Kind.CONSULTATION], await deadlines(tracker_pool)
    opened_at = await tracker_pool.fetchval("SELECT opened_at FROM cases")
    expected = {clock: due(opened_at, getattr(terms, clock), calendar) for clock in ("acknowledge", "reply")}
    assert {clock: row["due_at"] for clock, row in rows.items()} == {c: d.due_at for c, d in expected.items()}
    assert {clock: row["term"] for clock, row in rows.items()} == {"acknowledge": "1wd", "reply": "3wd"}
    assert {row["started_at"] for row in rows.values()} == {opened_at}
    assert rows["acknowledge"]["warn_at"] is None
    assert rows["reply"]["warn_at"] == before(expected["reply"], terms.warn_before, calendar)


async def test_every_deadline_names_the_policy_and_the_calendar_that_it_was_counted_with_and_how(
    tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    await open_cases(tracker_pool, policy, calendar, assignment(kind=Kind.HELP))
    for row in (await deadlines(tracker_pool)).values():
        assert (row["policy_hash"], row["calendar_version"]) == (policy.hash, calendar.version)
        timeline = json.loads(row["days"])
        assert [day["ordinal"] for day in timeline if day["counted"]] == list(range(1, int(row["term"][:-2]) + 1))
        assert not timeline[0]["counted"]
        assert timeline[-1]["counted"]
        assert row["provisional"] == any(day["provisional"] for day in timeline)


async def test_an_urgent_case_runs_two_hours_day_and_night(
    tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    await open_cases(tracker_pool, policy, calendar, assignment(urgency=Urgency.URGENT))
    opened_at = await tracker_pool.fetchval("SELECT opened_at FROM cases")
    rows = await deadlines(tracker_pool)
    assert {row["due_at"] - opened_at for row in rows.values()} == {timedelta(hours=2)}
    assert rows["reply"]["warn_at"] - opened_at == timedelta(minutes=90)


async def test_timers_are_set_for_the_warning_and_for_both_deadlines(
    tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    await open_cases(tracker_pool, policy, calendar, assignment())
    rows = await deadlines(tracker_pool)
    timers = await tracker_pool.fetch("SELECT clock, kind, fires_at FROM timers JOIN deadlines USING (deadline_id)")
    assert {tuple(row) for row in timers} == {
        ("acknowledge", "due", rows["acknowledge"]["due_at"]),
        ("reply", "due", rows["reply"]["due_at"]),
        ("reply", "warning", rows["reply"]["warn_at"]),
    }


async def test_everybody_who_follows_cases_is_told_of_it_and_of_its_deadlines(
    tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    given = assignment()
    await open_cases(tracker_pool, policy, calendar, given)
    [message] = await waiting(tracker_pool)
    assert (message.topic, message.key) == (CASES_EVENTS, str(given.complaint_id).encode())
    event = decode(message_record(message)).event
    assert isinstance(event, CaseOpened)
    rows = await deadlines(tracker_pool)
    assert {(one.clock, one.due_at, one.warn_at) for one in event.deadlines} == {
        (Clock(clock), row["due_at"], row["warn_at"]) for clock, row in rows.items()
    }
    [move] = await tracker_pool.fetch("SELECT version, happened, status, actor_role, at FROM entries")
    assert tuple(move) == (event.version, "assign", event.status, "system", event.at)


async def test_an_assignment_delivered_again_opens_no_second_case_and_no_second_deadlines(
    tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    consumer = consumer_of(tracker_pool, policy, calendar)
    batch = [record(assignment(), topic=QUEUE, offset=offset) for offset in range(20)]
    await consumer(batch)
    before_again = await deadlines(tracker_pool)
    await consumer(batch[::-1])
    assert await deadlines(tracker_pool) == before_again
    tables = ("cases", "deadlines", "timers", "entries", "outbox")
    assert [await count(tracker_pool, table) for table in tables] == [20, 40, 60, 20, 20]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("same_decision", [True, False])
async def test_two_assignments_of_one_complaint_open_one_case_with_one_pair_of_deadlines(
    tracker_pool: Pool, policy: Policy, calendar: Calendar, *, together: bool, same_decision: bool
) -> None:
    first = assignment()
    second = first if same_decision else first.model_copy(update={"decision_id": uuid4()})
    consumer = consumer_of(tracker_pool, policy, calendar)
    one, other = (record(each, topic=QUEUE) for each in (first, second))
    for batch in [[one, other]] if together else [[one], [other]]:
        await consumer(batch)
    tables = ("cases", "deadlines", "timers", "entries", "outbox")
    assert [await count(tracker_pool, table) for table in tables] == [1, 2, 3, 1, 1]
    assert await tracker_pool.fetchval("SELECT decision_id FROM cases") == first.decision_id


async def test_two_trackers_that_get_the_same_batch_open_each_case_once(
    tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    batch = [record(assignment(), topic=QUEUE, offset=offset) for offset in range(100)]
    one, other = (consumer_of(tracker_pool, policy, calendar) for _ in range(2))
    await asyncio.gather(one(batch), other(batch[::-1]))
    tables = ("cases", "deadlines", "timers", "entries", "outbox")
    assert [await count(tracker_pool, table) for table in tables] == [100, 200, 300, 100, 100]


async def test_a_deadline_cannot_be_replaced_without_a_reason(
    tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    await open_cases(tracker_pool, policy, calendar, assignment())
    copied = """
    INSERT INTO deadlines
    SELECT gen_random_uuid(), complaint_id, clock, started_at, term, due_at, warn_at, provisional, policy_hash,
        calendar_version, timeline_id, deadline_id, $1 FROM deadlines WHERE clock = 'reply' AND replaces IS NULL
    """
    with pytest.raises(asyncpg.CheckViolationError):
        await tracker_pool.execute(copied, None)
    await tracker_pool.execute(copied, "延期十个工作日")
    assert await count(tracker_pool, "deadlines") == 3


async def test_it_refuses_to_start_on_a_simulated_clock_unless_it_is_a_simulation(
    tracker_pool: Pool, service_urls: dict[str, str]
) -> None:
    [nobody] = free_ports(1)
    settings = TrackerSettings.model_validate(
        {
            "DATABASE_URL": service_urls["tracker"],
            "KAFKA_BOOTSTRAP_SERVERS": f"{LOOPBACK}:{nobody}",
            "policy_dir": POLICY,
            "token_issuer": ISSUER,
            "token_audience": AUDIENCE,
            "token_jwks": "never-read",
        }
    )
    await tracker_pool.execute(store.SET_SIMULATED_CLOCK, timedelta(0))
    with pytest.raises(SystemExit, match="HOTLINE_SIMULATION"):
        await run(settings)
