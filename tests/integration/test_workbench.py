"""Departments and offices work cases in the browser's pages, which ask the same API that programs ask."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Page
from uuid_utils.compat import uuid7

from services.tracker import api as tracker_api
from services.tracker.acts.lifecycle_api import add_lifecycle_routes
from services.tracker.casework import Casework
from services.tracker.deadlines.calendar import Calendar
from services.tracker.moving import Rules
from services.tracker.pages.workbench_pages import add_workbench_pages
from services.tracker.record.record_api import add_record_routes
from shared.auth import Role
from shared.events import ComplaintAssigned
from shared.http import create_app
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from tests.examples import assigned
from tests.integration.browsers import browsing, serving
from tests.integration.cases import open_cases
from tests.tokens import bearer, token, verifier

OURS, THEIRS = "urban-management", "water-supply"


@pytest.fixture
async def case(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> ComplaintAssigned:
    case = assigned(title="河街口路灯不亮")
    await open_cases(tracker_pool, policy, calendar, case)
    return case


def officer(department: str = OURS) -> dict[str, str]:
    return bearer(Role.OFFICER, department=department)


async def status_of(pool: Pool, case: ComplaintAssigned) -> str:
    return str(await pool.fetchval("SELECT status FROM cases WHERE complaint_id = $1", case.complaint_id))


async def sent(
    tracker: httpx.AsyncClient, case: ComplaintAssigned, do: str, headers: dict[str, str], **said: Any
) -> httpx.Response:
    form = {"do": do, "version": "1"} | said
    return await tracker.post(f"/cases/{case.complaint_id}", data=form, headers=headers)


async def test_a_department_sees_its_queue_and_no_other(tracker: httpx.AsyncClient, case: ComplaintAssigned) -> None:
    ours = await tracker.get("/queue", headers=officer())
    assert case.ticket_number in ours.text
    assert "河街口路灯不亮" in ours.text
    theirs = await tracker.get("/queue", headers=officer(THEIRS))
    assert theirs.status_code == 200
    assert case.ticket_number not in theirs.text
    spied = await tracker.get(f"/queue?department={OURS}", headers=officer(THEIRS))
    assert spied.status_code == 403


async def test_the_supervision_office_chooses_a_department(tracker: httpx.AsyncClient, case: ComplaintAssigned) -> None:
    page = await tracker.get(f"/queue?department={OURS}&status=dispatched")
    assert case.ticket_number in page.text
    assert "签收勾选" not in page.text
    closed = await tracker.get(f"/queue?department={OURS}&status=closed")
    assert case.ticket_number not in closed.text


async def test_a_queue_is_read_page_by_page(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    cases = [assigned(complaint_id=uuid7(), ticket_number=f"20260101-{number:06d}-0") for number in range(51)]
    await open_cases(tracker_pool, policy, calendar, *cases)
    first = await tracker.get("/queue", headers=officer())
    assert cases[49].ticket_number in first.text
    assert cases[50].ticket_number not in first.text
    second = await tracker.get(f"/queue?after={cases[49].complaint_id}", headers=officer())
    assert cases[50].ticket_number in second.text
    assert "下一页" not in second.text


async def test_ticked_cases_are_acknowledged_and_what_has_moved_is_told(
    tracker: httpx.AsyncClient, tracker_pool: Pool, case: ComplaintAssigned
) -> None:
    ticked = {"case": [f"{case.complaint_id}@1"]}
    done = await tracker.post("/queue", data=ticked, headers=officer())
    assert (done.status_code, done.headers["location"]) == (303, "/queue")
    assert await status_of(tracker_pool, case) == "in_progress"
    again = await tracker.post("/queue", data=ticked, headers=officer())
    assert again.status_code == 200
    assert "工单已被他人更新" in again.text


async def test_the_page_of_a_case_says_day_by_day_how_its_deadlines_were_counted(
    tracker: httpx.AsyncClient, case: ComplaintAssigned
) -> None:
    page = (await tracker.get(f"/cases/{case.complaint_id}", headers=officer())).text
    assert case.text in page
    assert case.reason in page
    assert "第 1 日" in page
    assert "立案当日不计" in page


@pytest.mark.parametrize("path", ["/cases/{}", "/queue"])
async def test_nobody_reads_without_a_role_for_it(
    tracker: httpx.AsyncClient, case: ComplaintAssigned, path: str
) -> None:
    page = await tracker.get(path.format(case.complaint_id), headers=bearer(Role.CLERK))
    assert page.status_code == 403


async def test_an_officer_of_another_department_reads_nothing_of_a_case(
    tracker: httpx.AsyncClient, case: ComplaintAssigned
) -> None:
    page = await tracker.get(f"/cases/{case.complaint_id}", headers=officer(THEIRS))
    assert page.status_code == 403
    assert case.ticket_number not in page.text


async def test_the_forms_are_those_of_who_looks_and_of_where_the_case_stands(
    tracker: httpx.AsyncClient, case: ComplaintAssigned
) -> None:
    mine = (await tracker.get(f"/cases/{case.complaint_id}", headers=officer())).text
    assert 'value="acknowledge"' in mine
    assert 'value="decline"' not in mine
    office = (await tracker.get(f"/cases/{case.complaint_id}")).text
    assert 'value="supervise"' in office
    assert 'value="acknowledge"' not in office
    administrator = await tracker.get(f"/cases/{case.complaint_id}", headers=bearer(Role.ADMINISTRATOR))
    assert 'name="do"' not in administrator.text


async def test_a_case_goes_its_whole_way_by_its_page(
    tracker: httpx.AsyncClient, tracker_pool: Pool, case: ComplaintAssigned
) -> None:
    office = bearer(Role.OPERATOR)
    steps: list[tuple[str, dict[str, str], dict[str, str]]] = [
        ("acknowledge", officer(), {}),
        ("request-extension", officer(), {"term": "3", "reason": "等待配件"}),
        ("grant-extension", office, {"reason": "情况属实"}),
        ("reply", officer(), {"text": "路灯已经修好。"}),
        ("request-callback", office, {}),
        ("close", office, {"contacted": "true", "satisfaction": "satisfied"}),
    ]
    for version, (do, who, said) in enumerate(steps, start=1):
        answer = await sent(tracker, case, do, who, version=str(version), **said)
        assert answer.status_code == 303, (do, answer.text)
    assert await status_of(tracker_pool, case) == "closed"
    page = (await tracker.get(f"/cases/{case.complaint_id}", headers=officer())).text
    assert "申请延期：等待配件" in page
    record = page[page.index("全过程记录") :]
    assert record.index("签收") < record.index("申请延期") < record.index("转回访") < record.index("办结")
    assert 'name="do"' not in page


async def test_what_is_refused_is_shown_beside_what_was_typed(
    tracker: httpx.AsyncClient, tracker_pool: Pool, case: ComplaintAssigned
) -> None:
    answer = await sent(tracker, case, "request-return", officer(), reason="不属于本单位职责")
    assert answer.status_code == 422
    assert "不属于本单位职责</textarea>" in answer.text
    assert "basis" in answer.text
    stale = await sent(tracker, case, "acknowledge", officer(), version="7")
    assert stale.status_code == 409
    assert "工单已被他人更新" in stale.text
    assert await status_of(tracker_pool, case) == "dispatched"


async def test_an_unknown_action_is_refused(tracker: httpx.AsyncClient, case: ComplaintAssigned) -> None:
    assert (await sent(tracker, case, "delete", officer())).status_code == 422


async def test_a_co_handler_contributes_by_the_page(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    joint = assigned(co_handlers=(THEIRS,))
    helping = joint.model_copy(update={"department": THEIRS, "lead": OURS, "co_handlers": ()})
    await open_cases(tracker_pool, policy, calendar, joint, helping)
    page = (await tracker.get(f"/cases/{joint.complaint_id}", headers=officer(THEIRS))).text
    assert 'value="contributions"' in page
    assert 'value="acknowledge"' not in page
    answer = await sent(tracker, joint, "contributions", officer(THEIRS), text="水管已查，无漏水。")
    assert answer.status_code == 303, answer.text
    lead = (await tracker.get(f"/cases/{joint.complaint_id}", headers=officer())).text
    assert "水管已查，无漏水。" in lead


@pytest.fixture
async def site(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> AsyncIterator[str]:
    app = create_app("Hotline tracker", verifier())
    casework = Casework(tracker_pool, Relay(tracker_pool, []), lambda: Rules(policy, calendar))
    tracker_api.add_routes(app, casework, lambda: policy, tracker_pool)
    add_lifecycle_routes(app, casework, lambda: policy)
    add_record_routes(app, tracker_pool)
    add_workbench_pages(app, lambda: policy)
    async with serving(app) as url:
        yield url


@pytest.fixture
async def browser() -> AsyncIterator[Page]:
    async with browsing(scripts=True) as opened:
        yield opened


async def test_an_officer_logs_in_acknowledges_and_answers_in_a_real_browser(
    site: str, browser: Page, tracker_pool: Pool, case: ComplaintAssigned
) -> None:
    await browser.goto(f"{site}/queue")
    await browser.fill("textarea[name=token], input[name=token]", token(Role.OFFICER, department=OURS))
    await browser.click("main button")
    await browser.check("#queue input[name=case]")
    await browser.click("text=签收勾选的工单")
    await browser.click(f"text={case.ticket_number}")
    await browser.click("summary:has-text('答复 Reply')")
    await browser.fill("#reply-text", "路灯已经修好。")
    await browser.click("#reply button")
    await browser.wait_for_selector("h1:has-text('已答复')")
    assert await status_of(tracker_pool, case) == "replied"
