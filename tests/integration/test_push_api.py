"""The 12345 platform pushes work orders: signed ones are taken once, all others are refused and leave nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.intake.acceptance import Acceptance
from services.intake.county import County
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
async def intake(acceptance: Acceptance, county: County, intake_pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app("Hotline intake", verifier())
    submitting = Submitting(acceptance, lambda: county, b"only for this test")
    add_push_routes(app, submitting, intake_pool, {"platform": KEY})
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


async def test_nonces_are_forgotten_when_their_signatures_have_run_out(
    intake: httpx.AsyncClient, intake_pool: Pool
) -> None:
    old = "SELECT 'platform', 'old-' || n, now() - interval '1 second' FROM generate_series(1, 50) n"
    await intake_pool.execute(f"INSERT INTO push_nonces (key_id, nonce, expires_at) {old}")
    body = written("P-1")
    await intake.post(ONE, content=body, headers=headers(ONE, body))
    assert await intake_pool.fetchval("SELECT count(*) FROM push_nonces") == 1
