"""Where the 12345 platform pushes its work orders, singly or by the line; every request is signed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import Depends, FastAPI, Request, Response
from limits import parse

from services.intake import store
from services.intake.platforms.push_signature import NONCE_LIFE, Claim, NotSigned, check_claim, check_signature
from services.intake.submitters import PLATFORM
from services.intake.submitting import MAX_SUBMISSION, Submitting, too_large
from shared.auth import open_to_all
from shared.http import Problem
from shared.postgres import Pool
from shared.rate_limits import RateLimits, TooMany, client_of

# The whole body is held until its signature is checked.
_MAX_LINES = 16 * 1024 * 1024
_LINES_PER_COMMIT = 250
# So many bodies are held at once, of 256 KB and of 16 MB.
_SINGLE_BODIES, _BODIES_OF_LINES = 256, 4
_READING_SECONDS = 60.0
# Bodies of one client's that were read for nothing; beyond that none of its bodies is read.
_READ_IN_VAIN = parse("30/minute")

_SIGNED = open_to_all("the 12345 platform signs each request in place of a login")


class _Room:
    """For so many bodies at once, of one client's for half of them: whoever sends slowly keeps nobody else out."""

    def __init__(self, bodies: int) -> None:
        self._free = asyncio.Semaphore(bodies)
        self._share = bodies // 2
        self._of_client: Counter[str] = Counter()

    @asynccontextmanager
    async def taken(self, client: str) -> AsyncIterator[None]:
        """Wait for room; TooMany where the client has its share already."""
        if self._of_client[client] >= self._share:
            raise TooMany(1)
        self._of_client[client] += 1
        try:
            async with self._free:
                yield
        finally:
            self._of_client[client] -= 1
            if not self._of_client[client]:
                del self._of_client[client]


def add_push_routes(app: FastAPI, submitting: Submitting, pool: Pool, keys: Mapping[str, bytes]) -> None:
    """Take what the platform pushes; it may submit for the hotline only."""
    for_singles, for_lines = _Room(_SINGLE_BODIES), _Room(_BODIES_OF_LINES)

    async def signed_body(request: Request) -> AsyncIterator[bytes]:
        """The body of a request that the platform has signed and not sent before, held until it is answered."""
        limits: RateLimits = request.app.state.rate_limits
        claim = _claim(request)
        now = datetime.now(UTC)
        try:
            check_claim(keys, claim, now)
        except NotSigned as wrong:
            limits.of_refused(request)
            raise Problem(401, wrong.zh, wrong.en) from None
        limits.require_room(request, _READ_IN_VAIN, "push")
        single = not request.url.path.endswith(":batch")
        async with (for_singles if single else for_lines).taken(client_of(request)):
            try:
                body = await _read_signed(request, claim, keys[claim.key_id], MAX_SUBMISSION if single else _MAX_LINES)
            except Problem:
                limits.of_client(request, _READ_IN_VAIN, "push")
                raise
            # Only what is signed is remembered, so that nobody else can use up a nonce.
            if not await store.insert_nonce(pool, claim.key_id, claim.nonce, now + NONCE_LIFE):
                raise Problem(
                    409,
                    "该请求此前已收到过；重新推送须使用新的时间戳和随机串。",
                    "This request came before; sign it anew, with another nonce, to push it again.",
                )
            yield body

    @app.post("/v1/pushed/complaints", status_code=201, tags=["12345 platform"], dependencies=[_SIGNED])
    async def push(body: Annotated[bytes, Depends(signed_body)]) -> Response:
        """Accept one work order: 201 once it is committed, 200 where its external id was accepted before."""
        answer = await submitting.one(body, PLATFORM)
        return Response(orjson.dumps(answer), answer["status"], media_type="application/json")

    @app.post(
        "/v1/pushed/complaints:batch",
        tags=["12345 platform"],
        response_class=Response,
        dependencies=[_SIGNED],
        max_body_size=_MAX_LINES,
    )
    async def push_lines(body: Annotated[bytes, Depends(signed_body)]) -> Response:
        """Accept work orders by the line; answers one result a line, in order."""
        numbered = [(number, line) for number, line in enumerate(body.split(b"\n"), start=1) if line.strip()]
        results: list[dict[str, Any]] = []
        for start in range(0, len(numbered), _LINES_PER_COMMIT):
            results += await submitting.lines(numbered[start : start + _LINES_PER_COMMIT], PLATFORM)
        return Response(b"".join(orjson.dumps(one) + b"\n" for one in results), media_type="application/x-ndjson")


def _claim(request: Request) -> Claim:
    header = request.headers.get
    return Claim(
        header("x-hotline-key", ""),
        header("x-hotline-timestamp", ""),
        header("x-hotline-nonce", ""),
        header("x-hotline-signature", ""),
    )


async def _read_signed(request: Request, claim: Claim, key: bytes, limit: int) -> bytes:
    """The body; Problem where it is too large, comes too slowly, or is not what was signed."""
    try:
        async with asyncio.timeout(_READING_SECONDS):
            body = await _read(request, limit)
        check_signature(key, claim, method=request.method, path=request.url.path, body=body)
    except TimeoutError:
        raise Problem(408, "请求内容传送过慢。", "The body of the request came too slowly.") from None
    except NotSigned as wrong:
        raise Problem(401, wrong.zh, wrong.en) from None
    return body


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)
