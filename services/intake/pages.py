"""The citizen's pages: complain without a login and without a script, and look up what became of it."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Form, Request
from fastapi.responses import Response
from prometheus_client import Counter
from starlette.datastructures import FormData, UploadFile

from services.intake import page_forms
from services.intake.attachment_content import MAX_BYTES, MAX_COUNT, AttachmentRefused, Content, too_many
from services.intake.attachment_files import FilesAway
from services.intake.attachments import Attachments
from services.intake.complaint import clean
from services.intake.looking_up import progress_of
from services.intake.page_forms import HONEYPOT, Typed, as_submission, beside, new_form, read_form
from services.intake.submitters import PORTAL
from services.intake.submitting import Submitting
from shared.auth import open_to_all
from shared.china_time import CHINA_TIME
from shared.http import MAX_BODY, Problem
from shared.language import Channel
from shared.pages import Assets, Pages
from shared.policy import Policy
from shared.postgres import PASSING, Pool
from shared.rate_limits import limited_by_client
from shared.session import require_same_site

TRAPPED = Counter("hotline_portal_trapped_total", "Forms of the portal that a program filled in and that were not kept")

_HERE = Path(__file__).parent
_CITIZENS = "citizens complain through the portal without a login"
_READERS = "the query code on the receipt opens this one complaint to whoever holds it"
_FILES_BODY = MAX_COUNT * MAX_BYTES + MAX_BODY
# Far more than the form has, so that whoever chooses too many is told so beside the field.
_FILES_READ, _FIELDS_READ = 50, 50


def intake_pages() -> Pages:
    return Pages(_HERE / "templates")


def local_time(moment: datetime) -> str:
    """As it is written on receipts: China's time, to the minute."""
    return f"{moment.astimezone(CHINA_TIME):%Y-%m-%d %H:%M}"


def add_citizen_pages(
    app: FastAPI,
    submitting: Submitting,
    pool: Pool,
    attachments: Attachments | None,
    policy: Callable[[], Policy],
) -> None:
    """`policy` gives the one in force at the moment; without `attachments` the form asks for no files."""
    pages = intake_pages()
    # Decoding takes much memory; whoever comes meanwhile waits.
    uploading = asyncio.Semaphore(1)
    app.mount("/intake-static", Assets(directory=_HERE / "static"), "intake-static")

    def form_page(request: Request, typed: Typed, status: int = 200, **told: Any) -> Response:
        told = {"errors": {}, "told": None} | told
        return pages.render(
            request, "citizen.html", status=status, typed=typed, forms=page_forms, files=attachments is not None, **told
        )

    @app.get("/", include_in_schema=False, dependencies=[open_to_all(_CITIZENS)])
    async def show(request: Request) -> Response:
        return form_page(request, new_form())

    @app.post(
        "/",
        include_in_schema=False,
        max_body_size=MAX_BODY if attachments is None else _FILES_BODY,
        dependencies=[open_to_all(_CITIZENS), limited_by_client("30/minute")],
    )
    async def submit(request: Request) -> Response:
        require_same_site(request)
        async with request.form(max_files=_FILES_READ, max_fields=_FIELDS_READ) as form:
            typed = read_form(form.multi_items())
            if typed[HONEYPOT]:
                TRAPPED.inc()
                return pages.render(request, "thanks.html", status=201, answer=None, files_told=None)
            files = _chosen(form)
            async with uploading if files else nullcontext():
                contents, errors = await _examined(attachments, files)
                if errors:
                    return form_page(request, typed, 422, errors={"photos": errors})
                body = json.dumps(as_submission(typed, Channel.WEB_PORTAL)).encode()
                try:
                    answer = await submitting.one(body, PORTAL)
                except Problem as problem:
                    return form_page(request, typed, problem.status, **told_of(problem))
                files_told = await _keep(attachments, answer, contents)
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


def _chosen(form: FormData) -> list[UploadFile]:
    """The files of the form; a browser sends one without a name where none is chosen."""
    return [value for _, value in form.multi_items() if isinstance(value, UploadFile) and value.filename]


async def _examined(attachments: Attachments | None, files: Sequence[UploadFile]) -> tuple[list[Content], list[str]]:
    """What is kept of the files, and why others are not; nothing where none are taken."""
    if attachments is None:
        return [], []
    if len(files) > MAX_COUNT:
        return [], [str(too_many())]
    contents: dict[bytes, Content] = {}
    errors: list[str] = []
    for number, file in enumerate(files, start=1):
        try:
            content = await attachments.examine(await file.read(MAX_BYTES + 1))
        except AttachmentRefused as refused:
            errors.append(f"第{number}个文件：{refused.zh} File number {number}: {refused.en}")
        else:
            contents[content.sha256] = content
    return list(contents.values()), errors


async def _keep(attachments: Attachments | None, answer: Mapping[str, Any], contents: list[Content]) -> str | None:
    """Store the files with the complaint, which stands without them too; what to tell where they could not be."""
    if attachments is None or not contents or "complaint_id" not in answer:
        return None
    try:
        await attachments.add(UUID(answer["complaint_id"]), contents)
    except AttachmentRefused as refused:
        return str(refused)
    except (FilesAway, *PASSING):
        return "诉求已登记，但照片暂时无法保存。 The complaint is registered, but its photos could not be stored."
    return None
