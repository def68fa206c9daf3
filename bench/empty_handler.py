"""The limits of single POSTs: three ways to read the body and answer, with nothing behind them.

``python -m bench.empty_handler bare|stack|direct``: the bare framework; the intake's own HTTP stack, with its
middlewares, limits and access rule, as every route of the intake has it; and the way around the framework that the
intake takes for its busiest route (shared/direct.py).
"""

import sys
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, cast

import uvloop
from fastapi import FastAPI, Request, Response

from deploy.local.hotline import HotlineService
from deploy.local.ports import LOOPBACK
from services.intake.acceptance import Acceptance
from services.intake.county import County
from services.intake.main import accepting
from services.intake.settings import IntakeSettings
from services.intake.submitters import Submitter
from services.intake.submitting import Submitting
from shared.operations import add_operations
from shared.postgres import Pool
from shared.service import http_server
from shared.settings import read_settings

Kind: TypeAlias = Literal["bare", "stack", "direct"]

# As long as the answer to an accepted complaint.
_ANSWER = b"0" * 220


class EmptyHandler(HotlineService):
    """One of them as a process; `environment` is the intake's."""

    def __init__(self, kind: Kind, port: int, intake: HotlineService) -> None:
        super().__init__("intake", intake.state / f"empty-{kind}", port, intake.environment)
        self.kind = kind

    @property
    def mark(self) -> str:
        return f"bench.empty_handler {self.kind}"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "bench.empty_handler", self.kind]


class _Nothing(Submitting):
    """Answers without reading what was submitted."""

    async def one(self, body: bytes, submitter: Submitter) -> dict[str, Any]:  # noqa: ARG002
        return {
            "status": 201,
            "ticket_number": "20261124-000123-2",
            "accepted_at": datetime.now(UTC),
            "complaint_id": "01926f00-0000-7000-8000-000000000000",
            "query_code": "22222222",
        }


def bare() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/v1/complaints", status_code=201)
    async def submit(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
        return Response(_ANSWER, 201, media_type="application/json", headers={"Location": "/v1/complaints/0"})

    return app


def intake(settings: IntakeSettings, *, direct: bool) -> FastAPI:
    """The intake's own application, without what stores complaints."""
    nothing = _Nothing(cast("Acceptance", None), lambda: cast("County", None), b"")
    app = accepting(settings, nothing, cast("Pool", None))
    add_operations(app, [], ())
    if not direct:
        app.state.direct_routes.clear()
    return app


async def main(kind: str) -> None:
    settings = read_settings(IntakeSettings)
    app = bare() if kind == "bare" else intake(settings, direct=kind == "direct")
    await http_server(app, LOOPBACK, settings.http_port).serve()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
