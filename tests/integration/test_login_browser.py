"""A real browser logs in, sends a form and logs out; what another site's page sends in its name is refused."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from playwright.async_api import Page

from deploy.local.ports import LOOPBACK
from shared.auth import Role
from shared.pages import Pages
from tests.integration.browsers import browsing, serving
from tests.tokens import token
from tests.unit.shared.lamps import Clerk, lamps

FORM = """{% extends "base.html" %}{% block content %}
<p id="who">{{ who }}</p>
<form method="post" action="/lamps/form">{{ csrf_field }}<input name="place"><button>登记</button></form>
{% endblock %}"""


@pytest.fixture
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder = tmp_path_factory.mktemp("templates")
    (folder / "lamp.html").write_text(FORM, encoding="utf-8")
    pages = Pages(folder)
    app = lamps()

    @app.get("/lamp")
    async def lamp(request: Request, clerk: Clerk) -> Response:
        return pages.render(request, "lamp.html", who=clerk.subject)

    return app


def elsewhere(target: str) -> FastAPI:
    """Another site, whose page sends our form as soon as it is looked at."""
    app = FastAPI()

    @app.get("/")
    async def lure() -> HTMLResponse:
        return HTMLResponse(
            f'<form method="post" action="{target}/lamps/form"><input name="place" value="theirs"></form>'
            "<script>document.forms[0].submit()</script>"
        )

    return app


@pytest.fixture
async def site(app: FastAPI) -> AsyncIterator[str]:
    async with serving(app) as url:
        yield url


@pytest.fixture
async def other_site(site: str) -> AsyncIterator[str]:
    async with serving(elsewhere(site)) as url:
        # Another host, for a cookie knows no ports.
        yield url.replace(LOOPBACK, "localhost")


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browsing(scripts=True) as opened:
        yield opened


async def log_in(page: Page, site: str) -> None:
    await page.goto(f"{site}/lamp")
    await page.fill("#token", token(Role.CLERK))
    await page.click("main button")
    await page.wait_for_url(f"{site}/lamp")


async def test_a_browser_logs_in_sends_a_form_and_logs_out(page: Page, site: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await log_in(page, site)
    assert await page.inner_text("#who") == "test-user"
    [cookie] = await page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert await page.evaluate("document.cookie") == ""
    colour = await page.evaluate("getComputedStyle(document.querySelector('header')).backgroundColor")
    assert colour == "rgb(31, 78, 140)", "the style sheet is ours and is let in"
    # Nothing on our pages is missing or goes against their own policy.
    assert complaints == []
    await page.fill("[name=place]", "城关镇")
    await page.click("main button")
    assert '"place":"城关镇"' in await page.inner_text("body")
    await page.goto(f"{site}/lamp")
    await page.click("header button")
    await page.wait_for_url(f"{site}/login")
    assert await page.context.cookies() == []


async def test_what_was_typed_outlives_the_login_and_is_sent_after_a_new_one(page: Page, site: str) -> None:
    await log_in(page, site)
    await page.fill("[name=place]", "城关镇 <东街>")
    await page.context.clear_cookies()
    await page.click("main button")
    assert "请先登录" in await page.inner_text("#error-401")
    async with page.context.expect_page() as opened:
        await page.click("#log-in")
    login = await opened.value
    await login.fill("#token", token(Role.CLERK))
    await login.click("main button")
    await login.wait_for_load_state()
    await page.click("main button")
    # The new login has another mark for its forms, so whoever sends it must say so once more.
    assert "表单已失效" in await page.inner_text("[role=alert]")
    await page.click("main button")
    assert '"place":"城关镇 <东街>"' in await page.inner_text("body")


async def test_another_sites_page_cannot_send_a_form_in_the_browsers_name(
    page: Page, site: str, other_site: str
) -> None:
    await log_in(page, site)
    await page.goto(other_site)
    await page.wait_for_url(f"{site}/lamps/form")
    assert "请先登录" in await page.inner_text("#error-401")
    # What another site typed is not offered to be sent in our name.
    assert await page.locator("main form").count() == 0
    await page.goto(f"{site}/lamp")
    assert await page.inner_text("#who") == "test-user"
