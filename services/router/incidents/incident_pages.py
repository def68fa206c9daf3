"""The browser's pages of incidents (同一事件): which are open, what each consists of and why, and mending it."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlencode
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from services.router.incidents.incidents_api import Mender
from services.router.incidents.incidents_read_store import Order
from shared.china_time import local_time
from shared.own_api import Answer, OwnApi
from shared.pages import Pages
from shared.policy import Policy

INCIDENTS_PAGE = "/incidents"

Verb = Literal["remove", "join", "split"]

_ORDERS: Mapping[Order, str] = {"growth": "增长最快 Growth", "size": "件数最多 Size", "newest": "最近反映 Newest"}
_ON_A_PAGE = 50
_BETWEEN = re.compile(r"[\s,，;；、]+")
# The characters of a complaint that a line holds.
_BEGINNING = 60


def add_incident_pages(app: FastAPI, policy: Callable[[], Policy]) -> None:
    """`policy` gives the one in force at the moment."""
    pages, api = Pages(Path(__file__).parents[1] / "templates"), OwnApi(app)

    async def page(
        request: Request,
        incident_id: UUID,
        after: UUID | None,
        earlier: str = "",
        *,
        refused: Answer | None = None,
        verb: Verb | None = None,
        typed: Mapping[str, Any] | None = None,
    ) -> Response:
        """`earlier` is where the history goes on; `typed` is what stood in the form of `verb` that was refused."""
        path = f"/v1/incidents/{incident_id}"
        found = (await api.get(request, path, after=str(after or ""), limit=_ON_A_PAGE)).or_problem()
        history = (await api.get(request, f"{path}/history", after=earlier, limit=_ON_A_PAGE)).or_problem()
        return pages.render(
            request,
            "incident.html",
            status=refused.status if refused else 200,
            path=f"{INCIDENTS_PAGE}/{incident_id}",
            found=found,
            history=history,
            after=after or "",
            query=urlencode,
            at=_at,
            beginning=_beginning,
            told=_told(refused),
            verb=verb,
            typed=typed or {},
        )

    @app.get(INCIDENTS_PAGE, include_in_schema=False)
    async def incidents(
        request: Request, _reader: Mender, order: str = "growth", department: str = "", offset: int = 0
    ) -> Response:
        """The open incidents, those that grow most first."""
        chosen = order if order in get_args(Order) else "growth"
        listed = await api.get(
            request, "/v1/incidents", order=chosen, department=department, offset=offset, limit=_ON_A_PAGE
        )
        return pages.render(
            request,
            "incidents.html",
            path=INCIDENTS_PAGE,
            found=listed.or_problem(),
            order=chosen,
            orders=_ORDERS,
            department=department,
            departments=policy().departments,
            query=urlencode,
            at=_at,
        )

    @app.get(f"{INCIDENTS_PAGE}/{{incident_id}}", include_in_schema=False)
    async def incident(
        request: Request, incident_id: UUID, _reader: Mender, after: UUID | None = None, earlier: str = ""
    ) -> Response:
        """Its complaints with why each is there, what was merged into it, and all that was said, by whom."""
        return await page(request, incident_id, after, earlier)

    @app.post(f"{INCIDENTS_PAGE}/{{incident_id}}/{{verb}}", include_in_schema=False)
    async def mend(
        request: Request, incident_id: UUID, verb: Verb, _mender: Mender, after: UUID | None = None
    ) -> Response:
        """Take out what is ticked, join what is named, or part what was merged; what is refused is told above."""
        form = await request.form()
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
        ticked = [str(one) for one in form.getlist("complaint")]
        answer = await api.post(request, f"/v1/incidents/{incident_id}:{verb}", _body(verb, typed, ticked))
        if not answer.good:
            return await page(request, incident_id, after, refused=answer, verb=verb, typed=typed | {"ticked": ticked})
        left = await api.get(request, f"/v1/incidents/{incident_id}", limit=1)
        back = f"{INCIDENTS_PAGE}/{incident_id}" + (f"?after={after}" if after else "")
        # Where everything was taken out there is no such incident any more.
        return RedirectResponse(back if left.good else INCIDENTS_PAGE, 303)


def _body(verb: Verb, typed: Mapping[str, str], ticked: list[str]) -> dict[str, Any]:
    reason = {"reason": typed.get("reason", "")}
    match verb:
        case "remove":
            return {**reason, "complaint_ids": ticked}
        case "split":
            return {**reason, "former": typed.get("former", "")}
        case "join":
            named = [one for one in _BETWEEN.split(typed.get("complaints", "")) if one]
            ids = [one for one in named if _is_id(one)]
            return {**reason, "complaint_ids": ids, "ticket_numbers": [one for one in named if one not in ids]}


def _is_id(written: str) -> bool:
    try:
        UUID(written)
    except ValueError:
        return False
    return True


def _told(refused: Answer | None) -> str | None:
    """Why it was refused, and of which complaints."""
    if refused is None:
        return None
    unknown = [*refused.content.get("complaint_ids", ()), *refused.content.get("ticket_numbers", ())]
    return " ".join([*refused.sentences, "、".join(unknown)])


def _beginning(text: str) -> str:
    return text if len(text) <= _BEGINNING else f"{text[:_BEGINNING]}…"


def _at(written: str) -> str:
    return local_time(datetime.fromisoformat(written))
