"""A department answers an incident (同一事件) once: each of its cases is replied to on its own, or says why not."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from services.tracker.acting import may_read, officer_of
from services.tracker.acts.bulk_api import AT_MOST, One
from services.tracker.api import Limit, Officer, Reader, Words, page, refusals
from services.tracker.casework import Casework
from services.tracker.incidents import incidents_store
from services.tracker.lifecycle import Actor, NotYourCase
from shared.http import Problem
from shared.postgres import Pool


class ReplyingToAll(BaseModel):
    """One text for the reporters of one incident; `cases` names those that are meant, and the versions that were seen.

    Without it all of the department's cases of the incident that wait for an answer are meant, as they stand.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    text: Words
    cases: Annotated[tuple[One, ...], Field(min_length=1, max_length=AT_MOST)] | None = None


def add_incidents_routes(app: FastAPI, casework: Casework, pool: Pool) -> None:
    @app.get("/v1/incidents/{incident_id}/cases", tags=["incidents"])
    async def cases(incident_id: UUID, reader: Reader, after: UUID | None = None, limit: Limit = 100) -> dict[str, Any]:
        """The cases that tell of an incident; an officer sees those in the own department's queue."""
        department = None if may_read(reader, None) else reader.department
        rows = await incidents_store.read_cases(pool, incident_id, department, after, limit)
        return page([dict(row) for row in rows], "complaint_id", limit)

    @app.post("/v1/incidents/{incident_id}:reply", tags=["incidents"])
    async def reply(incident_id: UUID, replying: ReplyingToAll, officer: Officer) -> dict[str, Any]:
        """Answer up to 500 cases of an incident with one text; `items` says of each what became of it.

        A case has `replied`, and where that is false the `problem` that its own route would answer. Only cases in the
        officer's own queue are touched.
        """
        actor = officer_of(officer)
        async with casework.pool.acquire() as connection, connection.transaction():
            department = officer.department or ""
            if replying.cases is None:
                waiting = await incidents_store.unanswered(connection, incident_id, department, AT_MOST)
                meant = {one: One(complaint_id=one) for one in waiting}
            else:
                meant = {one.complaint_id: one for one in replying.cases}
            ours = await incidents_store.own(connection, incident_id, department, list(meant))
            if not meant:
                raise Problem(
                    404,
                    "本单位没有待答复的同一事件工单。",
                    "Your department has no case of this incident that waits for an answer.",
                )
            inner = casework.within(connection)
            results: dict[UUID, dict[str, Any]] = {}
            # In the order of their ids, so that no two who answer many wait for each other.
            for one in sorted(meant.values(), key=lambda each: each.complaint_id):
                theirs = one.complaint_id not in ours
                results[one.complaint_id] = await _reply(inner, one, actor, replying.text, theirs=theirs)
        casework.relay.wake()
        return {"items": [results[complaint_id] for complaint_id in meant]}


async def _reply(casework: Casework, one: One, actor: Actor, text: str, *, theirs: bool) -> dict[str, Any]:
    try:
        with refusals():
            if theirs:
                # As everywhere, one that does not exist is not theirs either.
                raise NotYourCase
            await casework.reply(one.complaint_id, actor, one.version, text)
    except Problem as problem:
        return {"complaint_id": one.complaint_id, "replied": False, "problem": problem.as_json()}
    return {"complaint_id": one.complaint_id, "replied": True}
