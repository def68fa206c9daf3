"""A browser logs in with a token, and only our own pages can make it do something."""

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.auth import Role
from shared.error_pages import LOGIN
from shared.session import SESSION_COOKIE, csrf_token, own_path
from tests.tokens import bearer, token
from tests.unit.shared.lamps import lamps, visiting

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(lamps()) as client:
        yield client


async def log_in(browser: httpx.AsyncClient, *roles: Role, subject: str = "test-user") -> str:
    """Log in and give back what the forms of this session carry."""
    response = await browser.post(LOGIN, data={"token": token(*roles, subject=subject), "to": "/lamps"})
    assert (response.status_code, response.headers["location"]) == (303, "/lamps")
    page = (await browser.get(LOGIN)).text
    found = re.search(r'name="csrf" value="(\w+)"', page)
    assert found
    return found[1]


class TestLoggingIn:
    async def test_a_page_leads_to_the_login_and_the_login_back_to_the_page(self, browser: httpx.AsyncClient) -> None:
        response = await browser.get("/lamps?of=街道", headers=HTML)
        assert response.status_code == 303
        asked = urlsplit(response.headers["location"])
        assert asked.path == LOGIN
        [to] = parse_qs(asked.query)["to"]
        response = await browser.post(LOGIN, data={"token": token(Role.CLERK), "to": to})
        assert response.status_code == 303
        assert (await browser.get(response.headers["location"])).json() == {"who": "test-user"}

    async def test_programs_are_not_led_anywhere(self, browser: httpx.AsyncClient) -> None:
        assert (await browser.get("/lamps")).status_code == 401
        wrong = {"Authorization": "Bearer nonsense"}
        assert (await browser.get("/lamps", headers=HTML | wrong)).status_code == 401
        assert (await browser.post("/lamps", json={}, headers=HTML)).status_code == 401

    async def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_plain_http_and_ends(
        self, browser: httpx.AsyncClient
    ) -> None:
        response = await browser.post(LOGIN, data={"token": token(Role.CLERK)})
        kept, *attributes = response.headers["set-cookie"].lower().split("; ")
        assert kept.startswith(f"{SESSION_COOKIE}=")
        assert set(attributes) == {"httponly", "samesite=strict", "secure", "path=/", "max-age=28800"}

    async def test_on_this_very_machine_it_needs_no_tls(self, browser: httpx.AsyncClient) -> None:
        response = await browser.post(f"http://127.0.0.1:8101{LOGIN}", data={"token": token(Role.CLERK)})
        assert "secure" not in response.headers["set-cookie"].lower()

    @pytest.mark.parametrize("wrong", ["nonsense", token(Role.OFFICER), token(Role.CLERK, pad="x" * 4000)])
    async def test_a_token_that_is_not_good_is_told_on_the_page_and_not_kept(
        self, browser: httpx.AsyncClient, wrong: str
    ) -> None:
        response = await browser.post(LOGIN, data={"token": wrong})
        assert response.status_code == 401
        assert 'role="alert"' in response.text
        assert wrong not in response.text
        assert "set-cookie" not in response.headers

    async def test_another_site_cannot_log_a_browser_in(self, browser: httpx.AsyncClient) -> None:
        for theirs in (
            {"Sec-Fetch-Site": "cross-site", "Origin": "https://hotline.test"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://elsewhere.test"},
            {"Origin": "null"},
        ):
            response = await browser.post(LOGIN, data={"token": token(Role.CLERK)}, headers=theirs)
            assert response.status_code == 403
            assert "set-cookie" not in response.headers
        for ours in (
            {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "https://hotline.test"},
            {},
        ):
            assert (await browser.post(LOGIN, data={"token": token(Role.CLERK)}, headers=ours)).status_code == 303

    @pytest.mark.parametrize(
        "to", ["https://elsewhere.test", "//elsewhere.test", "/\\elsewhere.test", "javascript:alert(1)", "/a\r\nb", ""]
    )
    async def test_it_leads_to_no_other_site(self, browser: httpx.AsyncClient, to: str) -> None:
        response = await browser.post(LOGIN, data={"token": token(Role.CLERK), "to": to})
        assert (response.status_code, response.headers["location"]) == (303, LOGIN)
        assert 'name="to" value="/login"' in (await browser.get(LOGIN, params={"to": to})).text


@given(to=st.text(max_size=20) | st.from_regex(r"[/\\.:a-z?#]{0,12}", fullmatch=True))
def test_wherever_somebody_wants_to_go_it_is_a_path_of_ours(to: str) -> None:
    led = urlsplit(own_path(to))
    assert (led.scheme, led.netloc) == ("", "")
    assert own_path(to).startswith("/")
    assert "\\" not in own_path(to)


class TestForms:
    async def test_a_form_of_the_session_is_taken(self, browser: httpx.AsyncClient) -> None:
        csrf = await log_in(browser, Role.CLERK)
        response = await browser.post("/lamps/form", data={"place": "城关镇", "csrf": csrf})
        assert response.json() == {"who": "test-user", "place": "城关镇"}
        response = await browser.post("/lamps", json={"watts": 60}, headers={"X-CSRF-Token": csrf})
        assert response.json() == {"who": "test-user", "watts": 60}

    async def test_a_form_from_elsewhere_is_not(self, browser: httpx.AsyncClient) -> None:
        csrf = await log_in(browser, Role.CLERK)
        of_another = csrf_token(token(Role.CLERK, subject="somebody-else"))
        for given_ in ({}, {"csrf": ""}, {"csrf": "é"}, {"csrf": csrf[:-1]}, {"csrf": of_another}):
            response = await browser.post("/lamps/form", data={"place": "x", **given_})
            assert (response.status_code, response.headers["content-type"]) == (403, "application/problem+json")
        assert (await browser.post("/lamps", json={"csrf": 1})).status_code == 403
        assert (await browser.post("/lamps", json={}, headers={"X-CSRF-Token": of_another})).status_code == 403

    async def test_reading_needs_none(self, browser: httpx.AsyncClient) -> None:
        await log_in(browser, Role.CLERK)
        assert (await browser.get("/lamps")).status_code == 200

    async def test_a_program_with_a_token_needs_none_even_beside_a_cookie(self, browser: httpx.AsyncClient) -> None:
        await log_in(browser, Role.CLERK)
        response = await browser.post("/lamps", json={}, headers=bearer(Role.CLERK, subject="program"))
        assert response.json() == {"who": "program"}

    async def test_a_login_of_another_role_opens_nothing(self, browser: httpx.AsyncClient) -> None:
        browser.cookies.set(SESSION_COOKIE, token(Role.ADMINISTRATOR))
        assert (await browser.get("/lamps", headers=HTML)).status_code == 403

    async def test_logging_out_forgets_the_session_and_only_its_own_page_can_do_it(
        self, browser: httpx.AsyncClient
    ) -> None:
        csrf = await log_in(browser, Role.CLERK)
        assert (await browser.post("/logout")).status_code == 403
        assert (await browser.get("/lamps")).status_code == 200
        assert (await browser.post("/logout", data={"csrf": csrf})).status_code == 303
        assert (await browser.get("/lamps")).status_code == 401
        assert (await browser.post("/logout")).status_code == 303
