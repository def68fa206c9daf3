"""The citizen's pages: complain without a login and without a script; to look up what became of it see lookup_page."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import Response
from limits import parse
from prometheus_client import Counter

from services.intake.pages import page_forms
from services.intake.pages.lookup_page import add_lookup_page
from services.intake.pages.page_files import PageFiles
from services.intake.pages.page_forms import HONEYPOT, Typed, as_submission, beside, new_form, read_form
from services.intake.pages.phone_check import CheckRefused
from services.intake.pages.phone_checking import PhoneChecking
from services.intake.submitters import PORTAL
from services.intake.submitting import Submitting
from shared.auth import open_to_all
from shared.china_time import local_time
from shared.http import Problem
from shared.language import Channel, Confidentiality
from shared.own_api import Answer
from shared.pages import Assets, Pages
from shared.policy import Policy
from shared.postgres import Pool
from shared.rate_limits import RateLimits, limited_by_client
from shared.session import require_same_site

TRAPPED = Counter("hotline_portal_trapped_total", "Forms of the portal that a program filled in and that were not kept")

# What the API would answer, were what somebody typed a part of an address.
NO_SUCH_TICKET = Answer(
    404, {"detail": "没有找到该工单，请核对工单编号。 There is no such ticket; please check the ticket number."}
)

_HERE = Path(__file__).parents[1]
_CITIZENS = "citizens complain through the portal without a login"

_CODES_PER_CLIENT = parse("5/hour")
_CODE_SENT = (
    "验证码已发送，请填入后提交；收不到也可以不填，直接提交。"
    " The code is on its way; type it in and submit. Without it you may submit as well."
)
_UNKNOWN = Confidentiality.ANONYMOUS
_CREATED = 201


def intake_pages() -> Pages:
    return Pages(_HERE / "templates")


def add_citizen_pages(
    app: FastAPI,
    submitting: Submitting,
    pool: Pool,
    files: PageFiles,
    policy: Callable[[], Policy],
    checking: PhoneChecking | None,
) -> None:
    """`policy` gives the one in force at the moment; without `checking` no telephone is checked."""
    pages = intake_pages()
    limits: RateLimits = app.state.rate_limits
    app.mount("/intake-static", Assets(directory=_HERE / "static"), "intake-static")

    def form_page(request: Request, typed: Typed, status: int = 200, **told: Any) -> Response:
        told = {"errors": {}, "told": None, "checks": checking is not None} | told
        return pages.render(
            request, "citizen.html", status=status, typed=typed, forms=page_forms, files=files.taken, **told
        )

    async def check(request: Request, checking: PhoneChecking, typed: Typed, *, send: bool) -> Response | None:
        """The page that says what became of the code; None where the one that was typed in is right."""
        try:
            if send:
                limits.of_client(request, _CODES_PER_CLIENT, "phone codes")
                await checking.send(typed.key, typed["phone"])
                return form_page(request, typed, told=_CODE_SENT)
            await checking.require(typed.key, typed["phone"], typed["phone_code"])
        except CheckRefused as refused:
            return form_page(request, typed, 422, errors={refused.why.field: [str(refused)]})
        return None

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
            send = form.get("do") == "send-code"
            checked = checking is not None and bool(typed["phone_code"]) and typed["confidentiality"] != _UNKNOWN
            if checking is not None and (send or checked):
                told = await check(request, checking, typed, send=send)
                if told is not None:
                    return told
            contents, errors = await files.examine(form)
            if errors:
                return form_page(request, typed, 422, errors={"photos": errors})
            body = json.dumps(as_submission(typed, Channel.WEB_PORTAL)).encode()
            try:
                answer = await submitting.one(body, PORTAL)
            except Problem as problem:
                return form_page(request, typed, problem.status, **told_of(problem))
            # Of a form sent twice with another number the first one is in the vault, and not this one.
            if checking is not None and checked and answer["status"] == _CREATED:
                await checking.note(UUID(answer["complaint_id"]))
            files_told = await files.keep(answer, contents)
        return pages.render(
            request,
            "thanks.html",
            status=answer["status"],
            answer=answer | {"at": local_time(answer["accepted_at"])},
            files_told=files_told,
        )

    add_lookup_page(app, pages, submitting.query_code_key, pool, policy, files.attachments)


def told_of(problem: Problem) -> dict[str, Any]:
    """What the form's page says of a submission that was not taken: beside its fields, and above them."""
    errors = beside(problem.extra.get("errors", ()))
    return {"errors": errors, "told": " ".join([problem.detail, *errors.get("", [])])}
