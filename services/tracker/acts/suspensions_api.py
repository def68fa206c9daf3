"""Suspension (中止) over HTTP: the department asks, the offices approve or order it, any of them ends it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI

from services.tracker.acting import office_of, officer_of
from services.tracker.acts.office_api import Office
from services.tracker.acts.returns_api import Deciding
from services.tracker.acts.suspensions import Suspensions
from services.tracker.api import Acting, Officer, Words, read_case, refusals, require_readable
from shared.auth import Principal, Role, allow
from shared.policy import Code
from shared.postgres import Pool
from shared.term import WrittenTerm

Resumer = Annotated[Principal, allow(Role.OFFICER, Role.OPERATOR, Role.SUPERVISOR)]


class Suspending(Acting):
    """`category` is a code of the policy's list of reasons; `term` how long it lasts at most, as 5wd."""

    category: Code
    term: WrittenTerm
    reason: Words


def add_suspensions_routes(app: FastAPI, suspensions: Suspensions, pool: Pool) -> None:
    @app.post("/v1/cases/{case_id}/request-suspension", tags=["cases"])
    async def request_suspension(case_id: UUID, asked: Suspending, officer: Officer) -> dict[str, Any]:
        """The department asks that the reply clock stand still (申请中止); it runs on until that is approved."""
        await require_readable(pool, officer, case_id)
        with refusals():
            await suspensions.request(
                case_id, officer_of(officer), asked.version, asked.category, asked.term, asked.reason
            )
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/grant-suspension", tags=["cases"])
    async def grant_suspension(case_id: UUID, deciding: Deciding, office: Office) -> dict[str, Any]:
        """Suspend the case as its department asked."""
        with refusals():
            await suspensions.grant(case_id, office_of(office), deciding.version, deciding.reason)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/refuse-suspension", tags=["cases"])
    async def refuse_suspension(case_id: UUID, deciding: Deciding, office: Office) -> dict[str, Any]:
        with refusals():
            await suspensions.refuse(case_id, office_of(office), deciding.version, deciding.reason)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/suspend", tags=["cases"])
    async def suspend(case_id: UUID, ordered: Suspending, office: Office) -> dict[str, Any]:
        """Suspend a case without its department's having asked (中止)."""
        with refusals():
            await suspensions.suspend(
                case_id, office_of(office), ordered.version, ordered.category, ordered.term, ordered.reason
            )
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/resume", tags=["cases"])
    async def resume(case_id: UUID, deciding: Deciding, resumer: Resumer) -> dict[str, Any]:
        """The reply clock runs again, for the working time that was left (恢复办理)."""
        office = not resumer.roles.isdisjoint({Role.OPERATOR, Role.SUPERVISOR})
        if not office:
            await require_readable(pool, resumer, case_id)
        actor = office_of(resumer) if office else officer_of(resumer)
        with refusals():
            await suspensions.resume(case_id, actor, deciding.version, deciding.reason)
        return await read_case(pool, case_id)
