"""A small application with a route of each kind, for the tests of what all applications share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
from fastapi import FastAPI, Form

from shared.auth import Principal, Role, allow, open_to_all
from shared.http import create_app
from shared.rate_limits import limited_by_client
from tests.tokens import verifier

Clerk = Annotated[Principal, allow(Role.CLERK)]


def lamps() -> FastAPI:
    app = create_app("Lamps", verifier())
    add_lamps(app)
    return app


def add_lamps(app: FastAPI) -> None:
    @app.get("/lamps")
    async def read(clerk: Clerk) -> dict[str, str]:
        return {"who": clerk.subject}

    @app.post("/lamps")
    async def write(clerk: Clerk, lamp: dict[str, int]) -> dict[str, int | str]:
        return {"who": clerk.subject, **lamp}

    @app.post("/lamps/form")
    async def write_form(clerk: Clerk, place: Annotated[str, Form()]) -> dict[str, str]:
        return {"who": clerk.subject, "place": place}

    @app.post("/lamps/many", max_body_size=3_000_000, dependencies=[allow(Role.CLERK)])
    async def write_many(lamps: list[str]) -> int:
        return len(lamps)

    @app.get("/few", dependencies=[open_to_all("a test"), limited_by_client("3/hour")])
    async def few() -> str:
        return "few"

    @app.get("/bug", dependencies=[open_to_all("a test")])
    async def bug() -> None:
        raise RuntimeError


@asynccontextmanager
async def visiting(app: FastAPI, address: str = "203.0.113.5") -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="https://hotline.test") as client:
        yield client
