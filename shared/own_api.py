"""A service's pages as clients of its own API: what a page shows and does passes the rules that everything passes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI, Request

from shared.http import Problem
from shared.session import session_of


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and JSON of a route; `told` is what its problem says, None where there is none."""

    status: int
    content: Any

    @property
    def good(self) -> bool:
        return self.status < httpx.codes.BAD_REQUEST

    @property
    def told(self) -> str | None:
        return None if self.good else self.content["detail"]

    @property
    def sentences(self) -> list[str]:
        """All that its problem says: of the whole, then of each field; nothing where there is none."""
        if self.good:
            return []
        return [str(self.told), *(f"{one['zh']} {one['en']}" for one in self.content.get("errors", ()))]

    def or_problem(self) -> Any:
        """What the route answered; its own Problem where it refused."""
        if not self.good:
            raise Problem(self.status, str(self.told))
        return self.content


class OwnApi:
    """Asks routes of `app` in the name of whoever asks for the page, without a network between."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def get(self, request: Request, path: str, **query: str | int | None) -> Answer:
        return await self._ask(request, "GET", path, params={name: value for name, value in query.items() if value})

    async def post(self, request: Request, path: str, body: Mapping[str, Any]) -> Answer:
        return await self._ask(request, "POST", path, json=dict(body))

    async def _ask(self, request: Request, method: str, path: str, **sent: Any) -> Answer:
        session = session_of(request)
        token = f"Bearer {session}" if session else request.headers.get("authorization", "")
        # The client's own address, so that what it may ask in a minute counts for the page as well.
        client = (request.client.host, request.client.port) if request.client else ("127.0.0.1", 0)
        transport = httpx.ASGITransport(app=self._app, client=client)
        async with httpx.AsyncClient(transport=transport, base_url=str(request.base_url)) as own:
            response = await own.request(method, path, headers={"authorization": token}, **sent)
        return Answer(response.status_code, response.json())
