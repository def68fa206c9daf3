"""The pages of staff: the operator types while the caller waits, the desk hands out a receipt."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from services.intake.identity.blind_index import BlindIndex
from services.intake.pages import page_forms
from services.intake.pages.citizen_pages import intake_pages, told_of
from services.intake.pages.page_files import PageFiles
from services.intake.pages.page_forms import Typed, as_submission, desk_channel, new_form, read_form
from services.intake.repeats.likeness import Matter
from services.intake.repeats.same_incident import SameIncident
from services.intake.repeats.similar_api import earlier_of
from services.intake.submitters import submitter_of
from services.intake.submitting import Submitting
from shared.auth import Principal, Role, allow, token_of
from shared.china_time import local_time
from shared.http import Problem
from shared.language import Channel
from shared.policy import Policy
from shared.postgres import Pool

# As on the route that a program asks (similar_api.py): an officer is told by the answer to a submission only.
_TOLD_OF_EARLIER = frozenset({Role.OPERATOR, Role.CLERK})
_NO_NUMBER = (
    "请先填写完整有效的电话号码（座机须带区号）或身份证号码，再查询。"
    " Give a whole telephone number (a landline with its area code) or identity number first."
)

WhoeverIsTold = Annotated[Principal, allow(*_TOLD_OF_EARLIER)]
OperatorAtWork = Annotated[Principal, allow(Role.OPERATOR)]
DeskAtWork = Annotated[Principal, allow(Role.CLERK, Role.OFFICER)]


def add_staff_pages(
    app: FastAPI,
    submitting: Submitting,
    pool: Pool,
    index: BlindIndex,
    files: PageFiles,
    policy: Callable[[], Policy],
    same_incident: SameIncident,
) -> None:
    """`policy` gives the one in force at the moment."""
    pages = intake_pages()

    def form_page(request: Request, principal: Principal, typed: Typed, status: int = 200, **told: Any) -> Response:
        told = {"errors": {}, "told": None, "unasked": None, "earlier": None, "incidents": ()} | told
        return pages.render(
            request,
            "staff.html",
            status=status,
            typed=typed,
            forms=page_forms,
            action=request.url.path,
            channel=_channel(request, principal),
            files=files.taken,
            # A browser hands back what was typed, and no files.
            again=request.method == "POST",
            departments={"": "未指明 None named"} | {code: one.name for code, one in policy().departments.items()},
            may_check=not principal.roles.isdisjoint(_TOLD_OF_EARLIER),
            **told,
        )

    async def earlier(principal: Principal, typed: Typed) -> Sequence[dict[str, Any]] | None:
        """What the same reporter brought before; None where nobody can tell, or this person is not told."""
        traces = index.traces(typed.reporter)
        if not traces or principal.roles.isdisjoint(_TOLD_OF_EARLIER):
            return None
        matter = Matter(typed["text"], typed["place"] or None)
        found = await earlier_of(pool, traces, matter, principal, policy())
        return [
            item | {"at": local_time(item["accepted_at"]), "status": page_forms.STATUSES[item["status"]]}
            for item in found
        ]

    async def answered(request: Request, principal: Principal) -> Response:
        async with files.read(request) as form:
            typed = read_form(form.multi_items())
            if form.get("do") == "check":
                found = await earlier(principal, typed)
                return form_page(
                    request,
                    principal,
                    typed,
                    earlier=found,
                    incidents=await _incidents(same_incident, request, typed),
                    unasked=_NO_NUMBER if found is None else None,
                )
            contents, errors = await files.examine(form)
            if errors:
                return form_page(request, principal, typed, 422, errors={"photos": errors})
            channel = _channel(request, principal)
            body = json.dumps(as_submission(typed, channel, principal)).encode()
            # Before it is submitted, so that it is not among them.
            found = await earlier(principal, typed)
            try:
                answer = await submitting.one(body, submitter_of(principal))
            except Problem as problem:
                return form_page(request, principal, typed, problem.status, earlier=found, **told_of(problem))
            files_told = await files.keep(answer, contents)
        return pages.render(
            request,
            "read_aloud.html" if channel is Channel.HOTLINE_12345 else "receipt.html",
            status=answer["status"],
            answer=answer | {"at": local_time(answer["accepted_at"])},
            earlier=[item for item in found or () if item["ticket_number"] != answer["ticket_number"]],
            files_told=files_told,
            files=files.taken,
            action=request.url.path,
        )

    @app.get("/operator", include_in_schema=False)
    async def show_operator(request: Request, principal: OperatorAtWork) -> Response:
        return form_page(request, principal, new_form())

    @app.post("/operator", include_in_schema=False, max_body_size=files.max_body)
    async def submit_call(request: Request, principal: OperatorAtWork) -> Response:
        """Register what a caller says, or (``do=check``) show what the same caller brought before."""
        return await answered(request, principal)

    @app.post("/same-incident", include_in_schema=False)
    async def show_incidents(request: Request, _asker: WhoeverIsTold) -> Response:
        """A part of the page, for its script: whether others have told of what has been typed so far."""
        typed = read_form((await request.form()).multi_items())
        told = await _incidents(same_incident, request, typed)
        return pages.render(request, "same_incident.html", incidents=told)

    @app.post("/earlier-complaints", include_in_schema=False)
    async def show_earlier(request: Request, asker: WhoeverIsTold) -> Response:
        """A part of the page, for its script: what the same reporter brought before."""
        form = await request.form()
        found = await earlier(asker, read_form(form.multi_items()))
        unasked = _NO_NUMBER if found is None and form.get("do") == "check" else None
        return pages.render(request, "earlier.html", earlier=found, files=files.taken, unasked=unasked)

    @app.get("/desk", include_in_schema=False)
    async def show_desk(request: Request, principal: DeskAtWork) -> Response:
        return form_page(request, principal, new_form())

    @app.post("/desk", include_in_schema=False, max_body_size=files.max_body)
    async def submit_at_desk(request: Request, principal: DeskAtWork) -> Response:
        """Register what is said at the desk or reached the officer's department, and show the receipt to print."""
        return await answered(request, principal)


async def _incidents(same_incident: SameIncident, request: Request, typed: Typed) -> Sequence[dict[str, Any]]:
    """What others have told of the same incident, as far as this person is told and the router answers."""
    found = await same_incident.told(token_of(request), typed["text"], typed["place"])
    return [item | {"at": local_time(datetime.fromisoformat(item["newest_at"]))} for item in found]


def _channel(request: Request, principal: Principal) -> Channel:
    return Channel.HOTLINE_12345 if request.url.path == "/operator" else desk_channel(principal)
