"""The page on which whoever holds ticket number and query code sees what became of the complaint."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request
from fastapi.responses import Response

from services.intake.attachments.attachments import Attachments
from services.intake.attachments.attachments_api import handed_out, listed
from services.intake.normalizing.cleaning import clean
from services.intake.pages import page_forms
from services.intake.pages.attachment_words import in_words
from services.intake.pages.looking_up import opened_by, progress_of
from shared.auth import open_to_all
from shared.china_time import local_time
from shared.http import Problem
from shared.pages import Pages
from shared.policy import Policy
from shared.postgres import Pool
from shared.rate_limits import limited_by_client

_READERS = "the query code on the receipt opens this one complaint to whoever holds it"


def add_lookup_page(
    app: FastAPI,
    pages: Pages,
    query_code_key: bytes,
    pool: Pool,
    policy: Callable[[], Policy],
    attachments: Attachments | None,
) -> None:
    """`policy` gives the one in force at the moment; without `attachments` the page speaks of no files."""

    @app.get("/lookup", include_in_schema=False, dependencies=[open_to_all(_READERS)])
    async def ask(request: Request) -> Response:
        return pages.render(request, "lookup.html", number="", told=None, found=None)

    @app.post("/lookup", include_in_schema=False, dependencies=[open_to_all(_READERS), limited_by_client("60/minute")])
    async def look_up(
        request: Request, ticket_number: Annotated[str, Form()] = "", query_code: Annotated[str, Form()] = ""
    ) -> Response:
        """By POST, so that the query code stands in no address, history or log."""
        number, code = clean(ticket_number), clean(query_code)
        try:
            found = await progress_of(pool, query_code_key, number, code)
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
        written = {
            "status": page_forms.STATUSES[found["status"]],
            "steps": steps,
            "at": local_time(found["accepted_at"]),
        }
        return pages.render(
            request,
            "lookup.html",
            number=number,
            told=None,
            found=found | written,
            # What the buttons of the files send again; like the page itself it is kept by no cache.
            code=code,
            listed=await files_of(number, code),
        )

    async def files_of(number: str, code: str) -> dict[str, Any] | None:
        if attachments is None:
            return None
        row = await opened_by(pool, query_code_key, number, code)
        return in_words(await listed(pool, row["complaint_id"]))

    if attachments is not None:
        add_download(app, query_code_key, attachments)


def add_download(app: FastAPI, query_code_key: bytes, attachments: Attachments) -> None:
    @app.post(
        "/lookup/file", include_in_schema=False, dependencies=[open_to_all(_READERS), limited_by_client("60/minute")]
    )
    async def download(
        ticket_number: Annotated[str, Form()] = "",
        query_code: Annotated[str, Form()] = "",
        sha256: Annotated[str, Form()] = "",
    ) -> Response:
        """One file of the complaint, to be saved; by POST, as the look-up."""
        number = clean(ticket_number)
        row = await opened_by(attachments.pool, query_code_key, number, clean(query_code))
        return await handed_out(attachments, row["complaint_id"], number, sha256)
