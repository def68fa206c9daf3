"""The law's deadline beside the county's own: both are kept, and missing the law's is told apart."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from services.tracker.deadlines.calendar import Calendar
from services.tracker.record.verifying import Whole
from services.tracker.timers.sweeper import Sweeper
from shared.auth import Role
from shared.events import ComplaintAssigned
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from tests.examples import assigned, waiting
from tests.integration.cases import open_cases, run_ahead
from tests.integration.records import checked
from tests.tokens import bearer

LAW = "《劳动保障监察条例》第十七条（调查的期限）"


@pytest.fixture
async def case(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> ComplaintAssigned:
    case = assigned(matter="wage-arrears", department="human-resources")
    await open_cases(tracker_pool, policy, calendar, case)
    return case


async def reply_deadlines(tracker: httpx.AsyncClient, case: ComplaintAssigned) -> Mapping[str, dict[str, Any]]:
    response = await tracker.get(f"/v1/cases/{case.complaint_id}/deadlines")
    assert response.status_code == 200
    return {one["nature"]: one for one in response.json()["items"] if one["clock"] == "reply"}


async def sweep_all(pool: Pool, policy: Policy) -> None:
    while await Sweeper(pool, Relay(pool, []), lambda: policy).sweep():
        pass


async def test_both_are_shown_each_with_what_it_was_counted_from(
    tracker: httpx.AsyncClient, case: ComplaintAssigned
) -> None:
    found = await reply_deadlines(tracker, case)
    assert {nature: (one["term"], one["legal_basis"]) for nature, one in found.items()} == {
        "committed": ("10wd", None),
        "statutory": ("60wd", LAW),
    }
    assert (found["committed"]["inputs"], found["statutory"]["inputs"]) == ({"warn_before": "5wd"}, None)
    assert found["statutory"]["warn_at"] is None
    assert len([day for day in found["statutory"]["timeline"] if day["counted"]]) == 60


async def test_an_answer_meets_both(
    tracker: httpx.AsyncClient, case: ComplaintAssigned, service_urls: dict[str, str]
) -> None:
    as_officer = bearer(Role.OFFICER, department=case.department)
    path = f"/v1/cases/{case.complaint_id}"
    await tracker.post(f"{path}/acknowledge", json={}, headers=as_officer)
    await tracker.post(f"{path}/reply", json={"text": "工资已经补发。"}, headers=as_officer)
    found = await reply_deadlines(tracker, case)
    assert {nature: set(one["outcomes"]) for nature, one in found.items()} == {
        "committed": {"met"},
        "statutory": {"met"},
    }
    assert isinstance(await checked(service_urls["tracker"]), Whole)


@pytest.mark.usefixtures("case")
async def test_a_missed_deadline_of_the_law_says_so_and_is_counted_apart(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, service_urls: dict[str, str]
) -> None:
    await run_ahead(tracker_pool, timedelta(days=200))
    await sweep_all(tracker_pool, policy)
    told = [orjson.loads(message.body or b"{}") for message in await waiting(tracker_pool)]
    by_law = [body for body in told if body.get("nature") == "statutory"]
    assert len(by_law) == 2
    [evidence] = [body["evidence"] for body in by_law if "evidence" in body]
    assert f"依照{LAW}应于" in evidence
    assert evidence.endswith("至今未答复，已超过法定时限。")
    summary = await tracker.get("/v1/supervision/summary", headers=bearer(Role.SUPERVISOR))
    county = summary.json()["county"]
    assert (county["deadlines"]["reply"]["missed"], county["statutory_deadlines"]["reply"]["missed"]) == (1, 1)
    assert isinstance(await checked(service_urls["tracker"]), Whole)
