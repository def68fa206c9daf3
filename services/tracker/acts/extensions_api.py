"""Extension (延期) over HTTP: the department asks before the reply is due, the offices approve or refuse."""

from typing import Any
from uuid import UUID

from fastapi import FastAPI

from services.tracker.acting import office_of, officer_of
from services.tracker.acts.extensions import Extensions
from services.tracker.acts.office_api import Office
from services.tracker.acts.returns_api import Deciding
from services.tracker.api import Acting, Officer, Words, read_case, refusals, require_readable
from shared.postgres import Pool
from shared.term import WrittenTerm


class Extending(Acting):
    """`term` is how much later the reply would be due, as 5wd."""

    term: WrittenTerm
    reason: Words


def add_extensions_routes(app: FastAPI, extensions: Extensions, pool: Pool) -> None:
    @app.post("/v1/cases/{case_id}/request-extension", tags=["cases"])
    async def request_extension(case_id: UUID, asked: Extending, officer: Officer) -> dict[str, Any]:
        """The department asks for more time (申请延期); until that is approved the deadline stands."""
        await require_readable(pool, officer, case_id)
        with refusals():
            await extensions.request(case_id, officer_of(officer), asked.version, asked.term, asked.reason)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/grant-extension", tags=["cases"])
    async def grant_extension(case_id: UUID, deciding: Deciding, office: Office) -> dict[str, Any]:
        """The reply is due later, and the reporter is told (延期)."""
        with refusals():
            await extensions.grant(case_id, office_of(office), deciding.version, deciding.reason)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/refuse-extension", tags=["cases"])
    async def refuse_extension(case_id: UUID, deciding: Deciding, office: Office) -> dict[str, Any]:
        with refusals():
            await extensions.refuse(case_id, office_of(office), deciding.version, deciding.reason)
        return await read_case(pool, case_id)
