"""A real browser at the pages of staff: what the same reporter brought before is told while somebody types."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page

from services.intake.acceptance import Acceptance
from services.intake.attachments.attachment_content import MediaType
from services.intake.attachments.attachment_files import AttachmentFiles
from services.intake.attachments.attachments import Attachments
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from shared.auth import Role
from shared.postgres import Pool
from tests.examples import submission
from tests.integration.browsers import browsing, log_in, serving
from tests.integration.intake_pages import application
from tests.tokens import bearer, token
from tests.unit.intake.attachments.test_attachment_content import corners, encoded

PHONE, IDENTITY = "13800000000", "610927209901010012"
TEXT = "小区楼下的路灯坏了半个月，报了几次没有人来修。"
CHOSEN = "document.querySelector('#photos').files.length"


@pytest.fixture
async def site(
    intake_pool: Pool, acceptance: Acceptance, county: County, blind_index: BlindIndex, tmp_path: Path
) -> AsyncIterator[str]:
    attachments = Attachments(intake_pool, AttachmentFiles.at(str(tmp_path / "files")))
    async with serving(application(intake_pool, acceptance, county, blind_index, attachments)) as url:
        yield url


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browsing(scripts=True) as opened:
        yield opened


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "lamp.jpg"
    file.write_bytes(encoded(corners(), MediaType.JPEG))
    return file


async def brought(site: str) -> str:
    """The ticket number of what the same reporter brought on another channel."""
    reporter = {"name": "测试甲", "phone": PHONE, "id_number": IDENTITY}
    form = submission("B-1", channel="web_portal", reporter=reporter)
    async with httpx.AsyncClient(base_url=site) as client:
        answer = await client.post("/v1/complaints", json=form, headers=bearer(Role.ADAPTER))
    return str(answer.json()["ticket_number"])


@pytest.mark.parametrize(
    ("path", "role", "field", "number"),
    [("/operator", Role.OPERATOR, "#phone", PHONE), ("/desk", Role.CLERK, "#id_number", IDENTITY)],
)
async def test_an_earlier_complaint_on_another_channel_is_told_while_somebody_types(
    page: Page, site: str, photo: Path, path: str, role: Role, field: str, number: str
) -> None:
    ticket = await brought(site)
    asked: list[tuple[str, str, str]] = []
    await log_in(page, f"{site}{path}", token(role))
    page.on("request", lambda one: asked.append((one.method, one.url, one.post_data or "")))
    await page.set_input_files("#photos", photo)
    await page.locator(field).press_sequentially(number)
    row = page.locator("#earlier tbody tr", has_text=ticket)
    await row.wait_for()
    assert "已受理" in await row.inner_text()
    assert "是，可能重复" not in await row.inner_text()
    await page.locator("#text").press_sequentially(TEXT)
    await page.locator("#hints .told", has_text=f"可能与工单 {ticket} 重复").wait_for()
    assert "是，可能重复" in await row.inner_text()
    # No page was loaded anew: the photo is chosen still, and all that was sent are questions.
    assert await page.evaluate(CHOSEN) == 1
    hints = {f"{site}/same-incident", f"{site}/earlier-complaints"}
    assert {url for method, url, _ in asked if method == "POST"} == hints
    assert [url for _, url, _ in asked if number in url] == []
    assert {url for _, url, body in asked if number in body} == {f"{site}/earlier-complaints"}
    stored = "JSON.stringify([location.href, {...localStorage}, {...sessionStorage}, document.cookie])"
    assert number not in await page.evaluate(stored)


async def test_the_button_asks_without_a_new_page_so_that_chosen_photos_stay(
    page: Page, site: str, photo: Path
) -> None:
    ticket = await brought(site)
    await log_in(page, f"{site}/operator", token(Role.OPERATOR))
    await page.set_input_files("#photos", photo)
    await page.fill("#phone", "138")
    await page.click("button[value=check]")
    await page.locator("#hints", has_text="请先填写完整有效的电话号码").wait_for()
    await page.fill("#phone", PHONE)
    await page.press("#phone", "Enter")
    await page.locator("#earlier", has_text=ticket).wait_for()
    assert await page.evaluate(CHOSEN) == 1


async def test_a_button_that_gets_no_answer_says_so_and_nothing_is_lost(page: Page, site: str, photo: Path) -> None:
    await log_in(page, f"{site}/operator", token(Role.OPERATOR))
    await page.set_input_files("#photos", photo)
    await page.fill("#phone", PHONE)
    await page.context.clear_cookies()
    await page.click("button[value=check]")
    await page.locator("#not-asked", has_text="暂时无法查询").wait_for()
    assert (await page.evaluate(CHOSEN), await page.input_value("#phone")) == (1, PHONE)


@pytest.mark.parametrize("phone", ["138", PHONE])
async def test_without_a_script_the_button_tells_it_and_says_that_photos_must_be_chosen_again(
    site: str, photo: Path, phone: str
) -> None:
    ticket = await brought(site)
    async with browsing(scripts=False) as page:
        await log_in(page, f"{site}/operator", token(Role.OPERATOR))
        await page.set_input_files("#photos", photo)
        await page.fill("#phone", phone)
        await page.click("button[value=check]")
        assert await page.locator("#earlier", has_text=ticket).count() == (phone == PHONE)
        assert "请重新选择" in await page.inner_text("main form")
