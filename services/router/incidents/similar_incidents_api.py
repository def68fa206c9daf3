"""Telling whoever types a complaint in, while the caller still speaks, that others have told of the same incident."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Response

from services.router.api import Question, as_received
from services.router.decide import decide
from services.router.in_service import Routing
from services.router.incidents.fingerprints import fingerprint, keys
from services.router.incidents.incidents import Told
from services.router.incidents.incidents_read_store import count_similar
from services.router.incidents.incidents_store import find_alike
from services.router.incidents.same_incident import compare
from shared.auth import Principal, Role, allow
from shared.http import Problem
from shared.matching import comparable
from shared.postgres import Pool
from shared.redaction import redact


def add_similar_incidents_routes(app: FastAPI, pool: Pool, routing: Callable[[], Routing]) -> None:
    """`routing` gives the one in service at the moment."""

    @app.post("/v1/incidents:similar", tags=["incidents"])
    async def similar(
        question: Question, response: Response, asker: Annotated[Principal, allow(Role.OPERATOR, Role.CLERK)]
    ) -> dict[str, Any]:
        """The incidents that a text may tell of, the most alike first: how many told of it, when last, who handles it.

        Nothing is stored. A department's clerk is told of those only that the department has.
        """
        response.headers["Cache-Control"] = "no-store"
        current = routing()
        policy, now = current.policy, datetime.now(UTC)
        for code in (question.accused, question.received_by):
            if code is not None and code not in policy.departments:
                raise Problem(422, f"没有代码为 {code} 的承办单位。", f"There is no department {code}.")
        # What is stored was redacted before anybody looked at it, so a number in it is no part of any key.
        text = comparable(redact(f"{question.title}\n{question.text}" if question.title else question.text))
        decision = decide(as_received(question), current.matcher, classifier=current.model)
        found = fingerprint(now, text, question.place, policy.towns, decision)
        told = Told(UUID(int=0), found, keys(found, text))
        known, _ = await find_alike(pool, [told], policy.incidents.window)
        scores: dict[UUID, float] = {}
        for each in known:
            likeness = compare(found, each.fingerprint, policy.incidents.window)
            if likeness.same:
                incident_id = each.incident_id or each.complaint_id
                scores[incident_id] = max(likeness.score, scores.get(incident_id, 0.0))
        rows = await count_similar(pool, list(scores), asker.department)
        items = [
            {**row, "department_name": policy.name_of(row["department"]), "score": scores[row["incident_id"]]}
            for row in rows
        ]
        return {"items": sorted(items, key=lambda item: -item["score"])}
