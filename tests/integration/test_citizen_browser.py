"""A real browser without scripts: a citizen submits with a photo, and looks up what became of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from services.intake.acceptance import Acceptance
from services.intake.attachments.attachment_content import MediaType
from services.intake.attachments.attachment_files import AttachmentFiles
from services.intake.attachments.attachments import Attachments
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from shared.postgres import Pool
from tests.integration.browsers import browsing, serving
from tests.integration.intake_pages import application
from tests.unit.intake.attachments.test_attachment_content import corners, encoded


@pytest.fixture
async def site(
    intake_pool: Pool, acceptance: Acceptance, county: County, blind_index: BlindIndex, tmp_path: Path
) -> AsyncIterator[str]:
    attachments = Attachments(intake_pool, AttachmentFiles.at(str(tmp_path / "files")))
    app = application(intake_pool, acceptance, county, blind_index, attachments)
    async with serving(app) as url:
        yield url


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browsing(scripts=False) as opened:
        yield opened


async def test_a_citizen_submits_and_looks_up_without_a_script(
    page: Page, site: str, intake_pool: Pool, tmp_path: Path
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    photo = tmp_path / "lamp.jpg"
    photo.write_bytes(encoded(corners(), MediaType.JPEG))
    await page.goto(site)
    box = await page.locator("#website").bounding_box()
    assert box is not None
    assert box["x"] < 0, "no person sees the field that is there for programs"
    await page.select_option("#kind", "help")
    await page.fill("#text", "小区楼下的路灯坏了半个月。")
    await page.set_input_files("#photos", photo)
    await page.fill("#phone", "1" * 40)
    await page.click("main button")
    number, code = await page.inner_text("#ticket-number"), await page.inner_text("#query-code")
    assert await intake_pool.fetchval("SELECT count(*) FROM attachments") == 1
    await page.click("main a[href='/lookup']")
    await page.fill("#ticket_number", number)
    await page.fill("#query_code", "AAAAAAAA")
    await page.click("main button")
    assert "没有找到该工单" in await page.inner_text("[role=alert]")
    await page.fill("#query_code", code)
    await page.click("main button")
    assert "已受理" in await page.inner_text("#status")
    # The browser itself reports the refusal of the wrong code, and nothing of ours that is missing or not let in.
    assert [words for words in said if "404" not in words] == []
