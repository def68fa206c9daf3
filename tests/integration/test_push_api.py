"""The 12345 platform pushes work orders: signed ones are taken once, all others are refused and leave nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from limits import parse

from services.intake.acceptance import Acceptance
from services.intake.county import County
from services.intake.platforms import push_api
from services.intake.platforms.push_api import add_push_routes
from services.intake.platforms.push_signature import sign
from services.intake.submitting import MAX_SUBMISSION, Submitting
from shared.http import create_app
from shared.postgres import Pool
from tests.examples import submission
from tests.integration.conftest import client_of
from tests.tokens import verifier

KEY = bytes(range(32))
ONE, LINES = "/v1/pushed/complaints", "/v1/pushed/complaints:batch"


@pytest.fixture
def app(acceptance: Acceptance, county: County, intake_pool: Pool) -> FastAPI:
    app = create_app("Hotline intake", verifier())
    submitting = Submitting(acceptance, lambda: county, b"only for this test")
    add_push_routes(app, submitting, intake_pool, {"platform": KEY})
    return app


@pytest.fixture
async def intake(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


def headers(path: str, body: bytes, *, late: timedelta = timedelta(), key: bytes = KEY) -> dict[str, str]:
    timestamp, nonce = str(int((datetime.now(UTC) - late).timestamp())), uuid4().hex
    signed = sign(key, method="POST", path=path, timestamp=timestamp, nonce=nonce, body=body)
    return {
        "X-Hotline-Key": "platform",
        "X-Hotline-Timestamp": timestamp,
        "X-Hotline-Nonce": nonce,
        "X-Hotline-Signature": signed,
    }


def written(external_id: str, **changes: Any) -> bytes:
    return json.dumps(submission(external_id, **changes)).encode()


async def stored(pool: Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM complaints")
    return count


async def test_a_signed_work_order_is_accepted(intake: httpx.AsyncClient, intake_pool: Pool) -> None:
    body = written("P-1")
    answer = await intake.post(ONE, content=body, headers=headers(ONE, body))
    assert answer.status_code == 201
    assert await stored(intake_pool) == 1
    # Signed anew it is known by its own number.
    again = await intake.post(ONE, content=body, headers=headers(ONE, body))
    assert (again.status_code, again.json()["ticket_number"]) == (200, answer.json()["ticket_number"])


async def test_work_orders_by_the_line_are_accepted_and_told_one_by_one(
    intake: httpx.AsyncClient, intake_pool: Pool
) -> None:
    body = b"\n".join([*(written(f"P-{n}") for n in range(600)), b"{", written("W-1", channel="web_portal")])
    answer = await intake.post(LINES, content=body, headers=headers(LINES, body))
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["status"] for one in results] == [201] * 600 + [422, 403]
    assert "hotline_12345" in results[-1]["detail"]
    assert await stored(intake_pool) == 600


async def test_a_replay_is_refused_also_when_many_come_at_once(intake: httpx.AsyncClient, intake_pool: Pool) -> None:
    body = written("P-1")
    signed = headers(ONE, body)
    answers = await asyncio.gather(*(intake.post(ONE, content=body, headers=signed) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert await stored(intake_pool) == 1


@pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6)])
async def test_a_clock_that_is_wrong_is_told(intake: httpx.AsyncClient, intake_pool: Pool, late: timedelta) -> None:
    body = written("P-1")
    answer = await intake.post(ONE, content=body, headers=headers(ONE, body, late=late))
    assert answer.status_code == 401
    assert "时间戳" in answer.json()["detail"]
    assert await stored(intake_pool) == 0


async def test_what_is_not_signed_is_refused_and_uses_up_no_nonce(intake: httpx.AsyncClient, intake_pool: Pool) -> None:
    body = written("P-1")
    good = headers(ONE, body)
    for wrong in (
        {},
        headers(ONE, body, key=bytes(32)),
        good | {"X-Hotline-Key": "nobody"},
        good | {"X-Hotline-Signature": "0" * 64},
        headers(LINES, body),
        headers(ONE, body + b" "),
    ):
        answer = await intake.post(ONE, content=body, headers=wrong)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await stored(intake_pool), await intake_pool.fetchval("SELECT count(*) FROM push_nonces")) == (0, 0)
    assert (await intake.post(ONE, content=body, headers=good)).status_code == 201


async def test_a_body_without_end_is_refused_before_it_is_held(intake: httpx.AsyncClient) -> None:
    body = b"x" * (MAX_SUBMISSION + 1)
    assert (await intake.post(ONE, content=body, headers=headers(ONE, body))).status_code == 413


class Body:
    """A body that is sent when it may be, and knows whether anybody began to read it."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.begun.set()
        await self.go_on.wait()
        yield self.content


def at(app: FastAPI, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://hotline")


@pytest.mark.parametrize("path", [ONE, LINES])
async def test_of_whoever_names_no_key_or_a_wrong_time_nothing_is_read(intake: httpx.AsyncClient, path: str) -> None:
    good = headers(path, b"{}")
    for wrong in ({}, good | {"X-Hotline-Key": "nobody"}, headers(path, b"{}", late=timedelta(minutes=6))):
        body = Body(b"{}")
        assert (await intake.post(path, content=body, headers=wrong)).status_code == 401
        assert not body.begun.is_set()


async def test_whoever_signs_wrongly_again_and_again_is_not_read_and_nobody_else_is_held_up(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_api, "_READ_IN_VAIN", parse("5/hour"))
    body = written("P-1")
    async with at(app, "203.0.113.5") as eager, at(app, "203.0.113.6") as platform:
        wrong = headers(ONE, body, key=bytes(32))
        answers = [await eager.post(ONE, content=body, headers=wrong) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        unread = Body(body)
        assert (await eager.post(ONE, content=unread, headers=wrong)).status_code == 429
        assert not unread.begun.is_set()
        assert (await platform.post(ONE, content=body, headers=headers(ONE, body))).status_code == 201


async def test_only_so_many_bodies_are_held_at_once_and_of_one_client_half_of_them(app: FastAPI) -> None:
    async with at(app, "203.0.113.5") as first, at(app, "203.0.113.6") as second, at(app, "203.0.113.7") as third:
        sent: list[tuple[Body, asyncio.Task[httpx.Response]]] = []

        def send(client: httpx.AsyncClient) -> Body:
            body = Body(written(f"P-{len(sent)}"))
            posted = client.post(LINES, content=body, headers=headers(LINES, body.content))
            sent.append((body, asyncio.create_task(posted)))
            return body

        async with asyncio.timeout(30):
            for client in (first, first, second, second):
                await send(client).begun.wait()
            body = written("P-9")
            one_too_many = await first.post(LINES, content=body, headers=headers(LINES, body))
            assert (one_too_many.status_code, one_too_many.headers["retry-after"]) == (429, "1")
            waits = send(third)
            # What is pushed singly has room of its own, and by then whoever could begin has begun.
            body = written("P-8")
            assert (await third.post(ONE, content=body, headers=headers(ONE, body))).status_code == 201
            assert not waits.begun.is_set()
            for body_sent, _ in sent:
                body_sent.go_on.set()
            assert [(await answered).status_code for _, answered in sent] == [200] * 5
            # What was refused has used up nothing, and there is room again.
            body = written("P-9")
            assert (await first.post(LINES, content=body, headers=headers(LINES, body))).status_code == 200


async def test_a_body_that_comes_too_slowly_is_given_up(
    intake: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_api, "_READING_SECONDS", 0.01)
    body = Body(b"{}")
    assert (await intake.post(ONE, content=body, headers=headers(ONE, b"{}"))).status_code == 408


async def test_nonces_are_forgotten_when_their_signatures_have_run_out(
    intake: httpx.AsyncClient, intake_pool: Pool
) -> None:
    old = "SELECT 'platform', 'old-' || n, now() - interval '1 second' FROM generate_series(1, 50) n"
    await intake_pool.execute(f"INSERT INTO push_nonces (key_id, nonce, expires_at) {old}")
    body = written("P-1")
    await intake.post(ONE, content=body, headers=headers(ONE, body))
    assert await intake_pool.fetchval("SELECT count(*) FROM push_nonces") == 1
