"""Where the 12345 platform pushes its work orders, singly or by the line; every request is signed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import Depends, FastAPI, Request, Response

from services.intake import store
from services.intake.platforms.push_signature import NONCE_LIFE, Claim, NotSigned, check
from services.intake.submitters import PLATFORM
from services.intake.submitting import MAX_SUBMISSION, Submitting, too_large
from shared.auth import open_to_all
from shared.http import Problem
from shared.postgres import Pool

# The whole body is held until its signature is checked.
_MAX_LINES = 16 * 1024 * 1024
_LINES_PER_COMMIT = 250

_SIGNED = open_to_all("the 12345 platform signs each request in place of a login")


def add_push_routes(app: FastAPI, submitting: Submitting, pool: Pool, keys: Mapping[str, bytes]) -> None:
    """Take what the platform pushes; it may submit for the hotline only."""

    async def signed_body(request: Request) -> bytes:
        """The body of a request that the platform has signed and not sent before."""
        single = not request.url.path.endswith(":batch")
        body = await _read(request, MAX_SUBMISSION if single else _MAX_LINES)
        header = request.headers.get
        claim = Claim(
            header("x-hotline-key", ""),
            header("x-hotline-timestamp", ""),
            header("x-hotline-nonce", ""),
            header("x-hotline-signature", ""),
        )
        now = datetime.now(UTC)
        try:
            check(keys, claim, method=request.method, path=request.url.path, body=body, now=now)
        except NotSigned as wrong:
            raise Problem(401, wrong.zh, wrong.en) from None
        # Only what is signed is remembered, so that nobody else can use up a nonce.
        if not await store.insert_nonce(pool, claim.key_id, claim.nonce, now + NONCE_LIFE):
            raise Problem(
                409,
                "该请求此前已收到过；重新推送须使用新的时间戳和随机串。",
                "This request came before; sign it anew, with another nonce, to push it again.",
            )
        return body

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


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)
