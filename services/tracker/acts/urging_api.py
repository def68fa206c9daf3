"""Urging (催办) and supervising (督办) over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI

from services.tracker.acting import office_of
from services.tracker.acts.office_api import Office
from services.tracker.acts.urging import Urging
from services.tracker.api import Acting, Words, read_case, refusals
from shared.auth import Principal, Role, allow
from shared.postgres import Pool

Supervisor = Annotated[Principal, allow(Role.SUPERVISOR)]


class Noting(Acting):
    note: Words


def add_urging_routes(app: FastAPI, urging: Urging, pool: Pool) -> None:
    @app.post("/v1/cases/{case_id}/urge", tags=["cases"])
    async def urge(case_id: UUID, noting: Noting, office: Office) -> dict[str, Any]:
        """Remind the department (催办)."""
        with refusals():
            await urging.urge(case_id, office_of(office), noting.version, noting.note)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/supervise", tags=["supervision"])
    async def supervise(case_id: UUID, noting: Noting, supervisor: Supervisor) -> dict[str, Any]:
        """The supervision office follows the case from here on (督办)."""
        with refusals():
            await urging.supervise(case_id, office_of(supervisor), noting.version, noting.note)
        return await read_case(pool, case_id)
