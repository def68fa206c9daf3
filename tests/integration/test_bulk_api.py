"""Many cases acknowledged in one request, on a real database."""

from typing import Any
from uuid import uuid4

import httpx

from services.tracker.deadlines.calendar import Calendar
from services.tracker.record.verifying import Whole
from shared.events import CaseAcknowledged, ComplaintAssigned
from shared.policy import Policy
from shared.postgres import Pool
from shared.wire import decode
from tests.examples import assigned, message_record, waiting
from tests.integration.acting import done, officer, seen
from tests.integration.cases import open_cases
from tests.integration.records import checked

OURS, THEIRS = "urban-management", "water-supply"


async def acknowledge(tracker: httpx.AsyncClient, *cases: dict[str, Any], by: str = OURS) -> httpx.Response:
    return await tracker.post(
        f"/v1/departments/{OURS}/cases:acknowledge", json={"cases": list(cases)}, headers=officer(by)
    )


def named(case: ComplaintAssigned, version: int | None = 1) -> dict[str, Any]:
    return {"complaint_id": str(case.complaint_id), "version": version}


async def acknowledged(pool: Pool) -> list[str]:
    events = [decode(message_record(message)).event for message in await waiting(pool)]
    return sorted(str(event.complaint_id) for event in events if isinstance(event, CaseAcknowledged))


async def test_the_good_ones_land_though_others_are_refused(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar, service_urls: dict[str, str]
) -> None:
    good, moved, foreign = assigned(), assigned(), assigned(department=THEIRS)
    await open_cases(tracker_pool, policy, calendar, good, moved, foreign)
    await done(tracker, moved, "acknowledge")
    unknown = {"complaint_id": str(uuid4()), "version": 1}
    asked = [unknown, named(foreign), named(moved), named(moved, None), named(good)]
    response = await acknowledge(tracker, *asked)
    assert response.status_code == 200, response.text
    items = response.json()["items"]
    assert [item["complaint_id"] for item in items] == [one["complaint_id"] for one in asked]
    assert [item["acknowledged"] for item in items] == [False, False, False, False, True]
    assert [item["problem"]["status"] for item in items[:4]] == [403, 403, 409, 409]
    assert items[0]["problem"] == items[1]["problem"]
    assert items[2]["problem"]["version_now"] == 2
    assert "reply" in items[3]["problem"]["legal"]
    assert (await seen(tracker, good))["status"] == "in_progress"
    assert (await seen(tracker, foreign))["status"] == "dispatched"
    assert await acknowledged(tracker_pool) == sorted([str(moved.complaint_id), str(good.complaint_id)])
    assert isinstance(await checked(service_urls["tracker"]), Whole)


async def test_a_case_that_is_named_twice_is_acknowledged_once(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    case = assigned()
    await open_cases(tracker_pool, policy, calendar, case)
    items = (await acknowledge(tracker, named(case), named(case))).json()["items"]
    assert [item["acknowledged"] for item in items] == [True, False]
    assert await acknowledged(tracker_pool) == [str(case.complaint_id)]


async def test_five_hundred_are_taken_and_one_more_is_refused(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    cases = [assigned() for _ in range(501)]
    await open_cases(tracker_pool, policy, calendar, *cases)
    assert (await acknowledge(tracker, *map(named, cases))).status_code == 422
    response = await acknowledge(tracker, *map(named, cases[:500]))
    assert all(item["acknowledged"] for item in response.json()["items"])
    assert len(await acknowledged(tracker_pool)) == 500


async def test_nobody_acknowledges_for_another_department(tracker: httpx.AsyncClient, tracker_pool: Pool) -> None:
    response = await acknowledge(tracker, {"complaint_id": str(uuid4())}, by=THEIRS)
    assert response.status_code == 403
    assert await waiting(tracker_pool) == []
