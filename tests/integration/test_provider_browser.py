"""A real browser logs in by clicking: at the local provider, and back to the page that it wanted."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Request
from fastapi.responses import Response
from playwright.async_api import Page

from deploy.local.issuer import Issuer
from deploy.local.outside import Outside
from deploy.local.ports import LOOPBACK, free_ports
from shared.auth import Principal, Role, allow
from shared.http import create_app
from shared.oidc import provider_of
from shared.pages import Pages
from shared.settings import ServiceSettings, read_settings
from shared.token_verifier import verifier_of
from tests.integration.browsers import browsing, serving

DESK = """{% extends "base.html" %}
{% block content %}<p id="who">{{ who.subject }} {{ who.department }}</p>{% endblock %}"""


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A service with one page for officers, and the provider of the one-machine stack as a process beside it."""
    own, of_provider = free_ports(2)
    provider = Outside(tmp_path, of_provider)
    told = {
        "DATABASE_URL": "postgresql://nobody@localhost/none",
        "KAFKA_BOOTSTRAP_SERVERS": "localhost:1",
        "HOTLINE_POLICY_DIR": str(tmp_path),
        "HOTLINE_HTTP_PORT": str(own),
        **Issuer(tmp_path).settings(),
        **provider.login_settings(),
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings = read_settings(ServiceSettings)
    verifier = verifier_of(settings)
    app = create_app("Desk", verifier, provider_of(settings, verifier))
    (tmp_path / "desk.html").write_text(DESK, encoding="utf-8")
    pages = Pages(tmp_path)

    @app.get("/desk")
    async def desk(request: Request, officer: Annotated[Principal, allow(Role.OFFICER)]) -> Response:
        return pages.render(request, "desk.html", who=officer)

    await asyncio.to_thread(provider.start)
    async with serving(app, own) as url:
        yield url
    await asyncio.to_thread(provider.stop)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browsing(scripts=False) as opened:
        yield opened


async def choose(page: Page, role: Role) -> None:
    await page.select_option("#role", role)
    await page.select_option("#department", "water-supply")
    await page.click("main button")


async def test_a_browser_logs_in_by_clicking_and_logs_out(page: Page, site: str) -> None:
    # Another name of this machine, which to a browser is another site than the provider's.
    site = site.replace(LOOPBACK, "localhost")
    await page.goto(f"{site}/desk")
    await page.click("#provider")
    await choose(page, Role.OFFICER)
    await page.wait_for_url(f"{site}/desk")
    assert await page.inner_text("#who") == "local-officer-water-supply water-supply"
    [cookie] = await page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    await page.click("header button")
    await page.wait_for_url(f"{site}/login")
    assert await page.context.cookies() == []


async def test_another_role_is_told_that_the_page_is_not_for_it_and_may_log_in_anew(page: Page, site: str) -> None:
    await page.goto(f"{site}/desk")
    await page.click("#provider")
    await choose(page, Role.CLERK)
    await page.wait_for_url(f"{site}/desk")
    assert "此操作仅限承办单位经办人" in await page.inner_text("[role=alert]")
    await page.click("#log-in")
    await page.click("#provider")
    await choose(page, Role.OFFICER)
    await page.wait_for_url(f"{site}/desk")
    assert "water-supply" in await page.inner_text("#who")


async def test_the_local_provider_sends_nobody_to_another_machine(page: Page, site: str) -> None:
    await page.goto(f"{site}/login")
    await page.click("#provider")
    elsewhere = page.url.replace(f"{LOOPBACK}%3A{site.rpartition(':')[2]}", "elsewhere.test")
    assert "elsewhere.test" in elsewhere
    answer = await page.goto(elsewhere)
    assert answer is not None
    assert answer.status == 400
