"""Many cases acknowledged in one request: each is judged by itself, the good ones land whatever becomes of others."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from services.tracker.acting import officer_of
from services.tracker.api import Officer, refusals
from services.tracker.casework import Casework, NoSuchCase
from services.tracker.lifecycle import Actor, NotYourCase
from shared.http import Problem
from shared.language import DepartmentCode

AT_MOST = 500


class One(BaseModel):
    """`version` is the one that the department saw; without it the case is acknowledged as it stands."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    complaint_id: UUID
    version: int | None = Field(default=None, ge=1)


class Acknowledging(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    cases: Annotated[tuple[One, ...], Field(min_length=1, max_length=AT_MOST)]


def add_bulk_routes(app: FastAPI, casework: Casework) -> None:
    @app.post("/v1/departments/{code}/cases:acknowledge", tags=["departments"])
    async def acknowledge_all(code: DepartmentCode, acknowledging: Acknowledging, officer: Officer) -> dict[str, Any]:
        """Acknowledge (签收) up to 500 cases; `items` has one result for each, in the order of the request.

        A result has `acknowledged`, and where that is false the `problem` that the case's own route would answer.
        A fault of the service (503) leaves all of them as they were.
        """
        if officer.department != code:
            raise Problem(403, "您只能签收本单位的工单。", "You may acknowledge the cases of your own department only.")
        actor = officer_of(officer)
        results: list[dict[str, Any]] = [{}] * len(acknowledging.cases)
        async with casework.pool.acquire() as connection, connection.transaction():
            inner = casework.within(connection)
            # Whoever locks many cases does so in the order of their ids, so that no two wait for each other.
            for place, one in sorted(enumerate(acknowledging.cases), key=lambda numbered: numbered[1].complaint_id):
                results[place] = await _acknowledge(inner, one, actor)
        casework.relay.wake()
        return {"items": results}


async def _acknowledge(casework: Casework, one: One, actor: Actor) -> dict[str, Any]:
    try:
        with refusals():
            try:
                await casework.acknowledge(one.complaint_id, actor, one.version)
            except NoSuchCase:
                # To an officer a case that does not exist is one that is not theirs, as everywhere.
                raise NotYourCase from None
    except Problem as problem:
        return {"complaint_id": one.complaint_id, "acknowledged": False, "problem": problem.as_json()}
    return {"complaint_id": one.complaint_id, "acknowledged": True}
