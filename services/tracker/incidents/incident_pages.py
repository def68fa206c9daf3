"""The browser's page of an incident (同一事件): a department's cases of it, answered once, and what became of each."""

from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Form, Request
from fastapi.responses import Response

from services.tracker.api import Officer, Reader
from services.tracker.lifecycle import ANSWERABLE
from services.tracker.pages import case_views
from services.tracker.reports.reports_api import TEMPLATES
from shared.auth import Principal, Role
from shared.http import Problem
from shared.language import CaseStatus
from shared.own_api import Answer, OwnApi
from shared.pages import Pages
from shared.policy import Policy

INCIDENT_PAGE = "/queue/incidents"

_ON_A_PAGE = 200
_STATUSES = frozenset(CaseStatus)
_TICK_FIRST = "请先勾选工单。 Tick cases first."


def add_incident_pages(app: FastAPI, policy: Callable[[], Policy]) -> None:
    """`policy` gives the one in force at the moment."""
    pages, api = Pages(TEMPLATES), OwnApi(app)

    async def page(
        request: Request,
        reader: Principal,
        incident_id: UUID,
        status: str,
        after: UUID | None,
        *,
        answer: Answer | None = None,
        told: Collection[str] = (),
        typed: str = "",
        ticked: Collection[str] | None = None,
    ) -> Response:
        """`ticked` are the cases that were chosen before; None stands for all."""
        path = f"/v1/incidents/{incident_id}/cases"
        chosen = status if status in _STATUSES else ""
        listed = await api.get(request, path, status=chosen, after=str(after or ""), limit=_ON_A_PAGE)
        found = listed.or_problem()
        if not found["statuses"]:
            raise Problem(404, "没有这个同一事件的工单。", "There are no cases of such an incident.")
        own = reader.department if Role.OFFICER in reader.roles else None
        answerable = [
            one["complaint_id"] for one in found["items"] if one["status"] in ANSWERABLE and one["department"] == own
        ]
        matters = {one["matter"] for one in found["items"]}
        now = policy()
        return pages.render(
            request,
            "incident.html",
            status=answer.status if answer else 422 if told else 200,
            path=f"{INCIDENT_PAGE}/{incident_id}",
            views=case_views,
            policy=now,
            found=found,
            total=sum(found["statuses"].values()),
            chosen=chosen,
            after=after or "",
            own=own,
            alone=_sees_own_alone(reader),
            answerable=answerable,
            ticked=set(answerable) if ticked is None else ticked,
            # To an officer alone all of what is counted is their own.
            all_of_them=sum(found["statuses"].get(each, 0) for each in ANSWERABLE) if _sees_own_alone(reader) else 0,
            templates=[each for each in now.templates if each.matter in matters],
            result=answer.content if answer and answer.good else None,
            told=[*told, *(answer.sentences if answer else ())],
            typed=typed,
        )

    @app.get(f"{INCIDENT_PAGE}/{{incident_id}}", include_in_schema=False)
    async def show(
        request: Request, reader: Reader, incident_id: UUID, status: str = "", after: UUID | None = None
    ) -> Response:
        """The cases of an incident with their terms; an officer sees the own department's and may answer them."""
        return await page(request, reader, incident_id, status, after)

    @app.post(f"{INCIDENT_PAGE}/{{incident_id}}", include_in_schema=False)
    async def reply(
        request: Request,
        officer: Officer,
        incident_id: UUID,
        text: Annotated[str, Form()] = "",
        whom: Annotated[str, Form()] = "ticked",
        status: str = "",
        after: UUID | None = None,
    ) -> Response:
        """Answer those that are ticked, or all; above the list stands what became of each."""
        sent = [str(one) for one in (await request.form()).getlist("case")]
        cases = [dict(zip(("complaint_id", "version"), one.split("@"), strict=False)) for one in sent]
        ticked = {one["complaint_id"] for one in cases}
        if whom != "all" and not cases:
            return await page(
                request, officer, incident_id, status, after, told=[_TICK_FIRST], typed=text, ticked=ticked
            )
        body: dict[str, Any] = {"text": text} if whom == "all" else {"text": text, "cases": cases}
        answer = await api.post(request, f"/v1/incidents/{incident_id}:reply", body)
        done = answer.good and all(one["replied"] for one in answer.content["items"])
        return await page(
            request,
            officer,
            incident_id,
            status,
            after,
            answer=answer,
            typed="" if done and not _left(answer.content) else text,
            ticked=None if done or whom == "all" else ticked,
        )


def _left(content: Mapping[str, Any]) -> bool:
    """Whether more may be answered than were taken at once."""
    return any(one["status"] in ANSWERABLE for one in content["left_out"])


def _sees_own_alone(reader: Principal) -> bool:
    return not reader.roles & {Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR}
