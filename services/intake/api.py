"""The intake's HTTP API: submit complaints one by one or by the line, and look one up."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, Request, Response
from starlette.responses import StreamingResponse

from services.intake.channels.submission import SUBMISSION
from services.intake.pages.looking_up import progress_of
from services.intake.submitters import CHANNELS_OF, PORTAL, submitter_of
from services.intake.submitting import MAX_SUBMISSION, Submitting, too_large
from shared.auth import Principal, allow, open_to_all
from shared.direct import answer_directly
from shared.http import MAX_BODY, Problem
from shared.postgres import Pool
from shared.rate_limits import limited_by_client

_MAX_LINES = 64 * 1024 * 1024
_LINES_PER_COMMIT = 250

_FORM = SUBMISSION.json_schema(ref_template="#/components/schemas/{model}")
_FORMS = _FORM.pop("$defs")
_PORTAL_FORM = {"$ref": "#/components/schemas/PortalForm"}


def add_routes(app: FastAPI, submitting: Submitting, pool: Pool) -> None:
    app.state.schemas.update(_FORMS)
    submitters = allow(*CHANNELS_OF)

    @app.post(
        "/v1/complaints",
        status_code=201,
        tags=["complaints"],
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _FORM}}}},
    )
    async def submit(request: Request, principal: Annotated[Principal, submitters]) -> Response:
        """Accept one complaint: 201 once it is committed, 200 where this (channel, external id) was accepted before."""
        return _told(await submitting.one(await _body(request), submitter_of(principal)))

    answer_directly(app, "POST", "/v1/complaints", submitters, submit, MAX_BODY)

    @app.post(
        "/v1/portal/complaints",
        status_code=201,
        tags=["complaints"],
        dependencies=[
            open_to_all("citizens complain through the portal without a login"),
            limited_by_client("30/minute"),
        ],
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _PORTAL_FORM}}}},
    )
    async def submit_as_citizen(request: Request) -> Response:
        """Accept one complaint of the portal's, answered as one of the staff's."""
        return _told(await submitting.one(await _body(request), PORTAL))

    @app.post(
        "/v1/complaints:batch",
        tags=["complaints"],
        response_class=StreamingResponse,
        # What is beyond the limit of lines is answered by the route, with the results of the lines before it.
        max_body_size=_MAX_LINES + MAX_BODY,
        openapi_extra={"requestBody": {"required": True, "content": {"application/x-ndjson": {"schema": _FORM}}}},
    )
    async def submit_lines(request: Request, principal: Annotated[Principal, allow(*CHANNELS_OF)]) -> Response:
        """Accept complaints by the line; answers one result a line, in order. Good lines land though others fail."""
        submitter = submitter_of(principal)
        results: list[bytes] = []
        under_way: asyncio.Task[list[dict[str, Any]]] | None = None
        refusal: list[bytes] = []
        async with aclosing(_chunks(request)) as chunks:
            try:
                async for chunk in chunks:
                    # While one chunk commits the next is read.
                    following = asyncio.create_task(submitting.lines(chunk, submitter))
                    results += await _written(under_way)
                    under_way = following
            except Problem as problem:
                # What came before it has landed, so its results are told all the same.
                refusal = [orjson.dumps(problem.as_json()) + b"\n"]
        results += await _written(under_way) + refusal
        return StreamingResponse(_each(results), media_type="application/x-ndjson")

    @app.get(
        "/v1/complaints/{ticket_number}",
        tags=["complaints"],
        dependencies=[
            open_to_all("the query code on the receipt opens this one complaint to whoever holds it"),
            limited_by_client("300/minute"),
        ],
    )
    async def look_up(ticket_number: str, query_code: str) -> dict[str, Any]:
        """What became of a complaint; needs the query code that its reporter was given."""
        return await progress_of(pool, submitting.query_code_key, ticket_number, query_code)


def _told(answer: dict[str, Any]) -> Response:
    return Response(
        orjson.dumps(answer),
        answer["status"],
        media_type="application/json",
        headers={"Location": f"/v1/complaints/{answer['ticket_number']}"},
    )


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_SUBMISSION:
            raise too_large(MAX_SUBMISSION)
    return bytes(body)


async def _chunks(request: Request) -> AsyncGenerator[list[tuple[int, bytes]], None]:
    """The numbered lines of the body in the chunks that share a commit; empty lines are passed over."""
    number, total, rest = 0, 0, b""
    chunk: list[tuple[int, bytes]] = []
    async for part in request.stream():
        total += len(part)
        if total > _MAX_LINES:
            if chunk:
                yield chunk
            raise too_large(_MAX_LINES)
        *lines, rest = (rest + part).split(b"\n")
        # A line that is too large is refused when it ends; until then one byte too many is all that is kept of it.
        rest = rest[: MAX_SUBMISSION + 1]
        for line in lines:
            number += 1
            if line.strip():
                chunk.append((number, line))
            if len(chunk) == _LINES_PER_COMMIT:
                yield chunk
                chunk = []
    if rest.strip():
        chunk.append((number + 1, rest))
    if chunk:
        yield chunk


async def _written(task: asyncio.Task[list[dict[str, Any]]] | None) -> list[bytes]:
    return [] if task is None else [orjson.dumps(result) + b"\n" for result in await task]


async def _each(results: Sequence[bytes]) -> AsyncIterator[bytes]:
    for start in range(0, len(results), 1000):
        yield b"".join(results[start : start + 1000])
