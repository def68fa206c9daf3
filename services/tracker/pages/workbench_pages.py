"""The browser's workbench: a department's queue, and the page of a case with all that may be done with it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from services.tracker import lifecycle
from services.tracker.acting import READERS
from services.tracker.pages import case_views
from services.tracker.pages.case_forms import CONTRIBUTION, CaseForm, body_of, form_named, forms_of
from services.tracker.reports.reports_api import TEMPLATES
from shared.auth import Principal, Role, allow
from shared.http import Problem
from shared.language import CaseStatus, DepartmentCode
from shared.own_api import Answer, OwnApi
from shared.pages import Assets, Pages
from shared.policy import Policy

_ON_A_PAGE = 50

Reader = Annotated[Principal, allow(*READERS)]
Mover = Annotated[Principal, allow(Role.OFFICER, Role.OPERATOR, Role.SUPERVISOR)]
Officer = Annotated[Principal, allow(Role.OFFICER)]

_LIFECYCLE_ROLES: Mapping[Role, lifecycle.Role] = {
    Role.OFFICER: lifecycle.Role.OFFICER,
    Role.OPERATOR: lifecycle.Role.CENTRE,
    Role.SUPERVISOR: lifecycle.Role.SUPERVISOR,
}


def add_workbench_pages(app: FastAPI, policy: Callable[[], Policy], intake_pages: str | None = None) -> None:
    """`policy` gives the one in force at the moment; `intake_pages` is where browsers reach the intake's."""
    pages, api = Pages(TEMPLATES), OwnApi(app)
    app.mount("/tracker-static", Assets(directory=TEMPLATES.parent / "static"), "tracker-static")

    async def queue_page(
        request: Request,
        reader: Principal,
        department: DepartmentCode,
        status: CaseStatus | None = None,
        after: UUID | None = None,
        told: Iterable[str] = (),
    ) -> Response:
        path = f"/v1/departments/{department}/cases"
        answer = await api.get(request, path, status=status, after=str(after or ""), limit=_ON_A_PAGE)
        return pages.render(
            request,
            "queue.html",
            status=answer.status,
            views=case_views,
            queue=answer.or_problem(),
            department=department,
            departments={department: policy().name_of(department)} if _bound(reader) else _names(policy()),
            chosen=status or "",
            may_acknowledge=reader.department == department,
            told=list(told),
        )

    async def case_page(
        request: Request,
        reader: Principal,
        case_id: UUID,
        *,
        form: CaseForm | None = None,
        said: Mapping[str, str] | None = None,
        refused: Answer | None = None,
    ) -> Response:
        case = (await api.get(request, f"/v1/cases/{case_id}")).or_problem()
        deadlines = (await api.get(request, f"/v1/cases/{case_id}/deadlines")).or_problem()
        now = policy()
        record = (await api.get(request, f"/v1/cases/{case_id}/record")).or_problem()
        return pages.render(
            request,
            "case.html",
            status=refused.status if refused else 200,
            views=case_views,
            policy=now,
            case=case,
            intake_pages=intake_pages.rstrip("/") if intake_pages else None,
            deadlines=deadlines["items"],
            record=record["items"],
            forms=[
                *forms_of(case["status"], _roles(reader, case), _asked(case)),
                *([CONTRIBUTION] if _owes(reader, case) else []),
            ],
            reasons=[(each.code, each.name) for each in now.suspension.reasons],
            templates=[each for each in now.templates if each.matter == case["matter"]],
            tried=form.route if form else None,
            said=said or {},
            told=refused.sentences if refused else [],
        )

    @app.get("/queue", include_in_schema=False)
    async def queue(
        request: Request,
        reader: Reader,
        department: DepartmentCode | None = None,
        status: CaseStatus | str = "",
        after: UUID | None = None,
    ) -> Response:
        """A department's cases, the oldest first; who is of no department chooses one."""
        shown = department or reader.department or next(iter(policy().departments))
        return await queue_page(request, reader, shown, CaseStatus(status) if status in _STATUSES else None, after)

    @app.post("/queue", include_in_schema=False)
    async def acknowledge(request: Request, officer: Officer) -> Response:
        """Acknowledge the cases that are ticked; what could not be is said, case by case."""
        department = officer.department or ""
        ticked = [str(one) for one in (await request.form()).getlist("case")]
        if not ticked:
            return await queue_page(request, officer, department, told=["请先勾选工单。 Tick cases first."])
        cases = [dict(zip(("complaint_id", "version"), one.split("@"), strict=False)) for one in ticked]
        answer = await api.post(request, f"/v1/departments/{department}/cases:acknowledge", {"cases": cases})
        told = [one["problem"]["detail"] for one in answer.or_problem()["items"] if not one["acknowledged"]]
        if told:
            return await queue_page(request, officer, department, told=told)
        return RedirectResponse("/queue", 303)

    @app.get("/cases/{case_id}", include_in_schema=False)
    async def case(request: Request, reader: Reader, case_id: UUID) -> Response:
        """What was said, what is due when and how that was counted, what was done, and what may be done now."""
        return await case_page(request, reader, case_id)

    @app.post("/cases/{case_id}", include_in_schema=False)
    async def move(request: Request, mover: Mover, case_id: UUID) -> Response:
        """Send one of the page's forms to its route; what is refused is shown beside what was typed."""
        said = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        form = form_named(said.get("do", ""))
        if form is None:
            raise Problem(422, "没有这项操作。", "There is no such action.")
        body = body_of(form, said, said.get("version", ""))
        answer = await api.post(request, f"/v1/cases/{case_id}/{form.route}", body)
        if answer.good:
            return RedirectResponse(f"/cases/{case_id}", 303)
        return await case_page(request, mover, case_id, form=form, said=said, refused=answer)


_STATUSES = frozenset(CaseStatus)


def _names(policy: Policy) -> dict[DepartmentCode, str]:
    return {code: department.name for code, department in policy.departments.items()}


def _bound(reader: Principal) -> bool:
    """Whether somebody sees the queue of the own department only."""
    return not reader.roles & {Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR}


def _roles(reader: Principal, case: Mapping[str, Any]) -> list[lifecycle.Role]:
    """As whom somebody acts on this case: an officer only where it is the own department's."""
    return [
        acting
        for role, acting in _LIFECYCLE_ROLES.items()
        if role in reader.roles and (role is not Role.OFFICER or reader.department == case["department"])
    ]


def _asked(case: Mapping[str, Any]) -> list[str]:
    return [one["kind"] for one in case["requests"] if one["decision"] == "pending"]


def _owes(reader: Principal, case: Mapping[str, Any]) -> bool:
    """Whether the reader's department still owes this case a contribution."""
    return any(
        one["department"] == reader.department and not one.get("contributed_at") and not one.get("released_at")
        for one in case["contributions"]
    )
