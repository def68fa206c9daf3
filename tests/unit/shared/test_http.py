"""What every application does alike: headers, bounded bodies, and callers who call too often."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from limits import parse

from shared import rate_limits
from shared.auth import Role, allow, open_to_all
from shared.http import MAX_BODY
from tests.tokens import bearer
from tests.unit.shared.lamps import lamps, visiting

CLERK = bearer(Role.CLERK)


@pytest.fixture
def app() -> FastAPI:
    return lamps()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(app) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "status"),
    [("/lamps", 401), ("/nowhere", 404), ("/bug", 500), ("/login", 200), ("/static/hotline.css", 200), ("/few", 200)],
)
async def test_every_answer_whatever_it_is_tells_browsers_what_not_to_do(
    client: httpx.AsyncClient, path: str, status: int
) -> None:
    response = await client.get(path)
    assert response.status_code == status
    policy = dict(rule.split(" ", 1) for rule in response.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'self'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    kept = "public, max-age=3600" if path.startswith("/static") else "no-store"
    assert response.headers["cache-control"] == kept


async def test_our_own_pages_need_nothing_that_the_policy_forbids(client: httpx.AsyncClient) -> None:
    page = (await client.get("/login")).text
    assert "<style" not in page
    assert "style=" not in page
    assert "<script" not in page
    assert "http" not in page


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_that_is_too_large_is_refused_as_a_problem(client: httpx.AsyncClient, announced: bool) -> None:
    body = b'["' + b"x" * MAX_BODY + b'"]'

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 64 * 1024):
            yield body[start : start + 64 * 1024]

    headers = CLERK | {"Content-Type": "application/json"}
    response = await client.post("/lamps", content=body if announced else parts(), headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (413, "application/problem+json")
    assert response.json()["status"] == 413
    larger = await client.post("/lamps/many", content=body if announced else parts(), headers=headers)
    assert (larger.status_code, larger.json()) == (200, 1)


class TestRateLimits:
    @pytest.fixture(autouse=True)
    def of_an_hour(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Windows that no test outlasts."""
        monkeypatch.setattr(rate_limits, "_PER_TOKEN", parse("60/hour"))
        monkeypatch.setattr(rate_limits, "_REFUSED_PER_CLIENT", parse("20/hour"))
        monkeypatch.setattr(rate_limits, "_PER_ADAPTER", 100)
        monkeypatch.setattr(rate_limits, "_ADAPTERS_SECONDS", 3600.0)

    async def test_a_client_that_calls_too_often_is_told_when_to_come_back_and_others_are_not_held_up(
        self, app: FastAPI
    ) -> None:
        async with visiting(app, "203.0.113.5") as eager, visiting(app, "203.0.113.6") as other:
            assert [(await eager.get("/few")).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
            refused = await eager.get("/few")
            assert refused.headers["content-type"] == "application/problem+json"
            assert 1 <= int(refused.headers["retry-after"]) <= 3600
            assert (await other.get("/few")).status_code == 200

    async def test_the_addresses_of_one_ipv6_network_are_one_client(self, app: FastAPI) -> None:
        statuses = []
        for address in ("2001:db8:1:2::5", "2001:db8:1:2::6", "2001:db8:1:2:3::", "2001:db8:1:2::7", "2001:db8:1:3::5"):
            async with visiting(app, address) as client:
                statuses.append((await client.get("/few")).status_code)
        assert statuses == [200, 200, 200, 429, 200]

    async def test_an_ipv4_address_is_one_client_in_whichever_way_it_is_written(self, app: FastAPI) -> None:
        statuses = []
        for address in ("203.0.113.5", "::ffff:203.0.113.5", "::ffff:cb00:7105", "203.0.113.5", "::ffff:203.0.113.6"):
            async with visiting(app, address) as client:
                statuses.append((await client.get("/few")).status_code)
        assert statuses == [200, 200, 200, 429, 200]

    async def test_a_person_is_limited_by_who_they_are_wherever_they_call_from(self, app: FastAPI) -> None:
        statuses = []
        for number in range(12):
            async with visiting(app, f"203.0.113.{number}") as client:
                statuses += [(await client.get("/lamps", headers=CLERK)).status_code for _ in range(6)]
        assert statuses == [200] * 60 + [429] * 12
        async with visiting(app) as client:
            another = bearer(Role.CLERK, subject="another")
            assert (await client.get("/lamps", headers=another)).status_code == 200

    async def test_an_adapter_is_limited_by_what_it_is_too_and_far_more_widely(
        self, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        adapter, another = (bearer(Role.ADAPTER, Role.CLERK, subject=subject) for subject in ("platform", "app"))
        statuses = [(await client.get("/lamps", headers=adapter)).status_code for _ in range(103)]
        assert statuses == [200] * 100 + [429] * 3
        refused = await client.get("/lamps", headers=adapter)
        assert 1 <= int(refused.headers["retry-after"]) <= 3600
        assert (await client.get("/lamps", headers=another)).status_code == 200
        # The next window begins.
        monkeypatch.setattr(rate_limits, "_ADAPTERS_SECONDS", 0.0)
        assert (await client.get("/lamps", headers=adapter)).status_code == 200

    async def test_whoever_guesses_tokens_is_stopped_and_holds_nobody_up_who_has_a_good_one(self, app: FastAPI) -> None:
        wrong = {"Authorization": "Bearer nonsense"}
        async with visiting(app) as client:
            statuses = [(await client.get("/lamps", headers=wrong)).status_code for _ in range(25)]
            assert statuses == [401] * 20 + [429] * 5
            assert (await client.get("/lamps", headers=CLERK)).status_code == 200
        async with visiting(app, "198.51.100.1") as other:
            assert (await other.get("/lamps", headers=wrong)).status_code == 401


def test_a_rule_that_says_nothing_cannot_be_stated() -> None:
    with pytest.raises(ValueError, match="nobody"):
        allow()
    with pytest.raises(ValueError, match="why"):
        open_to_all(" ")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eDp5", "bearer", "Token abc"])
async def test_what_is_no_bearer_token_is_no_login(client: httpx.AsyncClient, header: str) -> None:
    response = await client.get("/lamps", headers={"Authorization": header})
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


async def test_who_is_refused_is_told_why_in_chinese_and_english(client: httpx.AsyncClient) -> None:
    bad = await client.get("/lamps", headers={"Authorization": "Bearer nonsense"})
    assert bad.status_code == 401
    assert bad.headers["www-authenticate"].startswith('Bearer error="invalid_token", error_description="')
    other = await client.get("/lamps", headers=bearer(Role.OPERATOR))
    assert (other.status_code, other.json()["detail"]) == (
        403,
        "此操作仅限窗口工作人员。 This is for these roles only: clerk.",
    )
    assert "www-authenticate" not in other.headers
