"""The page on which whoever holds ticket number and query code sees what became of the complaint."""

from collections.abc import Callable
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import Response

from services.intake.complaint import clean
from services.intake.pages import page_forms
from services.intake.pages.looking_up import progress_of
from shared.auth import open_to_all
from shared.china_time import local_time
from shared.http import Problem
from shared.pages import Pages
from shared.policy import Policy
from shared.postgres import Pool
from shared.rate_limits import limited_by_client

_READERS = "the query code on the receipt opens this one complaint to whoever holds it"


def add_lookup_page(
    app: FastAPI, pages: Pages, query_code_key: bytes, pool: Pool, policy: Callable[[], Policy]
) -> None:
    """`policy` gives the one in force at the moment."""

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
            found = await progress_of(pool, query_code_key, number, clean(query_code))
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
        return pages.render(request, "lookup.html", number=number, told=None, found=found | written)
