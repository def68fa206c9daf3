"""A department answers an incident on its page, for the cases that are ticked, and reads what became of each."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Page

from services.tracker import api as tracker_api
from services.tracker.acts.lifecycle_api import add_lifecycle_routes
from services.tracker.casework import Casework
from services.tracker.deadlines.calendar import Calendar
from services.tracker.incidents import incident_pages
from services.tracker.incidents.incident_pages import add_incident_pages
from services.tracker.incidents.incidents_api import add_incidents_routes
from services.tracker.moving import Rules
from services.tracker.pages.workbench_pages import add_workbench_pages
from services.tracker.record.record_api import add_record_routes
from shared.auth import Role
from shared.events import ComplaintAssigned
from shared.http import create_app
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from tests.integration.acting import done, officer
from tests.integration.browsers import browsing, serving
from tests.integration.cases import open_cases
from tests.integration.test_case_incidents import ANSWER, INCIDENT, OURS, THEIRS, of_incident
from tests.tokens import bearer, token, verifier

PAGE = f"/queue/incidents/{INCIDENT}"


def numbered(*numbers: int) -> list[ComplaintAssigned]:
    return [of_incident(ticket_number=f"20260101-{number:06d}-0") for number in numbers]


async def acknowledged(tracker: httpx.AsyncClient, *cases: ComplaintAssigned) -> None:
    for one in cases:
        await done(tracker, one, "acknowledge")


async def statuses(pool: Pool, *cases: ComplaintAssigned) -> list[str]:
    rows = await pool.fetch("SELECT complaint_id, status FROM cases")
    of = {row["complaint_id"]: row["status"] for row in rows}
    return [of[one.complaint_id] for one in cases]


def ticks(*cases: ComplaintAssigned, version: int = 2) -> list[str]:
    return [f"{one.complaint_id}@{version}" for one in cases]


async def sent(tracker: httpx.AsyncClient, **form: object) -> httpx.Response:
    return await tracker.post(PAGE, data=form, headers=officer(OURS))


async def test_the_page_shows_the_departments_cases_and_ticks_those_that_may_be_answered(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    ready, fresh = numbered(1, 2)
    theirs = of_incident(ticket_number="20260101-000009-0", department=THEIRS)
    await open_cases(tracker_pool, policy, calendar, ready, fresh, theirs)
    await acknowledged(tracker, ready)
    page = (await tracker.get(PAGE, headers=officer(OURS))).text
    assert page.count('type="checkbox"') == page.count(" checked") == 1
    assert f'value="{ticks(ready)[0]}"' in page
    assert ready.ticket_number in page
    assert fresh.ticket_number in page
    assert theirs.ticket_number not in page
    assert "答复 20" in page, "the terms that run stand beside the case"
    office = (await tracker.get(PAGE)).text
    assert theirs.ticket_number in office
    assert "<textarea" not in office


async def test_the_queue_and_the_case_lead_to_it(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    [one] = numbered(1)
    await open_cases(tracker_pool, policy, calendar, one)
    for path in ("/queue", f"/cases/{one.complaint_id}"):
        assert f'href="{PAGE}"' in (await tracker.get(path, headers=officer(OURS))).text


async def test_what_became_of_each_is_told_and_what_was_not_ticked_stays(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    good, moved, spared = numbered(1, 2, 3)
    await open_cases(tracker_pool, policy, calendar, good, moved, spared)
    await acknowledged(tracker, good, moved, spared)
    page = await sent(tracker, text=ANSWER, case=[*ticks(good), *ticks(moved, version=1)])
    assert page.status_code == 200
    assert "已答复 1 件，未答复 1 件" in page.text
    assert f"{moved.ticket_number}：工单已被他人更新" in page.text
    assert await statuses(tracker_pool, good, moved, spared) == ["replied", "in_progress", "in_progress"]
    # The words and the ticks stand as they were, to be sent again.
    assert f"{ANSWER}</textarea>" in page.text
    assert page.text.count(" checked") == 1


async def test_nothing_is_answered_without_words_or_ticks(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    [one] = numbered(1)
    await open_cases(tracker_pool, policy, calendar, one)
    await acknowledged(tracker, one)
    unticked = await sent(tracker, text=ANSWER)
    assert (unticked.status_code, "请先勾选工单" in unticked.text) == (422, True)
    assert " checked" not in unticked.text
    silent = await sent(tracker, text="  ", case=ticks(one))
    assert (silent.status_code, "text" in silent.text) == (422, True)
    blank = await sent(tracker, text="已于〔修复时间〕修复。", case=ticks(one))
    assert "空白" in blank.text
    assert await statuses(tracker_pool, one) == ["in_progress"]


async def test_of_more_than_a_page_all_may_be_answered_and_what_could_not_be_is_counted(
    tracker: httpx.AsyncClient,
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(incident_pages, "_ON_A_PAGE", 2)
    *many, fresh = numbered(1, 2, 3, 4)
    await open_cases(tracker_pool, policy, calendar, *many, fresh)
    await acknowledged(tracker, *many)
    page = (await tracker.get(f"{PAGE}?status=in_progress", headers=officer(OURS))).text
    assert "答复全部 3 件" in page
    assert 'id="next"' in page
    answered = await sent(tracker, text=ANSWER, whom="all")
    assert "已答复 3 件" in answered.text
    assert "已派单 dispatched 1 件" in answered.text
    assert await statuses(tracker_pool, *many, fresh) == ["replied"] * 3 + ["dispatched"]


async def test_others_find_nothing(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    await open_cases(tracker_pool, policy, calendar, *numbered(1))
    assert (await tracker.get(PAGE, headers=officer(THEIRS))).status_code == 404
    assert (await tracker.get(PAGE, headers=bearer(Role.CLERK))).status_code == 403
    assert (await tracker.post(PAGE, data={"text": ANSWER})).status_code == 403


@pytest.fixture
def app(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> FastAPI:
    app = create_app("Hotline tracker", verifier())
    casework = Casework(tracker_pool, Relay(tracker_pool, []), lambda: Rules(policy, calendar))
    tracker_api.add_routes(app, casework, lambda: policy, tracker_pool)
    add_lifecycle_routes(app, casework, lambda: policy)
    add_incidents_routes(app, casework, tracker_pool)
    add_record_routes(app, tracker_pool)
    add_workbench_pages(app, lambda: policy)
    add_incident_pages(app, lambda: policy)
    return app


@pytest.fixture
async def site(app: FastAPI) -> AsyncIterator[str]:
    async with serving(app) as url:
        yield url


@pytest.fixture
async def browser() -> AsyncIterator[Page]:
    async with browsing(scripts=False) as opened:
        yield opened


async def test_an_officer_answers_an_incident_but_for_one_case_in_a_real_browser(
    tracker: httpx.AsyncClient,
    site: str,
    browser: Page,
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
) -> None:
    said: list[str] = []
    browser.on("console", lambda message: said.append(message.text))
    cases = numbered(1, 2, 3)
    await open_cases(tracker_pool, policy, calendar, *cases)
    await acknowledged(tracker, *cases)
    await browser.goto(f"{site}/queue")
    await browser.fill("#token", token(Role.OFFICER, department=OURS))
    await browser.click("main button")
    await browser.click("#queue a:has-text('同一事件') >> nth=0")
    await browser.wait_for_url(f"{site}{PAGE}")
    assert await browser.locator("#cases input:checked").count() == 3
    await browser.uncheck(f"[aria-label='勾选 {cases[2].ticket_number}']")
    await browser.fill("#text", ANSWER)
    await browser.click("button[value=ticked]")
    assert "已答复 2 件，未答复 0 件" in await browser.inner_text("#outcome")
    assert await statuses(tracker_pool, *cases) == ["replied", "replied", "in_progress"]
    assert said == []
