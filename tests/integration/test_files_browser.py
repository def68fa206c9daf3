"""A real browser at a complaint's files and at who its reporter is: staff by their login, the reporter by the code."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Page

from services.intake.acceptance import Acceptance
from services.intake.attachments.attachment_files import AttachmentFiles
from services.intake.attachments.attachments import Attachments
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.vault import Keyring
from services.tracker import api as tracker_api
from services.tracker.casework import Casework
from services.tracker.deadlines.calendar import Calendar
from services.tracker.moving import Rules
from services.tracker.pages.workbench_pages import add_workbench_pages
from services.tracker.record.record_api import add_record_routes
from shared.auth import Role
from shared.http import create_app
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from tests.examples import assigned, submission
from tests.integration.browsers import browsing, log_in, serving
from tests.integration.cases import open_cases
from tests.integration.intake_pages import application
from tests.integration.reporters import ACCUSED, HOLDER, REPORTER, follow, opened
from tests.tokens import bearer, token, verifier
from tests.unit.intake.attachments.test_attachment_content import PDF


@pytest.fixture
async def site(
    intake_pool: Pool,
    acceptance: Acceptance,
    county: County,
    blind_index: BlindIndex,
    keyring: Keyring,
    tmp_path: Path,
) -> AsyncIterator[str]:
    attachments = Attachments(intake_pool, AttachmentFiles.at(str(tmp_path / "files")))
    app = application(intake_pool, acceptance, county, blind_index, attachments, keyring=keyring)
    async with serving(app) as url:
        yield url


@pytest.fixture
async def workbench(site: str, tracker_pool: Pool, policy: Policy, calendar: Calendar) -> AsyncIterator[str]:
    app = create_app("Hotline tracker", verifier())
    casework = Casework(tracker_pool, Relay(tracker_pool, []), lambda: Rules(policy, calendar))
    tracker_api.add_routes(app, casework, lambda: policy, tracker_pool)
    add_record_routes(app, tracker_pool)
    add_workbench_pages(app, lambda: policy, f"{site}/")
    async with serving(app) as url:
        yield url


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browsing(scripts=False) as opened:
        yield opened


@pytest.fixture
async def ticket(site: str, intake_pool: Pool) -> dict[str, Any]:
    """A complaint with one file, which accuses one department and lies with another."""
    form = submission("A-1", accused=ACCUSED, reporter=REPORTER)
    async with httpx.AsyncClient(base_url=site, headers=bearer(Role.ADAPTER)) as client:
        answer: dict[str, Any] = (await client.post("/v1/complaints", json=form)).json()
        added = await client.post(
            f"/v1/complaints/{answer['ticket_number']}/attachments",
            files={"file": ("a.pdf", PDF, "application/pdf")},
            headers={"X-Hotline-Query-Code": answer["query_code"]},
        )
    assert added.status_code == 201
    await follow(intake_pool, opened(answer["complaint_id"]))
    return answer


async def saved(page: Page, button: str) -> tuple[str, bytes]:
    """The name and the content of what a click saves."""
    async with page.expect_download() as download:
        await page.click(button)
    told = await download.value
    return told.suggested_filename, (await told.path()).read_bytes()


async def test_from_the_page_of_a_case_its_department_opens_the_files_with_the_login_that_it_has(
    page: Page,
    site: str,
    workbench: str,
    ticket: dict[str, Any],
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
) -> None:
    complaint_id = UUID(ticket["complaint_id"])
    case = assigned(complaint_id=complaint_id, ticket_number=ticket["ticket_number"], department=HOLDER)
    await open_cases(tracker_pool, policy, calendar, case)
    await log_in(page, f"{workbench}/cases/{complaint_id}", token(Role.OFFICER, department=HOLDER))
    await page.click("text=附件 Files")
    assert page.url == f"{site}/files?ticket_number={ticket['ticket_number']}"
    name, content = await saved(page, "#files a")
    assert name.startswith(ticket["ticket_number"])
    assert name.endswith(".pdf")
    assert content == PDF


async def test_the_operators_page_leads_to_the_files(page: Page, site: str, ticket: dict[str, Any]) -> None:
    await log_in(page, f"{site}/operator", token(Role.OPERATOR))
    await page.click("nav >> text=附件 Files")
    await page.fill("#ticket_number", ticket["ticket_number"])
    await page.press("#ticket_number", "Enter")
    assert (await saved(page, "#files a"))[1] == PDF
    await page.fill("#ticket_number", "../../reporter")
    await page.click("text=查看 Show")
    assert "请核对工单编号" in await page.inner_text("[role=alert]")


async def test_whoever_may_not_see_them_is_told_so_on_the_page(page: Page, site: str, ticket: dict[str, Any]) -> None:
    address = f"{site}/files?ticket_number={ticket['ticket_number']}"
    await log_in(page, address, token(Role.OFFICER, Role.SUPERVISOR, department=ACCUSED))
    assert "不对您开放" in await page.inner_text("[role=alert]")
    assert await page.locator("#files").count() == 0


async def test_without_a_login_a_file_leads_to_the_login(page: Page, site: str, ticket: dict[str, Any]) -> None:
    await page.goto(f"{site}/v1/complaints/{ticket['ticket_number']}/attachments/{'0' * 64}")
    assert page.url.startswith(f"{site}/login?to=")


async def test_a_session_adds_no_files_for_forms_of_others_would_too(site: str, ticket: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=site, cookies={"hotline_session": token(Role.OPERATOR)}) as client:
        path = f"/v1/complaints/{ticket['ticket_number']}/attachments"
        answer = await client.post(path, files={"file": ("b.pdf", PDF + b"\n", "application/pdf")})
        assert answer.status_code == 422
        assert len((await client.get(path)).json()["attachments"]) == 1


async def test_the_reporter_saves_a_file_with_the_code_which_stands_in_no_address(
    page: Page, site: str, ticket: dict[str, Any]
) -> None:
    asked: list[tuple[str, str]] = []
    page.on("request", lambda one: asked.append((one.method, one.url)))
    await page.goto(f"{site}/lookup")
    await page.fill("#ticket_number", ticket["ticket_number"])
    await page.fill("#query_code", ticket["query_code"])
    await page.click("text=查询 Look up")
    assert "文件 document (PDF)" in await page.inner_text("#files")
    assert (await saved(page, "#files button"))[1] == PDF
    assert ("POST", f"{site}/lookup/file") in asked
    assert [url for _, url in asked if ticket["query_code"] in url] == []


async def test_a_file_is_handed_to_nobody_with_another_code(site: str, ticket: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=site) as client:
        own = {"X-Hotline-Query-Code": ticket["query_code"]}
        listed = await client.get(f"/v1/complaints/{ticket['ticket_number']}/attachments", headers=own)
        [file] = listed.json()["attachments"]
        form = {"ticket_number": ticket["ticket_number"], "sha256": file["sha256"]}
        right = await client.post("/lookup/file", data=form | {"query_code": ticket["query_code"]})
        assert (right.status_code, right.content) == (200, PDF)
        assert right.headers["content-disposition"].startswith("attachment;")
        assert right.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in right.headers["cache-control"]
        for wrong in ({"query_code": "AAAAAAAA"}, {"query_code": ""}, {}):
            assert (await client.post("/lookup/file", data=form | wrong)).status_code == 404


async def test_an_officer_states_a_purpose_and_is_told_what_it_needs_which_is_recorded(
    page: Page, site: str, ticket: dict[str, Any], intake_pool: Pool
) -> None:
    await log_in(
        page,
        f"{site}/reporter?ticket_number={ticket['ticket_number']}",
        token(Role.OFFICER, department=HOLDER, subject="0301"),
    )
    # What the own role may ask for stands first.
    assert await page.input_value("#purpose") == "contact_for_handling"
    await page.fill("#note", f"约上门，{REPORTER['phone']}")
    await page.click("text=查询 Read")
    told = await page.inner_text("#known")
    assert [part for part in ("name", "phone", "email", "address") if REPORTER[part] not in told] == []
    assert REPORTER["id_number"] not in told
    assert REPORTER["phone"] not in page.url
    await page.select_option("#purpose", "legal_request")
    await page.click("text=查询 Read")
    assert "不能以此用途" in await page.inner_text("[role=alert]")
    rows = await intake_pool.fetch("SELECT subject, purpose, note, refused FROM vault_reads ORDER BY read_id")
    assert [tuple(row) for row in rows] == [
        ("0301", "contact_for_handling", "约上门，〔电话〕", None),
        ("0301", "legal_request", "约上门，〔电话〕", "purpose"),
    ]


async def test_the_pages_fit_a_telephone(page: Page, site: str, ticket: dict[str, Any]) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    number = ticket["ticket_number"]
    wide: dict[str, int] = {}

    async def measure(name: str) -> None:
        wide[name] = await page.evaluate("document.documentElement.scrollWidth")

    await page.goto(f"{site}/lookup")
    await page.fill("#ticket_number", number)
    await page.fill("#query_code", ticket["query_code"])
    await page.click("text=查询 Look up")
    await measure("lookup")
    await log_in(page, f"{site}/operator", token(Role.OPERATOR))
    await page.fill("#phone", REPORTER["phone"])
    await page.click("button[value=check]")
    await page.locator("#earlier", has_text=number).wait_for()
    await measure("operator")
    await page.goto(f"{site}/files?ticket_number={number}")
    await measure("files")
    await page.goto(f"{site}/reporter?ticket_number={number}")
    await page.click("text=查询 Read")
    await page.locator("#known").wait_for()
    await measure("reporter")
    assert wide == dict.fromkeys(wide, 360)
