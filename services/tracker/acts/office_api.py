"""What the hotline centre and the supervision office do with cases over HTTP: call back, close, send back, decline."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI

from services.tracker.acting import office_of
from services.tracker.api import Acting, Words, read_case, refusals
from services.tracker.casework import Casework
from services.tracker.guards import Callback
from shared.auth import Principal, Role, allow
from shared.language import Satisfaction
from shared.postgres import Pool

Office = Annotated[Principal, allow(Role.OPERATOR, Role.SUPERVISOR)]


class Closing(Acting):
    """What the callback brought; `reason` says why a case is closed although the reporter is not satisfied."""

    contacted: bool | None = None
    satisfaction: Satisfaction | None = None
    reason: Words | None = None


class SendingBack(Acting):
    reason: Words


class Declining(Acting):
    lawful_channel: Words


def add_office_routes(app: FastAPI, casework: Casework, pool: Pool) -> None:
    @app.post("/v1/cases/{case_id}/request-callback", tags=["cases"])
    async def request_callback(case_id: UUID, acting: Acting, office: Office) -> dict[str, Any]:
        """The reporter is to be asked whether the reply helped (转回访)."""
        with refusals():
            await casework.request_callback(case_id, office_of(office), acting.version)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/close", tags=["cases"])
    async def close(case_id: UUID, closing: Closing, office: Office) -> dict[str, Any]:
        """The case is done (办结): say whether the reporter was reached, and what they said."""
        said = Callback(closing.contacted, closing.satisfaction, closing.reason)
        with refusals():
            await casework.close(case_id, office_of(office), closing.version, said)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/rework", tags=["cases"])
    async def rework(case_id: UUID, sending_back: SendingBack, office: Office) -> dict[str, Any]:
        """The reporter is not satisfied: the department works it again, with fresh deadlines (二次办理)."""
        with refusals():
            await casework.rework(case_id, office_of(office), sending_back.version, sending_back.reason)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/decline", tags=["cases"])
    async def decline(case_id: UUID, declining: Declining, office: Office) -> dict[str, Any]:
        """The hotline must not handle it; the reporter is told where the law sends them (不予受理)."""
        with refusals():
            await casework.decline(case_id, office_of(office), declining.version, declining.lawful_channel)
        return await read_case(pool, case_id)
