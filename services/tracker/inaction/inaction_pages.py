"""The pages of suspected inaction: the supervision office filters and judges, a department reads and explains."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response
from httpx import codes
from pydantic import BeforeValidator

from services.tracker.api import SUPERVISION, Officer
from services.tracker.inaction.inaction import KIND_IN_CHINESE, written_deadline
from services.tracker.inaction.inaction_api import Supervisor
from services.tracker.inaction.verdicts import STANDING_IN_CHINESE, Awaits, Standing
from services.tracker.pages import case_views
from services.tracker.reports.reports_api import TEMPLATES
from shared.auth import Principal, Role
from shared.language import DepartmentCode, InactionKind
from shared.own_api import Answer, OwnApi
from shared.pages import Pages
from shared.policy import Policy

SUPERVISION_PAGE, DEPARTMENT_PAGE = "/supervision/inaction", "/department/inaction"
AWAITS_IN_CHINESE = {Awaits.EXPLANATION: "待说明", Awaits.VERDICT: "待认定"}

_ON_A_PAGE = 50
# All that a form here can get wrong; the route would speak of its fields by names that nobody sees.
_SAY_WHY = "请写明理由（不超过5000字）。 Say why, in at most 5000 characters."
_EVERYTHING: Mapping[str, None] = dict.fromkeys(("standing", "awaits", "kind", "department"))

# A form sends what nobody chose as an empty word.
_unchosen = BeforeValidator(lambda chosen: chosen or None)
ByStanding = Annotated[Standing | None, _unchosen]
ByAwaits = Annotated[Awaits | None, _unchosen]
ByKind = Annotated[InactionKind | None, _unchosen]
ByDepartment = Annotated[DepartmentCode | None, _unchosen]
Overseer = Annotated[Principal, SUPERVISION]
Typed = Annotated[str, Form(max_length=20_000)]


def add_inaction_pages(app: FastAPI, policy: Callable[[], Policy]) -> None:
    """`policy` gives the one in force at the moment."""
    pages, api = Pages(TEMPLATES), OwnApi(app)

    def item(one: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **one,
            "name": policy().name_of(one["department"]),
            "explanation_due": written_deadline(datetime.fromisoformat(one["explanation_due_at"])),
            **{
                name: one[name] and case_views.local(one[name])
                for name in ("suspected_at", "explained_at", "judged_at")
            },
        }

    async def listed(
        request: Request,
        sought: Mapping[str, str | None],
        after: UUID | None = None,
        *,
        judges: bool = False,
        own: DepartmentCode | None = None,
        refused: Answer | None = None,
    ) -> Response:
        """What is `sought`, of the department `own` or of all."""
        path = f"/v1/departments/{own}/inaction" if own else "/v1/supervision/inaction"
        answer = await api.get(request, path, **sought, after=str(after or ""), limit=_ON_A_PAGE)
        found = answer.or_problem()
        chosen = {name: value for name, value in request.query_params.items() if name != "after" and value}
        more = urlencode({**chosen, "after": found["next"]}) if "next" in found else None
        return pages.render(
            request, "inaction.html", status=refused.status if refused else 200, told=_told(refused),
            items=map(item, found["items"]), sought=sought, more=more, judges=judges,
            department=own and policy().name_of(own), kinds=KIND_IN_CHINESE, standings=STANDING_IN_CHINESE,
            awaits=AWAITS_IN_CHINESE, departments=policy().departments,
            path=DEPARTMENT_PAGE if own else SUPERVISION_PAGE,
        )  # fmt: skip

    @app.get(SUPERVISION_PAGE, include_in_schema=False)
    async def of_all(
        request: Request,
        overseer: Overseer,
        standing: ByStanding = None,
        awaits: ByAwaits = None,
        kind: ByKind = None,
        department: ByDepartment = None,
        after: UUID | None = None,
    ) -> Response:
        """What is suspected and what became of it, newest first; a supervisor judges here too."""
        sought = {"standing": standing, "awaits": awaits, "kind": kind, "department": department}
        return await listed(request, sought, after, judges=Role.SUPERVISOR in overseer.roles)

    @app.post(f"{SUPERVISION_PAGE}/{{inaction_id}}/{{verdict}}", include_in_schema=False)
    async def judge(
        request: Request,
        inaction_id: UUID,
        verdict: Literal["confirm", "dismiss"],
        _supervisor: Supervisor,
        reason: Typed = "",
    ) -> Response:
        answer = await api.post(request, f"/v1/inaction/{inaction_id}/{verdict}", {"reason": reason})
        if answer.good:
            return RedirectResponse(SUPERVISION_PAGE, 303)
        return await listed(request, _EVERYTHING, judges=True, refused=answer)

    @app.get(DEPARTMENT_PAGE, include_in_schema=False)
    async def of_department(
        request: Request,
        officer: Officer,
        standing: ByStanding = None,
        awaits: ByAwaits = None,
        kind: ByKind = None,
        after: UUID | None = None,
    ) -> Response:
        """What the officer's own department is suspected of, and where to explain it."""
        sought = {"standing": standing, "awaits": awaits, "kind": kind}
        return await listed(request, sought, after, own=officer.department)

    @app.post(f"{DEPARTMENT_PAGE}/{{inaction_id}}", include_in_schema=False)
    async def explain(request: Request, inaction_id: UUID, officer: Officer, text: Typed = "") -> Response:
        answer = await api.post(request, f"/v1/inaction/{inaction_id}/explain", {"text": text})
        if answer.good:
            return RedirectResponse(DEPARTMENT_PAGE, 303)
        return await listed(request, _EVERYTHING, own=officer.department, refused=answer)


def _told(refused: Answer | None) -> str | None:
    if refused is None:
        return None
    return _SAY_WHY if refused.status == codes.UNPROCESSABLE_ENTITY else refused.told
