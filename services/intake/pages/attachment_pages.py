"""The page on which staff open the files of a complaint: what it shows, the API answers to whoever looks at it."""

from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.responses import Response

from services.intake.attachments.attachment_access import STAFF
from services.intake.normalizing.cleaning import clean
from services.intake.pages.attachment_words import in_words
from services.intake.pages.citizen_pages import NO_SUCH_TICKET, intake_pages
from services.intake.ticket import is_ticket_number
from shared.auth import Principal, Role, allow
from shared.own_api import OwnApi


def add_attachment_pages(app: FastAPI) -> None:
    pages, api = intake_pages(), OwnApi(app)

    @app.get("/files", include_in_schema=False)
    async def show(
        request: Request, _reader: Annotated[Principal, allow(*STAFF, Role.OFFICER)], ticket_number: str = ""
    ) -> Response:
        """The files of a complaint, each with an address at which it is saved; who may see them the API says."""
        number = clean(ticket_number)
        if not number:
            return pages.render(request, "files.html", number="", told=None, listed=None, files=True)
        known = is_ticket_number(number)
        answer = await api.get(request, f"/v1/complaints/{number}/attachments") if known else NO_SUCH_TICKET
        return pages.render(
            request,
            "files.html",
            status=answer.status,
            number=number,
            told=answer.told,
            listed=in_words(answer.content) if answer.good else None,
            files=True,
        )
