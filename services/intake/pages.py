"""The citizen's pages: complain without a login and without a script, and look up what became of it."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request
from fastapi.responses import Response
from prometheus_client import Counter

from services.intake import page_forms
from services.intake.complaint import clean
from services.intake.looking_up import progress_of
from services.intake.page_files import PageFiles
from services.intake.page_forms import HONEYPOT, Typed, as_submission, beside, new_form, read_form
from services.intake.submitters import PORTAL
from services.intake.submitting import Submitting
from shared.auth import open_to_all
from shared.china_time import CHINA_TIME
from shared.http import Problem
from shared.language import Channel
from shared.pages import Assets, Pages
from shared.policy import Policy
from shared.postgres import Pool
from shared.rate_limits import limited_by_client
from shared.session import require_same_site

TRAPPED = Counter("hotline_portal_trapped_total", "Forms of the portal that a program filled in and that were not kept")

_HERE = Path(__file__).parent
_CITIZENS = "citizens complain through the portal without a login"
_READERS = "the query code on the receipt opens this one complaint to whoever holds it"


def intake_pages() -> Pages:
    return Pages(_HERE / "templates")


def local_time(moment: datetime) -> str:
    """As it is written on receipts: China's time, to the minute."""
    return f"{moment.astimezone(CHINA_TIME):%Y-%m-%d %H:%M}"


def add_citizen_pages(
    app: FastAPI,
    submitting: Submitting,
    pool: Pool,
    files: PageFiles,
    policy: Callable[[], Policy],
) -> None:
    """`policy` gives the one in force at the moment."""
    pages = intake_pages()
    app.mount("/intake-static", Assets(directory=_HERE / "static"), "intake-static")

    def form_page(request: Request, typed: Typed, status: int = 200, **told: Any) -> Response:
        told = {"errors": {}, "told": None} | told
        return pages.render(
            request, "citizen.html", status=status, typed=typed, forms=page_forms, files=files.taken, **told
        )

    @app.get("/", include_in_schema=False, dependencies=[open_to_all(_CITIZENS)])
    async def show(request: Request) -> Response:
        return form_page(request, new_form())

    @app.post(
        "/",
        include_in_schema=False,
        max_body_size=files.max_body,
        dependencies=[open_to_all(_CITIZENS), limited_by_client("30/minute")],
    )
    async def submit(request: Request) -> Response:
        require_same_site(request)
        async with files.read(request) as form:
            typed = read_form(form.multi_items())
            if typed[HONEYPOT]:
                TRAPPED.inc()
                return pages.render(request, "thanks.html", status=201, answer=None, files_told=None)
            contents, errors = await files.examine(form)
            if errors:
                return form_page(request, typed, 422, errors={"photos": errors})
            body = json.dumps(as_submission(typed, Channel.WEB_PORTAL)).encode()
            try:
                answer = await submitting.one(body, PORTAL)
            except Problem as problem:
                return form_page(request, typed, problem.status, **told_of(problem))
            files_told = await files.keep(answer, contents)
        return pages.render(
            request, "thanks.html", status=answer["status"], answer=answer | _written(answer), files_told=files_told
        )

    @app.get("/lookup", include_in_schema=False, dependencies=[open_to_all(_READERS)])
    async def ask(request: Request) -> Response:
        return pages.render(request, "lookup.html", number="", told=None, found=None)

    @app.post("/lookup", include_in_schema=False, dependencies=[open_to_all(_READERS), limited_by_client("60/minute")])
    async def look_up(
        request: Request, ticket_number: Annotated[str, Form()] = "", query_code: Annotated[str, Form()] = ""
    ) -> Response:
        """By POST, so that the query code stands in no address, history or log."""
        number = clean(ticket_number)
        try:
            found = await progress_of(pool, submitting.query_code_key, number, clean(query_code))
        except Problem as problem:
            return pages.render(
                request, "lookup.html", status=problem.status, number=number, told=problem.detail, found=None
            )
        name_of = policy().name_of
        steps = [
            {
                "at": local_time(step["at"]),
                "status": page_forms.STATUSES[step["status"]],
                "department": name_of(step["department"]),
                "reply": step["reply"],
            }
            for step in found["progress"]
        ]
        written = {"status": page_forms.STATUSES[found["status"]], "steps": steps, **_written(found)}
        return pages.render(request, "lookup.html", number=number, told=None, found=found | written)


def told_of(problem: Problem) -> dict[str, Any]:
    """What the form's page says of a submission that was not taken: beside its fields, and above them."""
    errors = beside(problem.extra.get("errors", ()))
    return {"errors": errors, "told": " ".join([problem.detail, *errors.get("", [])])}


def _written(answer: Mapping[str, Any]) -> dict[str, str]:
    return {"at": local_time(answer["accepted_at"])}
