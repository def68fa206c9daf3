"""What the hotline centre and the supervision office do with cases over HTTP: call back, close, send back, decline.

Until there is access control, whoever calls says in the body as whom; the table of moves still holds for that role.
"""

from typing import Any, Literal
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from services.tracker.api import Words, read_case, refusals
from services.tracker.casework import Casework
from services.tracker.lifecycle import Actor, Role
from shared.language import DepartmentCode
from shared.postgres import Pool


class Deciding(BaseModel):
    """Who acts, and on which version of the case; an officer names the department too."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    actor: Literal["officer", "centre", "supervisor"]
    department: DepartmentCode | None = None
    version: int | None = Field(default=None, ge=1)

    @property
    def who(self) -> Actor:
        return Actor(Role(self.actor), self.department)


class SendingBack(Deciding):
    reason: Words


class Declining(Deciding):
    lawful_channel: Words


def add_office_routes(app: FastAPI, casework: Casework, pool: Pool) -> None:
    @app.post("/v1/cases/{case_id}/request-callback", tags=["cases"])
    async def request_callback(case_id: UUID, deciding: Deciding) -> dict[str, Any]:
        """The reporter is to be asked whether the reply helped (转回访)."""
        with refusals():
            await casework.request_callback(case_id, deciding.who, deciding.version)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/close", tags=["cases"])
    async def close(case_id: UUID, deciding: Deciding) -> dict[str, Any]:
        """The case is done (办结)."""
        with refusals():
            await casework.close(case_id, deciding.who, deciding.version)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/rework", tags=["cases"])
    async def rework(case_id: UUID, sending_back: SendingBack) -> dict[str, Any]:
        """The reporter is not satisfied: the department works it again, with fresh deadlines (二次办理)."""
        with refusals():
            await casework.rework(case_id, sending_back.who, sending_back.version, sending_back.reason)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/decline", tags=["cases"])
    async def decline(case_id: UUID, declining: Declining) -> dict[str, Any]:
        """The hotline must not handle it; the reporter is told where the law sends them (不予受理)."""
        with refusals():
            await casework.decline(case_id, declining.who, declining.version, declining.lawful_channel)
        return await read_case(pool, case_id)
