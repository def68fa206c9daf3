"""The summary's tallies: whatever is already in them, it tells what counting everything would tell."""

import asyncio
import random
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.tracker.deadlines.calendar import Calendar
from services.tracker.record.anchoring import Anchoring
from services.tracker.reports.tallying import Tallying
from shared.auth import Role
from shared.events import ComplaintAssigned
from shared.policy import Policy
from shared.postgres import Pool
from tests.examples import assigned
from tests.integration.acting import act, placed_again
from tests.integration.cases import open_cases, run_ahead, sweeper_of
from tests.tokens import bearer

OURS, THEIRS = "urban-management", "water-resources"
COUNTED = ("met", "met_late", "warned", "missed", "overdue")
NAIVE_CASES = "SELECT department, status, count(*) AS number FROM cases GROUP BY 1, 2"
NAIVE_DEADLINES = """
SELECT coalesce(deadlines.department, cases.department) AS department, clock, nature,
    count(*) FILTER (WHERE met.at <= due_at) AS met, count(*) FILTER (WHERE met.at > due_at) AS met_late,
    count(*) FILTER (WHERE warned.at IS NOT NULL) AS warned, count(*) FILTER (WHERE missed.at IS NOT NULL) AS missed,
    count(*) FILTER (WHERE missed.at IS NOT NULL AND met.at IS NULL AND ended.at IS NULL) AS overdue
FROM deadlines JOIN cases USING (complaint_id)
LEFT JOIN outcomes met ON met.deadline_id = deadlines.deadline_id AND met.outcome = 'met'
LEFT JOIN outcomes warned ON warned.deadline_id = deadlines.deadline_id AND warned.outcome = 'warned'
LEFT JOIN outcomes missed ON missed.deadline_id = deadlines.deadline_id AND missed.outcome = 'missed'
LEFT JOIN outcomes ended ON ended.deadline_id = deadlines.deadline_id AND ended.outcome = 'ended'
WHERE clock <> 'explain' GROUP BY 1, 2, 3
"""


async def assert_the_summary_is_right(tracker: httpx.AsyncClient, pool: Pool) -> dict[str, Any]:
    headers = bearer(Role.SUPERVISOR, subject=f"test-{uuid4()}")
    summary: dict[str, Any] = (await tracker.get("/v1/supervision/summary", headers=headers)).json()
    cases = {(row["department"], row["status"]): row["number"] for row in await pool.fetch(NAIVE_CASES)}
    told = {(one["code"], status): n for one in summary["departments"] for status, n in one["cases"].items()}
    assert told == cases
    deadlines = {
        (row["department"], row["nature"], row["clock"]): {name: row[name] for name in COUNTED}
        for row in await pool.fetch(NAIVE_DEADLINES)
    }
    named = {"committed": "deadlines", "statutory": "statutory_deadlines"}
    assert {
        (one["code"], nature, clock): counts
        for one in summary["departments"]
        for nature, name in named.items()
        for clock, counts in one[name].items()
    } == deadlines
    return summary


async def tally_all(pool: Pool) -> None:
    while await Tallying(pool).tally():
        pass


async def in_tallies(pool: Pool) -> int:
    return int(await pool.fetchval("SELECT coalesce(sum(cases), 0) FROM ended_cases"))


@pytest.mark.parametrize("seed", [1, 2])
async def test_it_is_the_same_whatever_has_been_tallied(
    tracker: httpx.AsyncClient,
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    monkeypatch.setattr("services.tracker.record.anchoring.EVERY", timedelta(0))
    monkeypatch.setattr("services.tracker.reports.tallying._ENTRIES_AT_ONCE", 7)
    choose = random.Random(seed)  # noqa: S311  # a choice, no secret
    cases: list[ComplaintAssigned] = []
    for days in range(0, 32, 4):
        await run_ahead(tracker_pool, timedelta(days=days))
        opened = [assigned(department=choose.choice([OURS, THEIRS])) for _ in range(4)]
        await open_cases(tracker_pool, policy, calendar, *opened)
        cases += opened
        for case in cases:
            for action in ("acknowledge", "request-return", "grant-return", "reply", "rework", "close", "decline"):
                officer = action in {"acknowledge", "request-return", "reply"}
                role, department = (Role.OFFICER, case.department) if officer else (Role.SUPERVISOR, None)
                if choose.random() < (0.1 if action in {"request-return", "rework", "decline"} else 0.5):
                    headers = bearer(role, department=department, subject=f"test-{uuid4()}")
                    await act(tracker, case.complaint_id, action, headers)
        if choose.random() < 0.5:
            case = choose.choice(cases)
            await open_cases(tracker_pool, policy, calendar, placed_again(case, department=THEIRS))
        await assert_the_summary_is_right(tracker, tracker_pool)
        while choose.random() < 0.8 and await sweeper_of(tracker_pool, policy, calendar).sweep():
            pass
        if choose.random() < 0.7:
            await Anchoring(tracker_pool).anchor_if_due()
            await asyncio.gather(*(tally_all(tracker_pool) for _ in range(3)))
        await assert_the_summary_is_right(tracker, tracker_pool)
    while await sweeper_of(tracker_pool, policy, calendar).sweep():
        pass
    await Anchoring(tracker_pool).anchor_if_due()
    await tally_all(tracker_pool)
    summary = await assert_the_summary_is_right(tracker, tracker_pool)
    ended = sum(summary["county"]["cases"].get(status, 0) for status in ("closed", "declined"))
    assert await in_tallies(tracker_pool) == ended > 0


async def test_a_case_waits_for_its_last_timer_before_it_is_tallied(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    case = assigned(department=OURS)
    await open_cases(tracker_pool, policy, calendar, case)
    await run_ahead(tracker_pool, timedelta(days=60))
    for action, role, department in (
        ("acknowledge", Role.OFFICER, OURS),
        ("reply", Role.OFFICER, OURS),
        ("close", Role.SUPERVISOR, None),
    ):
        await act(tracker, case.complaint_id, action, bearer(role, department=department))
    await Anchoring(tracker_pool).anchor_if_due()
    await tally_all(tracker_pool)
    assert await in_tallies(tracker_pool) == 0
    await assert_the_summary_is_right(tracker, tracker_pool)
    while await sweeper_of(tracker_pool, policy, calendar).sweep():
        pass
    await tally_all(tracker_pool)
    assert await in_tallies(tracker_pool) == 1
    summary = await assert_the_summary_is_right(tracker, tracker_pool)
    assert summary["county"]["deadlines"]["reply"]["missed"] == 1
