"""A department is asked to explain what it is suspected of, by a deadline with a timer of its own."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from deploy.local.postgres import ExternalPostgres, LocalPostgres
from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import due
from services.tracker.deadlines.recomputing import Recomputing
from services.tracker.inaction.inaction_asking import Asking
from services.tracker.moving import Rules
from services.tracker.record.record import Broken
from services.tracker.record.verifying import Whole
from services.tracker.timers.sweeper import Sweeper
from services.tracker.timers.timers_store import insert_fired
from shared.events import (
    Event,
    InactionConfirmed,
    InactionDismissed,
    InactionExplained,
    InactionSuspected,
    InactionUnexplained,
)
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.term import Term
from shared.topics import SUPERVISION_ALERTS
from shared.wire import decode
from tests.examples import message_record, waiting
from tests.integration.cases import run_ahead
from tests.integration.records import checked, superuser
from tests.integration.test_inaction_api import OFFICER, OURS, TEXT, listed, say, suspicions

__all__ = ["suspicions"]

EXPLAINED_LATE = 20


async def sweep(pool: Pool, policy: Policy) -> None:
    while await Sweeper(pool, Relay(pool, []), lambda: policy).sweep():
        pass


async def ask(pool: Pool, policy: Policy, calendar: Calendar) -> int:
    return await Asking(pool, lambda: Rules(policy, calendar)).ask()


async def told(pool: Pool, *kinds: type[Event]) -> list[Event]:
    """What the supervision office was told, of these kinds."""
    alerts = [message for message in await waiting(pool) if message.topic == SUPERVISION_ALERTS]
    assert {message.key for message in alerts} == {OURS.encode()}
    return [event for event in (decode(message_record(one)).event for one in alerts) if isinstance(event, kinds)]


@pytest.fixture
async def asked(
    tracker: httpx.AsyncClient,
    suspicions: Sequence[dict[str, Any]],
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
) -> Sequence[dict[str, Any]]:
    """The three suspicions, whose department has been asked."""
    assert await ask(tracker_pool, policy, calendar) == len(suspicions)
    return await listed(tracker)


async def test_each_suspicion_is_asked_about_once_by_a_deadline_that_counts_from_it(
    tracker: httpx.AsyncClient, asked: Sequence[dict[str, Any]], tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    assert await ask(tracker_pool, policy, calendar) == 0
    for one in asked:
        since = datetime.fromisoformat(one["suspected_at"])
        expected = due(since, Term.parse("3wd"), calendar, policy.counting).due_at
        assert datetime.fromisoformat(one["explanation_due_at"]) == expected
        deadlines = (await tracker.get(f"/v1/cases/{one['complaint_id']}/deadlines")).json()["items"]
        [ours] = [deadline for deadline in deadlines if deadline["clock"] == "explain"]
        assert (ours["deadline_id"], ours["department"]) == (one["inaction_id"], OURS)
        assert ours["timeline"]
    happened = await tracker_pool.fetch("SELECT happened FROM entries WHERE happened = 'asked_to_explain'")
    assert len(happened) == len(asked)


async def test_many_replicas_ask_once(
    suspicions: Sequence[dict[str, Any]], tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    found = await asyncio.gather(*(ask(tracker_pool, policy, calendar) for _ in range(4)))
    while more := await ask(tracker_pool, policy, calendar):
        found.append(more)
    assert sum(found) == len(suspicions)


async def test_nobody_is_asked_while_deadlines_that_have_passed_wait_to_be_told(
    suspicions: Sequence[dict[str, Any]], tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    await run_ahead(tracker_pool, timedelta(days=60))
    assert await ask(tracker_pool, policy, calendar) == 0
    await sweep(tracker_pool, policy)
    assert await ask(tracker_pool, policy, calendar) > len(suspicions)


async def test_a_suspicion_that_was_judged_is_not_opened_again(
    tracker: httpx.AsyncClient, asked: Sequence[dict[str, Any]], tracker_pool: Pool
) -> None:
    one = asked[0]
    await say(tracker, one, "dismiss")
    [event] = [
        event
        for event in await told(tracker_pool, InactionSuspected)
        if isinstance(event, InactionSuspected) and str(event.inaction_id) == one["inaction_id"]
    ]
    async with tracker_pool.acquire() as connection:
        await insert_fired(connection, [], [event], event.at)
    assert len(await listed(tracker, standing="suspected")) == len(asked) - 1
    assert await tracker_pool.fetchval("SELECT count(*) FROM inaction_open") == len(asked) - 1


async def test_what_nobody_explains_is_told_once_and_suspected_of_nothing_more(
    tracker: httpx.AsyncClient,
    asked: Sequence[dict[str, Any]],
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
    service_urls: dict[str, str],
) -> None:
    await say(tracker, asked[0], "explain", TEXT, OFFICER)
    await say(tracker, asked[1], "dismiss")
    assert {one["awaits"] for one in await listed(tracker, standing="suspected")} == {"verdict", "explanation"}
    await run_ahead(tracker_pool, timedelta(days=EXPLAINED_LATE))
    await sweep(tracker_pool, policy)
    await ask(tracker_pool, policy, calendar)
    await sweep(tracker_pool, policy)
    [event] = await told(tracker_pool, InactionUnexplained)
    assert isinstance(event, InactionUnexplained)
    assert str(event.inaction_id) == asked[2]["inaction_id"]
    about = {str(one.inaction_id) for one in await told(tracker_pool, InactionSuspected) if hasattr(one, "inaction_id")}
    assert asked[2]["inaction_id"] in about
    found = next(one for one in await listed(tracker) if one["inaction_id"] == asked[2]["inaction_id"])
    assert found["awaits"] == "verdict"
    assert found["explanation_missed_at"] is not None
    assert isinstance(await checked(service_urls["tracker"]), Whole)


async def test_a_late_explanation_is_heard_and_restarts_nothing(
    tracker: httpx.AsyncClient,
    asked: Sequence[dict[str, Any]],
    tracker_pool: Pool,
    policy: Policy,
    service_urls: dict[str, str],
) -> None:
    await run_ahead(tracker_pool, timedelta(days=EXPLAINED_LATE))
    await sweep(tracker_pool, policy)
    answer = (await say(tracker, asked[0], "explain", TEXT, OFFICER)).json()
    assert answer["explanation_missed_at"] < answer["explained_at"]
    assert answer["explanation_due_at"] == asked[0]["explanation_due_at"]
    outcomes = await tracker_pool.fetch("SELECT outcome FROM outcomes WHERE deadline_id = $1", asked[0]["inaction_id"])
    assert {row["outcome"] for row in outcomes} == {"missed", "met"}
    await sweep(tracker_pool, policy)
    assert len(await told(tracker_pool, InactionUnexplained)) == len(asked)
    assert isinstance(await checked(service_urls["tracker"]), Whole)


async def test_a_policy_that_gives_longer_later_moves_no_deadline_that_was_set(
    tracker: httpx.AsyncClient, asked: Sequence[dict[str, Any]], tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    longer = policy.model_copy(
        update={"explanation": policy.explanation.model_copy(update={"term": Term.parse("30wd")})}
    )
    await ask(tracker_pool, longer, calendar)
    await Recomputing(tracker_pool, Relay(tracker_pool, []), lambda: calendar).recompute()
    assert [one["explanation_due_at"] for one in await listed(tracker)] == [one["explanation_due_at"] for one in asked]


async def test_what_is_explained_or_judged_before_anybody_asked_is_asked_about_no_more(
    tracker: httpx.AsyncClient,
    suspicions: Sequence[dict[str, Any]],
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
    service_urls: dict[str, str],
) -> None:
    await say(tracker, suspicions[0], "explain", TEXT, OFFICER)
    await say(tracker, suspicions[1], "dismiss")
    assert await ask(tracker_pool, policy, calendar) == 1
    await run_ahead(tracker_pool, timedelta(days=EXPLAINED_LATE))
    await sweep(tracker_pool, policy)
    [event] = await told(tracker_pool, InactionUnexplained)
    assert isinstance(event, InactionUnexplained)
    assert str(event.inaction_id) == suspicions[2]["inaction_id"]
    assert isinstance(await checked(service_urls["tracker"]), Whole)


async def test_explanations_and_verdicts_are_told_once_each_and_without_their_words(
    tracker: httpx.AsyncClient, asked: Sequence[dict[str, Any]], tracker_pool: Pool
) -> None:
    one = asked[0]
    for _ in range(2):
        await say(tracker, one, "explain", TEXT, OFFICER)
        await say(tracker, one, "confirm")
    await say(tracker, one, "dismiss")
    await say(tracker, one, "confirm")
    events = await told(tracker_pool, InactionExplained, InactionConfirmed, InactionDismissed)
    assert Counter(type(event) for event in events) == {
        InactionExplained: 1,
        InactionConfirmed: 2,
        InactionDismissed: 1,
    }
    alerts = [message for message in await waiting(tracker_pool) if message.topic == SUPERVISION_ALERTS]
    assert len({dict(message.headers)["ce_id"] for message in alerts}) == len(alerts)
    for event in events:
        assert "抢修" not in event.model_dump_json()
        assert "情况属实" not in event.model_dump_json()


async def test_what_is_open_is_found_by_what_it_awaits_and_by_kind_and_department(
    tracker: httpx.AsyncClient, asked: Sequence[dict[str, Any]], tracker_pool: Pool
) -> None:
    await say(tracker, asked[0], "explain", TEXT, OFFICER)
    await say(tracker, asked[1], "dismiss")
    assert [one["inaction_id"] for one in await listed(tracker, awaits="verdict")] == [asked[0]["inaction_id"]]
    assert [one["inaction_id"] for one in await listed(tracker, awaits="explanation")] == [asked[2]["inaction_id"]]
    assert len(await listed(tracker, kind="not_acknowledged", department=OURS)) == len(asked)
    assert await listed(tracker, kind="slow") == []
    assert await listed(tracker, department="urban-management") == []
    answer = await tracker.get(f"/v1/departments/{OURS}/inaction", params={"awaits": "explanation"}, headers=OFFICER)
    assert [one["inaction_id"] for one in answer.json()["items"]] == [asked[2]["inaction_id"]]
    [department] = (await tracker.get("/v1/supervision/summary")).json()["departments"]
    assert department["awaiting_explanation"] == department["awaiting_verdict"] == {"not_acknowledged": 1}
    assert department["inaction"] == {"not_acknowledged": 2}
    assert "explain" not in department["deadlines"]
    rows = await tracker_pool.fetch("SELECT inaction_id::text, explained FROM inaction_open")
    assert {(row["inaction_id"], row["explained"]) for row in rows} == {
        (asked[0]["inaction_id"], True),
        (asked[2]["inaction_id"], False),
    }


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE deadlines SET due_at = due_at + interval '30 days' WHERE clock = 'explain'",
        "DELETE FROM deadlines WHERE clock = 'explain'",
        "UPDATE deadlines SET department = 'urban-management' WHERE clock = 'explain'",
    ],
)
async def test_who_gives_a_department_more_time_behind_the_record_is_found_out(
    asked: Sequence[dict[str, Any]],
    service_urls: dict[str, str],
    postgres: LocalPostgres | ExternalPostgres,
    *,
    tampering: str,
) -> None:
    async with superuser(postgres.url, service_urls["tracker"]) as attacker:
        await attacker.execute(tampering)
    found = await checked(service_urls["tracker"])
    assert isinstance(found, Broken)
    assert str(found.complaint_id) in {one["complaint_id"] for one in asked}
    assert "other deadlines" in found.why
