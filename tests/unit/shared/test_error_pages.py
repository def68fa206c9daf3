"""A person at a browser reads errors as pages, a program as problem documents, and what was typed is handed back."""

import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from shared.auth import Role
from shared.error_pages import asks_for_page
from shared.http import MAX_BODY
from shared.session import SESSION_COOKIE, csrf_token
from tests.tokens import bearer, token
from tests.unit.shared.lamps import lamps, visiting

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
TYPED = {"place": '城关镇 "东街" <1号>\n二楼', "light": "off", "csrf": "stale"}


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(lamps()) as client:
        client.headers.update(HTML)
        yield client


def is_page(answer: httpx.Response, status: int) -> bool:
    """Whether it is a page of that status that says in Chinese, then in English, what was wrong and what to do."""
    texts = [re.search(pattern, answer.text) for pattern in (r'role="alert">([^<]+)<', r'id="advice">([^<]+)<')]
    return (
        (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        and f'id="error-{status}"' in answer.text
        and all(found and re.match(r"[^\x00-\x7f].*[a-z]", found[1], re.DOTALL) for found in texts)
    )


def handed_back(page: str) -> dict[str, str]:
    """The hidden fields of the form that may be sent again."""
    return {
        name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    }


async def test_every_error_is_a_page_for_a_browser_and_a_problem_for_a_program(browser: httpx.AsyncClient) -> None:
    session = token(Role.CLERK)
    clerk = {"Cookie": f"{SESSION_COOKIE}={session}"}
    operator = {"Cookie": f"{SESSION_COOKIE}={token(Role.OPERATOR, subject='another')}"}
    asked: list[tuple[int, str, str, dict[str, str], str]] = [
        (401, "POST", "/lamps/form", {}, "place=x"),
        (403, "GET", "/lamps", operator, ""),
        (403, "POST", "/lamps/form", clerk, "place=x"),
        (404, "GET", "/nowhere", {}, ""),
        (405, "DELETE", "/lamps", {}, ""),
        (413, "POST", "/lamps/form", clerk, "place=" + "x" * MAX_BODY),
        (422, "POST", "/lamps/form", clerk | {"X-CSRF-Token": csrf_token(session)}, "plaice=x"),
        (500, "GET", "/bug", {}, ""),
    ]
    for status, method, path, headers, form in asked:
        sent = headers | {"Content-Type": "application/x-www-form-urlencoded"}
        page = await browser.request(method, path, headers=sent, content=form)
        assert is_page(page, status), f"{method} {path}"
        problem = await browser.request(method, path, headers=sent | {"Accept": "*/*"}, content=form)
        assert (problem.status_code, problem.headers["content-type"]) == (status, "application/problem+json")


async def test_whoever_calls_too_often_reads_when_to_come_back(browser: httpx.AsyncClient) -> None:
    answers = [await browser.get("/few") for _ in range(4)]
    assert is_page(answers[3], 429)
    assert f"{answers[3].headers['retry-after']}秒后重试" in answers[3].text


async def test_a_body_of_unknown_length_that_grows_too_large_is_refused_with_a_page(browser: httpx.AsyncClient) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(2):
            yield b"x" * MAX_BODY

    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"{SESSION_COOKIE}={token(Role.CLERK)}",
    }
    assert is_page(await browser.post("/lamps/form", content=parts(), headers=headers), 413)


class TestWhatWasTyped:
    @pytest.mark.parametrize("multipart", [True, False])
    async def test_it_is_handed_back_as_it_was(self, browser: httpx.AsyncClient, multipart: bool) -> None:
        files = {"photo": ("lamp.jpg", b"bytes", "image/jpeg")} if multipart else None
        page = (await browser.post("/lamps/form", data=TYPED, files=files)).text
        assert handed_back(page) == {name: value for name, value in TYPED.items() if name != "csrf"}
        assert 'action="/lamps/form"' in page
        assert ("未能保留" in page) is multipart

    async def test_it_bears_the_mark_of_the_session_that_there_is(self, browser: httpx.AsyncClient) -> None:
        browser.cookies.set(SESSION_COOKIE, token(Role.CLERK))
        page = await browser.post("/lamps/form", data=TYPED)
        assert page.status_code == 403
        again = await browser.post("/lamps/form", data=handed_back(page.text))
        assert again.json() == {"who": "test-user", "place": TYPED["place"]}

    async def test_not_to_another_sites_form(self, browser: httpx.AsyncClient) -> None:
        page = await browser.post("/lamps/form", data=TYPED, headers={"Sec-Fetch-Site": "cross-site"})
        assert is_page(page, 401)
        assert handed_back(page.text) == {}

    async def test_not_where_it_was_a_token_or_more_than_a_page_holds(self, browser: httpx.AsyncClient) -> None:
        typed = {"token": token(Role.CLERK)}
        page = await browser.post("/login", data=typed, headers={"Sec-Fetch-Site": "cross-site"})
        assert is_page(page, 403)
        assert typed["token"] not in page.text
        page = await browser.post("/lamps/form", data={"place": "x" * 300_000})
        assert is_page(page, 401)
        assert handed_back(page.text) == {}


@given(accept=st.sampled_from(["", "*/*", "application/json", "text/html;q=0.9", HTML["Accept"]]), bears=st.booleans())
def test_only_a_browser_that_bears_no_token_of_its_own_asks_for_a_page(accept: str, bears: bool) -> None:
    headers = [(b"accept", accept.encode())]
    if bears:
        headers += [(b"authorization", bearer(Role.CLERK)["Authorization"].encode())]
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": headers})
    assert asks_for_page(request) is ("text/html" in accept and not bears)
