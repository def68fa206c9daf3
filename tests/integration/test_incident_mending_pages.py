"""The centre finds an incident on a page, takes out what is none of it, joins what is, and parts what was merged."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Page

from services.router.incidents import incident_pages
from services.router.incidents.incident_pages import add_incident_pages
from services.router.incidents.incidents_api import add_incidents_routes
from services.router.incidents.mending_api import add_mending_routes
from shared.auth import Role
from shared.events import ComplaintReceived
from shared.http import create_app
from shared.language import Confidentiality
from shared.outbox import Relay
from shared.postgres import Pool
from tests.examples import received
from tests.integration.browsers import browsing, serving
from tests.integration.conftest import client_of
from tests.integration.gathered import Router, county, crowd
from tests.integration.test_incidents_api import REASON, an_hour_ago
from tests.integration.test_splitting import merged
from tests.tokens import bearer, token, verifier


@pytest.fixture
def app(router_pool: Pool) -> FastAPI:
    app = create_app("Hotline router", verifier())
    routing = county().routing
    add_incidents_routes(app, router_pool, lambda: routing)
    add_mending_routes(app, router_pool, Relay(router_pool, []), lambda: routing)
    add_incident_pages(app, lambda: routing.policy)
    return app


@pytest.fixture
async def router(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, bearer(Role.OPERATOR, subject="operator-1")) as client:
        yield client


def numbered(number: int) -> list[ComplaintReceived]:
    """A crowd, each with a ticket number of its own."""
    return [
        one.model_copy(update={"ticket_number": f"20261124-{place:06d}-0"})
        for place, one in enumerate(crowd(number, an_hour_ago()), 1)
    ]


def page_of(complaints: list[ComplaintReceived]) -> str:
    return f"/incidents/{complaints[0].complaint_id}"


async def members(pool: Pool) -> set[str]:
    rows = await pool.fetch("SELECT complaint_id FROM memberships WHERE in_force AND incident_id IS NOT NULL")
    return {str(row["complaint_id"]) for row in rows}


async def test_the_list_shows_what_grows_first_and_may_be_had_of_one_department(
    router: httpx.AsyncClient, router_pool: Pool
) -> None:
    water = crowd(4, an_hour_ago() - timedelta(hours=40))
    lamps = [
        received(text="北街的路灯全部不亮，晚上黑漆漆的。", place="城关镇北街", accepted_at=an_hour_ago())
        for _ in range(2)
    ]
    await Router(router_pool).take_in(*water, *lamps)
    page = (await router.get("/incidents")).text
    assert page.index("城关镇北街") < page.index("城关镇新街")
    assert "<script" not in page
    by_size = (await router.get("/incidents?order=size")).text
    assert by_size.index("城关镇新街") < by_size.index("城关镇北街")
    only = (await router.get("/incidents?order=nonsense&department=water-supply")).text
    assert "城关镇新街" in only
    assert "城关镇北街" not in only


async def test_the_list_and_an_incident_are_read_page_by_page(
    router: httpx.AsyncClient, router_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incident_pages, "_ON_A_PAGE", 2)
    complaints = numbered(3)
    await Router(router_pool).take_in(*complaints)
    first = (await router.get(page_of(complaints))).text
    assert complaints[1].ticket_number in first.split('id="history"')[0]
    assert f'aria-label="勾选 {complaints[2].ticket_number}"' not in first
    second = (await router.get(f"{page_of(complaints)}?after={complaints[1].complaint_id}")).text
    assert f'aria-label="勾选 {complaints[2].ticket_number}"' in second
    assert 'id="next"' not in second


async def test_what_is_withheld_is_not_shown(router: httpx.AsyncClient, router_pool: Pool) -> None:
    first, second = numbered(2)
    hidden = second.model_copy(update={"confidentiality": Confidentiality.CONFIDENTIAL, "text": f"{second.text}速来。"})
    await Router(router_pool).take_in(first, hidden)
    page = (await router.get(page_of([first]))).text
    assert first.text in page
    assert "速来" not in page
    assert "保密，不显示" in page


async def test_what_is_refused_is_told_and_what_was_typed_stays(router: httpx.AsyncClient, router_pool: Pool) -> None:
    complaints = numbered(3)
    await Router(router_pool).take_in(*complaints)
    path = page_of(complaints)
    unticked = await router.post(f"{path}/remove", data={"reason": "不是同一处"})
    assert (unticked.status_code, 'value="不是同一处"' in unticked.text) == (422, True)
    silent = await router.post(f"{path}/remove", data={"reason": " ", "complaint": str(complaints[2].complaint_id)})
    assert (silent.status_code, silent.text.count(" checked")) == (422, 1)
    unknown = await router.post(f"{path}/join", data={"reason": REASON, "complaints": "20200101-000001-1, 什么"})
    assert (unknown.status_code, "20200101-000001-1, 什么</textarea>" in unknown.text) == (422, True)
    missing = await router.post(f"{path}/join", data={"reason": REASON, "complaints": "20200101-000001-1"})
    assert missing.status_code == 404
    assert "未作任何改动" in missing.text
    assert "20200101-000001-1</p>" in missing.text
    assert (await router.post(f"{path}/reply", data={"reason": REASON})).status_code == 422
    assert len(await members(router_pool)) == 3


async def test_when_all_are_taken_out_the_page_leads_back_to_the_list(
    router: httpx.AsyncClient, router_pool: Pool
) -> None:
    complaints = numbered(2)
    await Router(router_pool).take_in(*complaints)
    form = {"reason": REASON, "complaint": [str(one.complaint_id) for one in complaints]}
    done = await router.post(f"{page_of(complaints)}/remove", data=form)
    assert (done.status_code, done.headers["location"]) == (303, "/incidents")
    assert (await router.get(page_of(complaints))).status_code == 404


async def test_what_was_merged_is_offered_to_be_split_and_goes_back(
    router: httpx.AsyncClient, router_pool: Pool
) -> None:
    found, _ = await merged(router_pool)
    path = f"/incidents/{found.stays}"
    assert f'id="split-{found.former}"' in (await router.get(path)).text
    done = await router.post(f"{path}/split", data={"former": str(found.former), "reason": REASON})
    assert (done.status_code, done.headers["location"]) == (303, path)
    assert len(await found.parts()) == 2
    assert "并入的事件" not in (await router.get(path)).text


async def test_nobody_else_sees_or_mends_them(router: httpx.AsyncClient, router_pool: Pool) -> None:
    complaints = numbered(2)
    await Router(router_pool).take_in(*complaints)
    for headers in (bearer(Role.OFFICER, department="water-supply"), bearer(Role.ADMINISTRATOR)):
        for path in ("/incidents", page_of(complaints)):
            assert (await router.get(path, headers=headers)).status_code == 403
        assert (await router.post(f"{page_of(complaints)}/remove", headers=headers)).status_code == 403


async def test_an_operator_takes_a_complaint_out_and_joins_it_again_in_a_real_browser(
    app: FastAPI, router_pool: Pool
) -> None:
    complaints = numbered(3)
    await Router(router_pool).take_in(*complaints)
    said: list[str] = []
    async with serving(app) as site, browsing(scripts=False) as browser:
        browser.on("console", lambda message: said.append(message.text))
        await take_out_and_join(browser, site, complaints, router_pool)
    assert said == []


async def take_out_and_join(browser: Page, site: str, complaints: list[ComplaintReceived], pool: Pool) -> None:
    out = complaints[1]
    await browser.goto(f"{site}/incidents")
    await browser.fill("#token", token(Role.OPERATOR, subject="operator-1"))
    await browser.click("main button")
    await browser.click("#incidents a")
    await browser.check(f"[aria-label='勾选 {out.ticket_number}']")
    await browser.fill("#remove-reason", "那是另一条街")
    await browser.click("#remove button")
    await browser.wait_for_selector("h1:has-text('2 件')")
    assert await members(pool) == {str(one.complaint_id) for one in (complaints[0], complaints[2])}
    newest = await browser.inner_text("#history tbody tr >> nth=0")
    for told in ("移出", "operator-1", "那是另一条街", out.ticket_number):
        assert told in newest
    await browser.fill("#complaints-to-join", str(out.complaint_id))
    await browser.fill("#join-reason", "又问过，是同一处")
    await browser.click("#join button")
    await browser.wait_for_selector("h1:has-text('3 件')")
    assert len(await members(pool)) == 3
