"""A real browser: a citizen has a code sent, reads it where the one-machine stack shows it, and submits with it."""

import base64
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page

from deploy.local.issuer import Issuer
from deploy.local.outside import Outside
from deploy.local.ports import free_ports
from services.intake.acceptance import Acceptance
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from services.intake.pages.sms import SmsAway, SmsGateway
from shared.postgres import Pool
from tests.integration.browsers import browsing, serving
from tests.integration.intake_pages import application


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    Issuer(tmp_path).settings()
    with Outside(tmp_path, free_ports(1)[0]) as running:
        yield running


@pytest.fixture
def gateway(outside: Outside) -> SmsGateway:
    told = outside.sms_settings()
    return SmsGateway(told["HOTLINE_SMS_URL"], base64.b64decode(told["HOTLINE_SMS_KEY"]))


@pytest.fixture
async def site(
    intake_pool: Pool, acceptance: Acceptance, county: County, blind_index: BlindIndex, gateway: SmsGateway
) -> AsyncIterator[str]:
    app = application(intake_pool, acceptance, county, blind_index, gateway=gateway)
    async with serving(app) as url:
        yield url


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browsing(scripts=False) as opened:
        yield opened


async def test_a_citizen_checks_the_telephone_and_submits(
    page: Page, site: str, outside: Outside, intake_pool: Pool
) -> None:
    await page.goto(site)
    await page.fill("#text", "小区楼下的路灯坏了半个月。")
    await page.fill("#phone", "13800000000")
    await page.click("button[value=send-code]")
    assert "验证码已发送" in await page.inner_text("[role=alert]")
    messages = await page.context.new_page()
    await messages.goto(f"{outside.url}/sms")
    code = re.search(r"\d{6}", await messages.inner_text(".message"))
    assert code
    await page.fill("#phone_code", code[0])
    # The key of a form is pressed before any button is looked at: it must submit, and send no second message.
    await page.press("#phone_code", "Enter")
    assert await page.inner_text("#ticket-number")
    assert await intake_pool.fetchval("SELECT count(*) FROM checked_phones") == 1
    await messages.reload()
    assert await messages.locator(".message").count() == 1


async def test_the_gateway_takes_only_what_is_signed(outside: Outside, gateway: SmsGateway) -> None:
    forged = SmsGateway(f"{outside.url}/sms", b"another")
    with pytest.raises(SmsAway, match="HTTPError"):
        await forged.send("+8613800000000", "x")
    async with httpx.AsyncClient() as stranger:
        assert (await stranger.post(f"{outside.url}/sms", json={})).status_code == 401
    await gateway.send("+8613800000000", "x")
