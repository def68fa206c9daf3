"""Joint matters: co-handlers contribute to the lead, each by a deadline of its own, in whatever order they are told."""

from datetime import datetime, timedelta

import httpx
import pytest

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import due
from services.tracker.record.verifying import Whole
from services.tracker.timers.sweeper import Sweeper
from shared.events import ComplaintAssigned
from shared.language import DecisionSource, Kind
from shared.policy import Policy
from shared.postgres import Pool
from shared.term import Term
from tests.examples import assigned
from tests.integration.acting import SUPERVISOR, act, done, officer, placed_again, seen
from tests.integration.cases import open_cases, run_ahead, sweeper_of
from tests.integration.records import checked

LEAD, HELPER, OTHER = "urban-management", "water-supply", "power-supply"
SAID = {"text": "管网已经检修。"}


def joint() -> tuple[ComplaintAssigned, list[ComplaintAssigned]]:
    """The lead's copy of one decision and those of its co-handlers."""
    lead = assigned(kind=Kind.COMPLAINT, department=LEAD, co_handlers=(HELPER, OTHER))
    copies = [lead.model_copy(update={"department": code, "co_handlers": (), "lead": LEAD}) for code in (HELPER, OTHER)]
    return lead, copies


@pytest.fixture
async def case(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> ComplaintAssigned:
    lead, copies = joint()
    await open_cases(tracker_pool, policy, calendar, lead, *copies)
    return lead


@pytest.fixture
def sweeper(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> Sweeper:
    return sweeper_of(tracker_pool, policy, calendar)


@pytest.mark.parametrize("lead_comes", ["first", "last", "between"])
async def test_whichever_copy_comes_first_there_is_one_case_with_a_contribution_of_each(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar, lead_comes: str
) -> None:
    lead, [one, other] = joint()
    order = {"first": [lead, one, other], "last": [one, other, lead], "between": [one, lead, other]}[lead_comes]
    for copy in order:
        await open_cases(tracker_pool, policy, calendar, copy)
    answer = await seen(tracker, lead)
    assert (answer["department"], answer["version"]) == (LEAD, 1)
    assert [one["department"] for one in answer["contributions"]] == [OTHER, HELPER]
    clocks = sorted((d["clock"], d["department"] or "") for d in answer["deadlines"] if d["clock"] == "contribute")
    assert clocks == [("contribute", OTHER), ("contribute", HELPER)]


async def test_its_part_is_due_in_half_of_the_replys_term(
    tracker: httpx.AsyncClient, case: ComplaintAssigned, policy: Policy, calendar: Calendar
) -> None:
    [owed] = (await tracker.get(f"/v1/departments/{HELPER}/contributions", headers=officer(HELPER))).json()["items"]
    assert (owed["complaint_id"], owed["lead"]) == (str(case.complaint_id), LEAD)
    asked_at, due_at = datetime.fromisoformat(owed["asked_at"]), datetime.fromisoformat(owed["due_at"])
    assert due_at == due(asked_at, Term.parse("5wd"), calendar, policy.counting).due_at


async def test_a_co_handler_contributes_once_and_the_lead_answers(
    tracker: httpx.AsyncClient, case: ComplaintAssigned, service_urls: dict[str, str]
) -> None:
    path = f"/v1/cases/{case.complaint_id}"
    answer = await act(tracker, case.complaint_id, "contributions", officer(HELPER), text="请联系13912345678。")
    assert answer.status_code == 200
    again = await act(tracker, case.complaint_id, "contributions", officer(HELPER), **SAID)
    assert (again.status_code, again.json()["why"]) == (409, "contributed_already")
    read = (await tracker.get(path, headers=officer(LEAD))).json()
    assert [one.get("text") for one in read["contributions"]] == [None, "请联系〔电话〕。"]
    assert (await tracker.get(f"/v1/departments/{HELPER}/contributions", headers=officer(HELPER))).json()["items"] == []
    for action in ("acknowledge", "reply"):
        assert (await act(tracker, case.complaint_id, action, officer(HELPER))).status_code == 403
    await done(tracker, case, "acknowledge", "reply")
    late = await act(tracker, case.complaint_id, "contributions", officer(OTHER), **SAID)
    assert (late.status_code, late.json()["why"]) == (409, "released")
    assert isinstance(await checked(service_urls["tracker"]), Whole)


async def test_whoever_was_not_asked_can_neither_read_nor_contribute(
    tracker: httpx.AsyncClient, case: ComplaintAssigned
) -> None:
    stranger = officer("forestry")
    assert (await tracker.get(f"/v1/cases/{case.complaint_id}", headers=stranger)).status_code == 403
    assert (await act(tracker, case.complaint_id, "contributions", stranger, **SAID)).status_code == 403
    assert (await act(tracker, case.complaint_id, "contributions", officer(LEAD), **SAID)).status_code == 403
    assert (await tracker.get(f"/v1/departments/{HELPER}/contributions", headers=stranger)).status_code == 403
    assert (await tracker.get(f"/v1/cases/{case.complaint_id}", headers=officer(HELPER))).status_code == 200


async def test_a_missed_contribution_counts_against_the_co_handler_and_not_the_lead(
    tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool, sweeper: Sweeper
) -> None:
    await act(tracker, case.complaint_id, "contributions", officer(OTHER), **SAID)
    await done(tracker, case, "acknowledge")
    await run_ahead(tracker_pool, timedelta(days=10))
    while await sweeper.sweep():
        pass
    rows = await tracker_pool.fetch("SELECT department, clock FROM inaction")
    assert [tuple(row) for row in rows] == [(HELPER, "contribute")]
    summary = (await tracker.get("/v1/supervision/summary")).json()["departments"]
    clocks = {one["code"]: set(one["deadlines"]) for one in summary}
    assert clocks == {LEAD: {"acknowledge", "reply"}, HELPER: {"contribute"}, OTHER: {"contribute"}}


async def test_what_the_lead_has_answered_is_owed_no_more(
    tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool, sweeper: Sweeper
) -> None:
    await done(tracker, case, "acknowledge", "reply")
    await run_ahead(tracker_pool, timedelta(days=90))
    assert await sweeper.sweep() == 0
    assert (await tracker.get(f"/v1/departments/{HELPER}/contributions", headers=SUPERVISOR)).json()["items"] == []


async def test_a_further_decision_keeps_the_clock_of_whoever_was_asked_before_and_releases_the_others(
    tracker: httpx.AsyncClient,
    case: ComplaintAssigned,
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
    service_urls: dict[str, str],
) -> None:
    before = {one["department"]: one for one in (await seen(tracker, case))["contributions"]}
    await run_ahead(tracker_pool, timedelta(days=1))
    again = placed_again(case, decided_by=DecisionSource.PERSON, co_handlers=(HELPER, "forestry"))
    await open_cases(tracker_pool, policy, calendar, again)
    after = {one["department"]: one for one in (await seen(tracker, case))["contributions"]}
    assert after[HELPER] == before[HELPER]
    assert "released_at" in after[OTHER]
    assert after["forestry"]["due_at"] > before[HELPER]["due_at"]
    assert (await tracker.get(f"/v1/cases/{case.complaint_id}", headers=officer(OTHER))).status_code == 403
    assert isinstance(await checked(service_urls["tracker"]), Whole)
