"""Logging in at the provider: only the browser that was sent there comes back with a session, and only as who it is."""

import base64
import html
import re
import urllib.error
from collections.abc import AsyncIterator, Callable, Mapping
from email.message import Message
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.auth import Role
from shared.http import create_app
from shared.oidc import Attempt, LoginRefused, Provider
from shared.session import LOGIN_COOKIE, SESSION_COOKIE
from shared.settings import ServiceSettings
from tests.tokens import AUDIENCE, ISSUER, token, verifier
from tests.unit.shared.lamps import add_lamps, visiting

CLIENT = "hotline-pages"
SETTINGS = ServiceSettings.model_construct(
    token_issuer=ISSUER, token_audience=AUDIENCE, login_client=CLIENT, login_client_secret=None, login_discovery=None
)
DISCOVERY = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
}


class TheProvider:
    """Answers as a provider does; a test spoils one of its answers."""

    def __init__(self) -> None:
        self.discovery: Mapping[str, Any] = DISCOVERY
        self.nonce = ""
        self.sent: Mapping[str, str] = {}
        self.access_token = token(Role.CLERK)
        self.id_token: Callable[[], str] = lambda: token(aud=CLIENT, nonce=self.nonce)
        self.fault: Exception | None = None

    def fetch(self, where: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> Any:
        if self.fault is not None:
            raise self.fault
        if form is None:
            assert where == f"{ISSUER}/.well-known/openid-configuration"
            return self.discovery
        self.sent = {**form, **headers}
        return {"access_token": self.access_token, "id_token": self.id_token(), "token_type": "Bearer"}


@pytest.fixture
def provider() -> TheProvider:
    return TheProvider()


@pytest.fixture
async def browser(provider: TheProvider) -> AsyncIterator[httpx.AsyncClient]:
    known = verifier()
    app = create_app("Lamps", known, Provider(SETTINGS, known, provider.fetch))
    add_lamps(app)
    async with visiting(app) as client:
        yield client


async def sent_away(browser: httpx.AsyncClient, provider: TheProvider, to: str = "/lamps") -> dict[str, str]:
    """What the browser tells the provider."""
    answer = await browser.get("/login/leave", params={"to": to})
    assert answer.status_code == 303
    where = urlsplit(answer.headers["location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{ISSUER}/authorize"
    told = {name: value for name, [value] in parse_qs(where.query).items()}
    provider.nonce = told["nonce"]
    return told


async def test_the_login_page_leads_to_the_provider_and_keeps_the_pasted_token(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/login?to=/lamps")).text
    assert 'href="/login/leave?to=/lamps"' in page
    assert 'name="token"' in page


async def test_whoever_logs_in_there_is_logged_in_here_and_goes_on(
    browser: httpx.AsyncClient, provider: TheProvider
) -> None:
    told = await sent_away(browser, provider, to="/lamps?of=1")
    assert (told["response_type"], told["client_id"], told["scope"]) == ("code", CLIENT, "openid")
    assert told["redirect_uri"] == "https://hotline.test/login/back"
    page = await browser.get("/login/back", params={"code": "a-code", "state": told["state"]})
    assert page.status_code == 200
    [onward] = re.findall(r'content="0; url=([^"]+)"', page.text)
    assert (await browser.get(html.unescape(onward))).json() == {"who": "test-user"}
    assert LOGIN_COOKIE not in browser.cookies
    # The code is redeemed by whoever shows what the provider was told the digest of.
    assert provider.sent["code"] == "a-code"
    assert provider.sent["redirect_uri"] == told["redirect_uri"]
    digest = base64.urlsafe_b64encode(sha256(provider.sent["code_verifier"].encode()).digest()).decode().rstrip("=")
    assert (told["code_challenge"], told["code_challenge_method"]) == (digest, "S256")


async def test_both_cookies_are_out_of_reach_of_scripts_and_plain_http_and_only_the_attempts_comes_from_elsewhere(
    browser: httpx.AsyncClient, provider: TheProvider
) -> None:
    left = await browser.get("/login/leave")
    attempt = left.headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", "secure", "path=/login", "max-age=600"} <= set(attempt.split("; "))
    told = await sent_away(browser, provider)
    page = await browser.get("/login/back", params={"code": "c", "state": told["state"]})
    session = next(one for one in page.headers.get_list("set-cookie") if one.startswith(SESSION_COOKIE)).lower()
    assert {"httponly", "samesite=strict", "secure", "path=/", "max-age=28800"} == set(session.split("; ")[1:])


async def test_a_confidential_client_shows_its_secret(provider: TheProvider) -> None:
    known = verifier()
    named = SETTINGS.model_copy(update={"login_client_secret": type("S", (), {"get_secret_value": lambda _: "s:/"})()})
    client = Provider(named, known, provider.fetch)
    attempt = Attempt.to_go("/")
    provider.nonce = attempt.nonce
    await client.redeem("a-code", attempt, "https://hotline.test/login/back")
    assert base64.b64decode(provider.sent["Authorization"].removeprefix("Basic ")) == f"{CLIENT}:s%3A%2F".encode()


def fault(status: int) -> urllib.error.HTTPError:
    return urllib.error.HTTPError(f"{ISSUER}/token", status, "no", Message(), None)


WRONG: dict[str, tuple[int, Callable[[TheProvider], object]]] = {
    "another nonce": (400, lambda it: setattr(it, "nonce", "another")),
    "no ID token": (400, lambda it: setattr(it, "id_token", lambda: None)),
    "an ID token for another client": (401, lambda it: setattr(it, "id_token", lambda: token(nonce=it.nonce))),
    "an ID token that was issued through another client": (
        400,
        lambda it: setattr(it, "id_token", lambda: token(aud=[CLIENT, "x"], azp="x", nonce=it.nonce)),
    ),
    "an expired ID token": (401, lambda it: setattr(it, "id_token", lambda: token(aud=CLIENT, nonce=it.nonce, exp=1))),
    "an access token of somebody else's": (
        401,
        lambda it: setattr(it, "access_token", token(Role.CLERK, subject="else")),
    ),
    "an access token that no browser keeps": (
        401,
        lambda it: setattr(it, "access_token", token(Role.CLERK, pad="x" * 4000)),
    ),
    "an opaque access token": (401, lambda it: setattr(it, "access_token", "opaque")),
    "a code that the provider does not know": (400, lambda it: setattr(it, "fault", fault(400))),
    "a provider in trouble": (503, lambda it: setattr(it, "fault", fault(500))),
    "a provider that is away": (503, lambda it: setattr(it, "fault", OSError())),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_does_not_prove_who_logged_in_opens_no_session(
    browser: httpx.AsyncClient, provider: TheProvider, wrong: str
) -> None:
    told = await sent_away(browser, provider)
    status, spoil = WRONG[wrong]
    spoil(provider)
    page = await browser.get("/login/back", params={"code": "c", "state": told["state"]})
    assert page.status_code == status
    assert 'role="alert"' in page.text
    assert 'name="to" value="/lamps"' in page.text, "the person can try again"
    assert SESSION_COOKIE not in browser.cookies


@pytest.mark.parametrize("back", [{"code": "c", "state": "another"}, {"state": ""}, {"code": "c"}, {"error": "denied"}])
async def test_whoever_brings_another_state_or_no_code_is_not_logged_in(
    browser: httpx.AsyncClient, provider: TheProvider, back: dict[str, str]
) -> None:
    await sent_away(browser, provider)
    assert (await browser.get("/login/back", params=back)).status_code == 400
    assert SESSION_COOKIE not in browser.cookies


async def test_a_browser_that_was_not_sent_away_does_not_come_back(
    browser: httpx.AsyncClient, provider: TheProvider
) -> None:
    told = await sent_away(browser, provider)
    browser.cookies.clear()
    refused = await browser.get("/login/back", params={"code": "c", "state": told["state"]})
    assert refused.status_code == 400
    assert provider.sent == {}, "the code is not even tried"


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://another.test"},
        {"token_endpoint": "http://elsewhere.test/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
    ],
)
async def test_nobody_is_sent_where_the_discovery_document_is_not_the_issuers_or_not_safe(
    browser: httpx.AsyncClient, provider: TheProvider, wrong: dict[str, Any]
) -> None:
    provider.discovery = DISCOVERY | wrong
    answer = await browser.get("/login/leave")
    assert (answer.status_code, "location" in answer.headers) == (503, False)


async def test_without_a_provider_there_is_only_the_token() -> None:
    app = create_app("Lamps", verifier())
    async with visiting(app) as client:
        assert "provider" not in (await client.get("/login")).text
        assert (await client.get("/login/leave")).status_code == 404


@given(written=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_a_cookie_that_is_none_of_ours_is_no_attempt(written: str) -> None:
    with pytest.raises(LoginRefused):
        Attempt.parse(written)


@given(to=st.text(min_size=1, max_size=20))
def test_an_attempt_is_read_as_it_was_written_and_no_two_are_alike(to: str) -> None:
    one, other = Attempt.to_go(to), Attempt.to_go(to)
    assert Attempt.parse(one.written_down()) == one
    assert len({one.state, one.nonce, one.verifier, other.state, other.nonce, other.verifier}) == 6
