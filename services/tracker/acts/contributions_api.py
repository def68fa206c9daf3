"""Joint matters (主办、协办) over HTTP: what a co-handler owes, and its contribution."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from services.tracker.acting import may_read, officer_of
from services.tracker.acts import contributions_store
from services.tracker.acts.contributions import Contributions
from services.tracker.api import Limit, Officer, Reader, Words, read_case, refusals, require_readable
from shared.http import Problem
from shared.language import DepartmentCode
from shared.policy import Policy
from shared.postgres import Pool


class Contributing(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    text: Words


def add_contributions_routes(
    app: FastAPI, contributions: Contributions, policy: Callable[[], Policy], pool: Pool
) -> None:
    """`policy` gives the one in force at the moment."""

    @app.post("/v1/cases/{case_id}/contributions", tags=["cases"])
    async def contribute(case_id: UUID, contributing: Contributing, officer: Officer) -> dict[str, Any]:
        """A co-handler says its part (协办意见); the lead reads it with the case, and answers the reporter."""
        await require_readable(pool, officer, case_id)
        with refusals():
            await contributions.contribute(case_id, officer_of(officer), contributing.text)
        return await read_case(pool, case_id)

    @app.get("/v1/departments/{code}/contributions", tags=["departments"])
    async def owed(
        code: DepartmentCode, reader: Reader, after: UUID | None = None, limit: Limit = 100
    ) -> dict[str, Any]:
        """The cases to which a department still owes a contribution, oldest first; `next` as in its queue."""
        if not may_read(reader, code):
            raise Problem(403, "您只能查看本单位的工单。", "You may see the cases of your own department only.")
        if code not in policy().departments:
            raise Problem(404, f"没有代码为 {code} 的承办单位。", f"There is no department {code}.")
        items = [dict(row) for row in await contributions_store.owed(pool, code, after, limit)]
        return {"items": items, **({"next": items[-1]["complaint_id"]} if len(items) == limit else {})}
