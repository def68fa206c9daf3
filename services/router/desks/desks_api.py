"""What lies with the triage desk and the supervision office to be placed by hand, over HTTP."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Query

from services.router.desks.desks_store import read_desk
from shared.auth import Principal, Role, allow
from shared.http import Problem
from shared.policy import Policy
from shared.postgres import Pool

Limit = Annotated[int, Query(ge=1, le=500)]


def add_desks_routes(app: FastAPI, pool: Pool, policy: Callable[[], Policy]) -> None:
    """`policy` gives the one in force at the moment."""

    async def listed(desk: str, after: UUID | None, limit: int) -> dict[str, Any]:
        items = await read_desk(pool, desk, after, limit)
        return {"items": items, **({"next": items[-1]["complaint_id"]} if len(items) == limit else {})}

    @app.get("/v1/desks/{desk}/complaints", tags=["decisions"])
    async def desk_of(
        desk: str,
        principal: Annotated[Principal, allow(Role.OPERATOR, Role.SUPERVISOR)],
        after: UUID | None = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        """The open complaints at the desk `triage` or `supervision`, urgent ones, then oldest first, and why each came.

        `next` is the `after` of the following page, absent on the last.
        """
        desks = {"triage": policy().triage_desk, "supervision": policy().supervision_office}
        if desk not in desks:
            raise Problem(404, "没有这个分派台，只有 triage 和 supervision。", "There are triage and supervision only.")
        if desk == "supervision" and Role.SUPERVISOR not in principal.roles:
            raise Problem(403, "只有督查室可以查看。", "Only the supervision office may see these.")
        return await listed(desks[desk], after, limit)
