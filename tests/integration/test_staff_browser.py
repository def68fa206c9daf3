"""A real browser at the operator's page: the caller's words, when it happened, whom they complain of, and a photo."""

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
from shared.auth import Role
from shared.postgres import Pool
from tests.integration.browsers import browsing, serving
from tests.integration.intake_pages import application
from tests.tokens import token
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


async def test_the_operator_registers_a_call_with_all_that_was_said(
    page: Page, site: str, intake_pool: Pool, tmp_path: Path
) -> None:
    photo = tmp_path / "lamp.jpg"
    photo.write_bytes(encoded(corners(), MediaType.JPEG))
    await page.goto(f"{site}/operator")
    await page.fill("#token", token(Role.OPERATOR))
    await page.click("main button")
    await page.wait_for_url(f"{site}/operator")
    await page.fill("#text", "小区停水两天，打电话没有人接。")
    await page.fill("#occurred_at", "2026-11-20T08:30")
    await page.select_option("#accused", "water-supply")
    await page.select_option("#confidentiality", "confidential")
    await page.set_input_files("#photos", photo)
    await page.click("button[value=submit]")
    number = await page.inner_text("#ticket-number")
    row = await intake_pool.fetchrow(
        "SELECT accused, confidentiality, to_char(occurred_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'),"
        " (SELECT count(*) FROM attachments) FROM complaints WHERE ticket_number = $1",
        number,
    )
    assert row is not None
    assert tuple(row) == ("water-supply", "confidential", "2026-11-20 08:30", 1)


async def test_what_was_wrong_is_shown_and_nothing_typed_is_lost(page: Page, site: str) -> None:
    await page.goto(f"{site}/operator")
    await page.fill("#token", token(Role.OPERATOR))
    await page.click("main button")
    await page.wait_for_url(f"{site}/operator")
    await page.fill("#text", "小区停水两天。")
    await page.fill("#occurred_at", "2026-11-20T08:30")
    await page.select_option("#accused", "water-supply")
    await page.fill("#phone", "138")
    await page.click("button[value=check]")
    assert "请先填写完整有效的电话号码" in await page.inner_text("#unasked")
    typed = [await page.input_value(field) for field in ("#text", "#occurred_at", "#accused", "#phone")]
    assert typed == ["小区停水两天。", "2026-11-20T08:30", "water-supply", "138"]
