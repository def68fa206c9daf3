"""A department answers an incident once, on a real database: each case by itself, with its own guards and record."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.tracker.deadlines.calendar import Calendar
from services.tracker.incidents import incidents_api
from services.tracker.incidents.incident_following import follow_changes
from services.tracker.record.verifying import Whole
from shared.consumer import BatchConsumer
from shared.events import CaseReplied, ComplaintAssigned, IncidentMembershipChanged
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.topics import COMPLAINTS_INCIDENTS
from shared.wire import decode
from tests.examples import NOW, assigned, message_record, record, waiting
from tests.integration.acting import done, officer, placed_again, seen
from tests.integration.cases import open_cases
from tests.integration.records import checked
from tests.integration.test_reports import this_month

OURS, THEIRS = "urban-management", "water-supply"
INCIDENT = UUID("018f4e2a-7c1b-7d3e-9f00-0000000000aa")
ANSWER = "南江河大桥路灯线路被挖断，已于当晚抢修恢复照明。"


def of_incident(**changes: Any) -> ComplaintAssigned:
    return assigned(**({"incident_id": INCIDENT, "incident_version": 1} | changes))


async def change(pool: Pool, *events: tuple[UUID, UUID | None, int]) -> None:
    """The router says of complaints which incident they tell of, in this order."""
    records = [
        record(
            IncidentMembershipChanged(complaint_id=one, incident_id=incident, incident_version=version, at=NOW),
            topic=COMPLAINTS_INCIDENTS,
            offset=offset,
        )
        for offset, (one, incident, version) in enumerate(events)
    ]
    await BatchConsumer("incidents", [IncidentMembershipChanged], follow_changes, pool, Relay(pool, []))(records)


async def reply(tracker: httpx.AsyncClient, by: str = OURS, **more: Any) -> httpx.Response:
    return await tracker.post(f"/v1/incidents/{INCIDENT}:reply", json={"text": ANSWER} | more, headers=officer(by))


async def cases_of(tracker: httpx.AsyncClient, headers: dict[str, str] | None = None) -> set[str]:
    answer = (await tracker.get(f"/v1/incidents/{INCIDENT}/cases", headers=headers)).json()
    return {item["complaint_id"] for item in answer["items"]}


async def test_each_waiting_case_of_the_departments_own_queue_is_replied_to_and_no_other(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar, service_urls: dict[str, str]
) -> None:
    ours, fresh, closed = of_incident(), of_incident(), of_incident()
    theirs, alone = of_incident(department=THEIRS), assigned()
    await open_cases(tracker_pool, policy, calendar, ours, fresh, closed, theirs, alone)
    for one in (ours, theirs, alone):
        await done(tracker, one, "acknowledge")
    await done(tracker, closed, "acknowledge", "reply", "request-callback", "close")
    answer = await reply(tracker)
    assert answer.status_code == 200, answer.text
    outcome = {item["complaint_id"]: item for item in answer.json()["items"]}
    assert outcome.keys() == {str(ours.complaint_id)}
    assert outcome[str(ours.complaint_id)]["replied"]
    # What nobody has acknowledged cannot be answered, here as on its own route.
    [left_out] = answer.json()["left_out"]
    assert (left_out["status"], left_out["cases"]) == ("dispatched", 1)
    assert "acknowledge" in left_out["why"]
    assert [(await seen(tracker, one))["status"] for one in (ours, fresh, theirs, alone)] == [
        "replied",
        "dispatched",
        "in_progress",
        "in_progress",
    ]
    events = [decode(message_record(message)).event for message in await waiting(tracker_pool)]
    told = [event.complaint_id for event in events if isinstance(event, CaseReplied) and event.reply == ANSWER]
    assert told == [ours.complaint_id]
    assert isinstance(await checked(service_urls["tracker"]), Whole)


async def test_cases_that_cannot_be_replied_to_keep_no_others_waiting_and_each_is_counted_with_its_why(
    tracker: httpx.AsyncClient,
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(incidents_api, "AT_MOST", 2)
    in_order = [of_incident(complaint_id=UUID(int=number)) for number in range(1, 8)]
    fresh, suspended, returned, reworked, *good = in_order
    await open_cases(tracker_pool, policy, calendar, *in_order)
    for one in (suspended, returned, reworked, *good):
        await done(tracker, one, "acknowledge")
    await done(tracker, suspended, "suspend")
    await done(tracker, returned, "request-return")
    await done(tracker, reworked, "reply", "rework")
    first = (await reply(tracker)).json()
    assert [item["complaint_id"] for item in first["items"]] == [str(one.complaint_id) for one in good[:2]]
    assert {one["status"]: one["cases"] for one in first["left_out"]} == {
        "dispatched": 1,
        "suspended": 1,
        "return_requested": 1,
        "rework": 1,
        "in_progress": 1,
    }
    second = (await reply(tracker)).json()
    assert [item["replied"] for item in second["items"]] == [True]
    third = (await reply(tracker)).json()
    assert (third["items"], len(third["left_out"])) == ([], 4)
    assert (await seen(tracker, fresh))["status"] == "dispatched"


async def test_the_versions_that_were_seen_are_guarded_and_others_cases_are_refused(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    good, moved, theirs, stranger = of_incident(), of_incident(), of_incident(department=THEIRS), assigned()
    await open_cases(tracker_pool, policy, calendar, good, moved, theirs, stranger)
    for one in (good, moved, theirs, stranger):
        await done(tracker, one, "acknowledge")
    meant = [(good, 2), (moved, 1), (theirs, 2), (stranger, 2)]
    cases = [{"complaint_id": str(one.complaint_id), "version": version} for one, version in meant]
    items = (await reply(tracker, cases=cases)).json()["items"]
    assert [item["complaint_id"] for item in items] == [case["complaint_id"] for case in cases]
    assert [item["replied"] for item in items] == [True, False, False, False]
    assert [item["problem"]["status"] for item in items[1:]] == [409, 403, 403]
    assert items[1]["problem"]["version_now"] == 2


async def test_a_blank_of_a_template_is_refused_for_every_case(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    one = of_incident()
    await open_cases(tracker_pool, policy, calendar, one)
    await done(tracker, one, "acknowledge")
    [item] = (await reply(tracker, text="已于〔修复时间〕修复。")).json()["items"]
    assert (item["replied"], item["problem"]["why"]) == (False, "blank_left")
    assert (await seen(tracker, one))["status"] == "in_progress"


async def test_where_nothing_waits_it_says_so(tracker: httpx.AsyncClient, tracker_pool: Pool) -> None:
    assert not await tracker_pool.fetchval("SELECT count(*) FROM cases")
    assert (await reply(tracker)).status_code == 404


async def test_an_officer_sees_the_departments_cases_and_the_office_sees_all(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    ours, theirs = of_incident(), of_incident(department=THEIRS)
    await open_cases(tracker_pool, policy, calendar, ours, theirs)
    assert await cases_of(tracker, officer(OURS)) == {str(ours.complaint_id)}
    assert await cases_of(tracker) == {str(ours.complaint_id), str(theirs.complaint_id)}
    queue = (await tracker.get(f"/v1/departments/{OURS}/cases", headers=officer(OURS))).json()["items"]
    assert [item["incident_id"] for item in queue] == [str(INCIDENT)]


async def test_the_departments_page_marks_cases_of_one_incident(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    await open_cases(tracker_pool, policy, calendar, of_incident(), of_incident(), assigned())
    page = (await tracker.get("/queue", headers=officer(OURS))).text
    assert page.count("同一事件，本页2件") == 2


async def test_what_the_router_says_later_holds_in_whatever_order_it_comes(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    opener, taken_out, early = assigned(), of_incident(), uuid4()
    await open_cases(tracker_pool, policy, calendar, opener, taken_out)
    await change(tracker_pool, (taken_out.complaint_id, None, 3), (taken_out.complaint_id, uuid4(), 2))
    await change(tracker_pool, (taken_out.complaint_id, INCIDENT, 1), (opener.complaint_id, INCIDENT, 1))
    assert await cases_of(tracker) == {str(opener.complaint_id)}
    # Said before the case is there.
    await change(tracker_pool, (early, INCIDENT, 2))
    await open_cases(tracker_pool, policy, calendar, of_incident(complaint_id=early, incident_id=uuid4()))
    assert await cases_of(tracker) == {str(opener.complaint_id), str(early)}


async def test_the_cases_of_an_incident_are_counted_by_status_and_read_page_by_page(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    cases = [of_incident(complaint_id=UUID(int=number)) for number in range(1, 6)]
    await open_cases(tracker_pool, policy, calendar, *cases, of_incident(department=THEIRS))
    for one in cases[2:]:
        await done(tracker, one, "acknowledge")
    path, asked = f"/v1/incidents/{INCIDENT}/cases", {"status": "in_progress", "limit": "2"}
    first = (await tracker.get(path, params=asked, headers=officer(OURS))).json()
    rest = (await tracker.get(path, params=asked | {"after": first["next"]}, headers=officer(OURS))).json()
    assert first["statuses"] == {"dispatched": 2, "in_progress": 3}
    assert [item["complaint_id"] for item in first["items"] + rest["items"]] == [
        str(one.complaint_id) for one in cases[2:]
    ]
    assert "next" not in rest
    assert first["items"][0]["deadlines"]


async def test_a_case_takes_its_incident_along_to_another_department(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    one = of_incident()
    await open_cases(tracker_pool, policy, calendar, one)
    await open_cases(tracker_pool, policy, calendar, placed_again(one, department=THEIRS))
    assert await cases_of(tracker, officer(OURS)) == set()
    assert await cases_of(tracker, officer(THEIRS)) == {str(one.complaint_id)}


async def test_the_monthly_report_names_the_incidents_and_lists_what_it_counts(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    hot = [of_incident() for _ in range(3)]
    lone = of_incident(incident_id=uuid4())
    await open_cases(tracker_pool, policy, calendar, *hot, lone, assigned())
    month = await this_month(tracker_pool)
    [incident] = (await tracker.get(f"/v1/reports/monthly/{month}")).json()["incidents"]
    assert (incident["incident_id"], incident["received"], incident["department"]) == (str(INCIDENT), 3, OURS)
    behind = (await tracker.get(f"/v1/reports/monthly/{month}/incidents/{INCIDENT}")).json()["items"]
    assert {item["complaint_id"] for item in behind} == {str(one.complaint_id) for one in hot}
    page = (await tracker.get(f"/reports/monthly/{month}")).text
    assert "热点事件" in page
    assert str(INCIDENT) in page
