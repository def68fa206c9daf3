"""A department answers an incident (同一事件) once: each of its cases is replied to on its own, or says why not."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from services.tracker.acting import may_read, officer_of
from services.tracker.acts.bulk_api import AT_MOST, One
from services.tracker.api import Limit, Officer, Reader, Words, case_of, page, refusals
from services.tracker.casework import Casework
from services.tracker.guards import ANSWERED
from services.tracker.incidents import incidents_store
from services.tracker.lifecycle import ANSWERABLE, Action, Actor, IllegalMove, NotYourCase, Role
from shared.http import Problem
from shared.language import CaseStatus
from shared.postgres import Pool

_BEYOND = (
    f"一次最多答复{AT_MOST}件，请再次提交。 At most {AT_MOST} are answered at once; the rest is for the next time."
)


class ReplyingToAll(BaseModel):
    """One text for the reporters of one incident; `cases` names those that are meant, and the versions that were seen.

    Without it all of the department's cases of the incident that may be replied to are meant, as they stand.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    text: Words
    cases: Annotated[tuple[One, ...], Field(min_length=1, max_length=AT_MOST)] | None = None


def add_incidents_routes(app: FastAPI, casework: Casework, pool: Pool) -> None:
    @app.get("/v1/incidents/{incident_id}/cases", tags=["incidents"])
    async def cases(
        incident_id: UUID,
        reader: Reader,
        status: CaseStatus | None = None,
        after: UUID | None = None,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """The cases that tell of an incident; an officer sees those in the own department's queue.

        `statuses` says how many there are of each status, on all pages. `next` is the `after` of the following page,
        absent on the last.
        """
        department = None if may_read(reader, None) else reader.department
        rows = await incidents_store.read_cases(pool, incident_id, department, status, after, limit)
        statuses = await incidents_store.count_statuses(pool, incident_id, department)
        return {"statuses": statuses, **page([case_of(row) for row in rows], "complaint_id", limit)}

    @app.post("/v1/incidents/{incident_id}:reply", tags=["incidents"])
    async def reply(incident_id: UUID, replying: ReplyingToAll, officer: Officer) -> dict[str, Any]:
        """Answer up to 500 cases of an incident with one text; `items` says of each what became of it.

        A case has `replied`, and where that is false the `problem` that its own route would answer. Only cases in the
        officer's own queue are touched. `left_out` says, where `cases` names none, how many others wait for an answer
        and why this was none.
        """
        actor = officer_of(officer)
        async with casework.pool.acquire() as connection, connection.transaction():
            department = officer.department or ""
            left_out: list[dict[str, Any]] = []
            if replying.cases is None:
                open_to_reply = await incidents_store.answerable(connection, incident_id, department, AT_MOST)
                meant = {one: One(complaint_id=one) for one in open_to_reply}
                statuses = await incidents_store.count_statuses(connection, incident_id, department)
                left_out = _left_out(statuses, len(meant))
            else:
                meant = {one.complaint_id: one for one in replying.cases}
            ours = await incidents_store.own(connection, incident_id, department, list(meant))
            if not meant and not left_out:
                raise Problem(
                    404,
                    "本单位没有待答复的同一事件工单。",
                    "Your department has no case of this incident that waits for an answer.",
                )
            inner = casework.within(connection)
            results: dict[UUID, dict[str, Any]] = {}
            # In the order of their ids, so that no two who answer many wait for each other.
            for one in sorted(meant.values(), key=lambda each: each.complaint_id):
                ticket = ours.get(one.complaint_id)
                results[one.complaint_id] = await _reply(inner, one, actor, replying.text, ticket)
        casework.relay.wake()
        return {"items": [results[complaint_id] for complaint_id in meant], "left_out": left_out}


def _left_out(statuses: Mapping[CaseStatus, int], meant: int) -> list[dict[str, Any]]:
    """What waits for an answer beside the `meant` cases that may be replied to, by status, and why it is left out."""
    found = []
    for status, number in statuses.items():
        if status in ANSWERABLE:
            cases, why = number - meant, _BEYOND
        else:
            cases, why = number, str(IllegalMove(status, Action.REPLY, Role.OFFICER))
        if cases > 0 and status not in ANSWERED:
            found.append({"status": status, "cases": cases, "why": why})
    return found


async def _reply(casework: Casework, one: One, actor: Actor, text: str, ticket: str | None) -> dict[str, Any]:
    """What became of a case; one without a `ticket` is not theirs."""
    told = {"complaint_id": one.complaint_id, "ticket_number": ticket}
    try:
        with refusals():
            if ticket is None:
                # As everywhere, one that does not exist is not theirs either.
                raise NotYourCase
            await casework.reply(one.complaint_id, actor, one.version, text)
    except Problem as problem:
        return {**told, "replied": False, "problem": problem.as_json()}
    return {**told, "replied": True}
