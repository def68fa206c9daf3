"""Returns (退单) over HTTP: the department asks, the hotline centre or the supervision office grants or refuses."""

from typing import Any
from uuid import UUID

from fastapi import FastAPI

from services.tracker.acting import office_of, officer_of
from services.tracker.acts.office_api import Office
from services.tracker.acts.returns import Returns
from services.tracker.api import Acting, Officer, Words, read_case, refusals, require_readable
from shared.postgres import Pool


class Returning(Acting):
    """`basis` names the rule by which the case is another's: an entry of the responsibility list, an article."""

    reason: Words
    basis: Words


class Deciding(Acting):
    reason: Words


def add_returns_routes(app: FastAPI, returns: Returns, pool: Pool) -> None:
    @app.post("/v1/cases/{case_id}/request-return", tags=["cases"])
    async def request_return(case_id: UUID, returning: Returning, officer: Officer) -> dict[str, Any]:
        """The department says that the case is another's (申请退单); the reply clock runs on."""
        await require_readable(pool, officer, case_id)
        with refusals():
            await returns.request(case_id, officer_of(officer), returning.version, returning.reason, returning.basis)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/grant-return", tags=["cases"])
    async def grant_return(case_id: UUID, deciding: Deciding, office: Office) -> dict[str, Any]:
        """The case goes back to the router, which places it with another department (同意退单)."""
        with refusals():
            await returns.grant(case_id, office_of(office), deciding.version, deciding.reason)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/refuse-return", tags=["cases"])
    async def refuse_return(case_id: UUID, deciding: Deciding, office: Office) -> dict[str, Any]:
        """The department keeps the case (驳回退单)."""
        with refusals():
            await returns.refuse(case_id, office_of(office), deciding.version, deciding.reason)
        return await read_case(pool, case_id)
