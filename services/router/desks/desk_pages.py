"""The page on which people place what no rule placed: the triage desk's, and the supervision office's."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from services.router.runners_up import percent
from shared.auth import Principal, Role, allow
from shared.http import Problem
from shared.own_api import Answer, OwnApi
from shared.pages import Pages
from shared.policy import Policy

TEMPLATES = Path(__file__).parents[1] / "templates"

Placer = Annotated[Principal, allow(Role.OPERATOR, Role.SUPERVISOR)]
Said = Annotated[str, Form()]

# What whoever places from a desk does.
_VERBS: Mapping[str, str] = {"triage": "assign", "supervision": "designate"}


def add_desk_pages(app: FastAPI, policy: Callable[[], Policy]) -> None:
    """`policy` gives the one in force at the moment."""
    pages, api = Pages(TEMPLATES), OwnApi(app)

    async def page(
        request: Request, placer: Principal, desk: str, after: UUID | None = None, refused: Answer | None = None
    ) -> Response:
        listed = await api.get(request, f"/v1/desks/{desk}/complaints", after=str(after or ""), limit=20)
        return pages.render(
            request,
            "desk.html",
            status=refused.status if refused else 200,
            desk=desk,
            both=Role.SUPERVISOR in placer.roles,
            listed=listed.or_problem(),
            policy=policy(),
            told=refused.told if refused else None,
            percent=percent,
        )

    @app.get("/placing/{desk}", include_in_schema=False)
    async def show(request: Request, placer: Placer, desk: str, after: UUID | None = None) -> Response:
        """What lies at the desk, urgent ones first, then the oldest, each with why and who else was considered."""
        return await page(request, placer, desk, after)

    @app.post("/placing/{desk}", include_in_schema=False)
    async def place(
        request: Request,
        placer: Placer,
        desk: str,
        complaint_id: Annotated[UUID, Form()],
        decision_id: Said,
        department: Said,
        reason: Said,
        accused: Said = "",
    ) -> Response:
        """Name the department of one of them; what is refused is told above the list."""
        if desk not in _VERBS:
            raise Problem(404, "没有这个分派台。", "There is no such desk.")
        body = {"decision_id": decision_id, "department": department, "reason": reason, "accused": accused or None}
        answer = await api.post(request, f"/v1/decisions/{complaint_id}:{_VERBS[desk]}", body)
        if not answer.good:
            return await page(request, placer, desk, refused=answer)
        return RedirectResponse(f"/placing/{desk}", 303)
