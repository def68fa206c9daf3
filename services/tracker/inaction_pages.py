"""The pages of suspected inaction: the supervision office filters and judges, a department reads and explains."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from asyncpg import Record
from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BeforeValidator, TypeAdapter, ValidationError

from services.tracker import inaction_store
from services.tracker.acting import office_of, officer_of
from services.tracker.api import SUPERVISION, Officer, Words
from services.tracker.inaction import KIND_IN_CHINESE, written_deadline
from services.tracker.inaction_store import Sought
from services.tracker.judging import Judging, NoSuchInaction
from services.tracker.lifecycle import NotYourCase
from services.tracker.reports_api import TEMPLATES
from services.tracker.verdicts import STANDING_IN_CHINESE, Awaits, Refused, Standing
from shared.auth import Principal, Role, allow
from shared.china_time import local_time
from shared.language import DepartmentCode, InactionKind
from shared.pages import Pages
from shared.policy import Policy
from shared.postgres import Pool

SUPERVISION_PAGE, DEPARTMENT_PAGE = "/supervision/inaction", "/department/inaction"
AWAITS_IN_CHINESE = {Awaits.EXPLANATION: "待说明", Awaits.VERDICT: "待认定"}

_ON_A_PAGE = 50
_WORDS: TypeAdapter[str] = TypeAdapter(Words)

# A form sends what nobody chose as an empty word.
_unchosen = BeforeValidator(lambda chosen: chosen or None)
ByStanding = Annotated[Standing | None, _unchosen]
ByAwaits = Annotated[Awaits | None, _unchosen]
ByKind = Annotated[InactionKind | None, _unchosen]
ByDepartment = Annotated[DepartmentCode | None, _unchosen]
Supervisor = Annotated[Principal, allow(Role.SUPERVISOR)]
Overseer = Annotated[Principal, SUPERVISION]
Typed = Annotated[str, Form(max_length=20_000)]


class _Blank(Exception):
    """Nothing was written, or far too much."""


def add_inaction_pages(app: FastAPI, judging: Judging, policy: Callable[[], Policy], pool: Pool) -> None:
    """`policy` gives the one in force at the moment."""
    pages = Pages(TEMPLATES)

    def item(row: Record) -> dict[str, Any]:
        due_at: datetime = row["explanation_due_at"] or judging.explain_by(row["suspected_at"])
        return {
            **row,
            "name": policy().name_of(row["department"]),
            "explanation_due": written_deadline(due_at),
            **{name: row[name] and local_time(row[name]) for name in ("suspected_at", "explained_at", "judged_at")},
        }

    async def listed(
        request: Request,
        sought: Sought,
        after: UUID | None,
        *,
        judges: bool,
        told: str | None = None,
        status: int = 200,
    ) -> Response:
        rows = await inaction_store.read_inaction(pool, sought, after, _ON_A_PAGE)
        chosen = {name: value for name, value in request.query_params.items() if name != "after" and value}
        more = urlencode({**chosen, "after": rows[-1]["inaction_id"]}) if len(rows) == _ON_A_PAGE else None
        department = None if judges else sought.department
        return pages.render(
            request, "inaction.html", status=status, told=told, items=[item(row) for row in rows], sought=sought,
            more=more, judges=judges, department=department and policy().name_of(department), kinds=KIND_IN_CHINESE,
            standings=STANDING_IN_CHINESE, awaits=AWAITS_IN_CHINESE, departments=policy().departments,
            path=DEPARTMENT_PAGE if department else SUPERVISION_PAGE,
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
        sought = Sought(standing, awaits, kind, department)
        return await listed(request, sought, after, judges=Role.SUPERVISOR in overseer.roles)

    @app.post(f"{SUPERVISION_PAGE}/{{inaction_id}}/{{verdict}}", include_in_schema=False)
    async def judge(
        request: Request, inaction_id: UUID, verdict: Standing, supervisor: Supervisor, reason: Typed = ""
    ) -> Response:
        async def said() -> None:
            match verdict:
                case Standing.CONFIRMED:
                    await judging.confirm(inaction_id, office_of(supervisor), _words(reason))
                case Standing.DISMISSED:
                    await judging.dismiss(inaction_id, office_of(supervisor), _words(reason))
                case _:
                    raise NoSuchInaction

        told = await _refusal(said())
        if told is None:
            return RedirectResponse(SUPERVISION_PAGE, 303)
        return await listed(request, Sought(), None, judges=True, told=told, status=409)

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
        return await listed(request, Sought(standing, awaits, kind, officer.department), after, judges=False)

    @app.post(f"{DEPARTMENT_PAGE}/{{inaction_id}}", include_in_schema=False)
    async def explain(request: Request, inaction_id: UUID, officer: Officer, text: Typed = "") -> Response:
        async def said() -> None:
            await judging.explain(inaction_id, officer_of(officer), _words(text))

        told = await _refusal(said())
        if told is None:
            return RedirectResponse(DEPARTMENT_PAGE, 303)
        return await listed(request, Sought(department=officer.department), None, judges=False, told=told, status=409)


def _words(typed: str) -> str:
    try:
        return _WORDS.validate_python(typed)
    except ValidationError:
        raise _Blank from None


async def _refusal(saying: Awaitable[None]) -> str | None:
    """Why it was refused, for whoever said it; None where it was not."""
    try:
        await saying
    except Refused as refused:
        return f"{refused.zh} {refused.en}"
    except (NotYourCase, NoSuchInaction):
        return str(NotYourCase())
    except _Blank:
        return "请写明理由（不超过5000字）。 Say why, in at most 5000 characters."
    return None
