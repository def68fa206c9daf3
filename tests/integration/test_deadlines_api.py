"""A case's deadlines over HTTP: whoever doubts one can count it again from what the answer says."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import due
from services.tracker.timers.sweeper import Sweeper
from shared.auth import Role
from shared.events import ComplaintAssigned
from shared.language import Kind, Urgency
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.term import Term
from tests.examples import assigned
from tests.integration.cases import open_cases, run_ahead
from tests.tokens import bearer

REPLACE = """
INSERT INTO deadlines
SELECT gen_random_uuid(), complaint_id, clock, started_at, '7wd', due_at + interval '2 days', NULL, provisional,
    policy_hash, calendar_version, timeline_id, deadline_id, 'a reason' FROM deadlines WHERE clock = 'reply'
RETURNING deadline_id::text, replaces::text
"""


async def items(tracker: httpx.AsyncClient, case: ComplaintAssigned) -> Sequence[dict[str, Any]]:
    response = await tracker.get(f"/v1/cases/{case.complaint_id}/deadlines")
    assert response.status_code == 200
    found: Sequence[dict[str, Any]] = response.json()["items"]
    return found


@pytest.mark.parametrize("kind", [Kind.CONSULTATION, Kind.COMPLAINT, Kind.HELP])
@pytest.mark.parametrize("urgency", list(Urgency))
async def test_counting_again_from_what_a_deadline_names_gives_the_same_instant_and_the_same_days(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar, kind: Kind, urgency: Urgency
) -> None:
    case = assigned(kind=kind, urgency=urgency)
    await open_cases(tracker_pool, policy, calendar, case)
    answered = await items(tracker, case)
    assert {one["clock"] for one in answered} == {"acknowledge", "reply"}
    for one in answered:
        started_at = datetime.fromisoformat(one["started_at"])
        again = due(started_at, Term.parse(one["term"]), calendar, policy.counting)
        assert again.due_at == datetime.fromisoformat(one["due_at"])
        assert again.provisional == one["provisional"]
        assert orjson.loads(orjson.dumps(again.timeline)) == one["timeline"]
        assert (one["policy_hash"], one["calendar_version"]) == (policy.hash, calendar.version)


async def test_a_term_of_working_days_ends_with_its_last_counted_day(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    case = assigned(kind=Kind.COMPLAINT)
    await open_cases(tracker_pool, policy, calendar, case)
    [reply] = [one for one in await items(tracker, case) if one["clock"] == "reply"]
    opening, *days = reply["timeline"]
    counted = [day for day in days if day["counted"]]
    assert (opening["counted"], opening["why"].split(",")[0]) == (False, "day of opening")
    assert [day["ordinal"] for day in counted] == list(range(1, Term.parse(reply["term"]).amount + 1))
    assert days[-1] == counted[-1]
    for day in days:
        assert day["counted"] == calendar.is_working_day(date.fromisoformat(day["date"]))
        assert day["why"]
    end = datetime.combine(date.fromisoformat(days[-1]["date"]) + timedelta(days=1), time.min)
    assert datetime.fromisoformat(reply["due_at"]).replace(tzinfo=None) == end - timedelta(hours=8)


async def test_a_deadline_that_was_replaced_stays_with_the_one_that_replaced_it_and_why(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    case = assigned()
    await open_cases(tracker_pool, policy, calendar, case)
    [(new, old)] = await tracker_pool.fetch(REPLACE)
    told = {one["deadline_id"]: one for one in await items(tracker, case)}
    assert len(told) == 3
    assert told[old]["replaced_by"] == {"deadline_id": new, "because": "a reason"}
    assert told[new]["replaces"] == {"deadline_id": old, "because": "a reason"}
    assert (told[old]["replaces"], told[new]["replaced_by"], told[new]["term"]) == (None, None, "7wd")


async def test_what_became_of_each_is_told_with_its_instant(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    case = assigned()
    await open_cases(tracker_pool, policy, calendar, case)
    as_officer = bearer(Role.OFFICER, department=case.department)
    await tracker.post(f"/v1/cases/{case.complaint_id}/acknowledge", json={}, headers=as_officer)
    await run_ahead(tracker_pool, timedelta(days=90))
    await Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: policy).sweep()
    outcomes = {one["clock"]: one["outcomes"] for one in await items(tracker, case)}
    assert {clock: set(told) for clock, told in outcomes.items()} == {
        "acknowledge": {"met"},
        "reply": {"warned", "missed"},
    }
    assert datetime.fromisoformat(outcomes["acknowledge"]["met"]).tzinfo is not None


async def test_the_deadlines_of_an_unknown_case_are_not_found(tracker: httpx.AsyncClient) -> None:
    response = await tracker.get(f"/v1/cases/{uuid4()}/deadlines")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    assert "没有这个工单" in response.json()["detail"]
