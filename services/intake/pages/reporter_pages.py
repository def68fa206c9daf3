"""The page on which staff say what they need the reporter for; the API answers, and records, as it always does."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request
from fastapi.responses import Response

from services.intake.identity.reading_rules import PURPOSES, Part, Purpose
from services.intake.normalizing.cleaning import clean
from services.intake.pages.citizen_pages import NO_SUCH_TICKET, intake_pages
from services.intake.ticket import is_ticket_number
from shared.auth import Principal, Role, allow
from shared.own_api import Answer, OwnApi

_PURPOSES: Mapping[Purpose, str] = {
    Purpose.CALLBACK: "回访 To call back",
    Purpose.CONTACT_FOR_HANDLING: "办理联系 To handle the case",
    Purpose.SUPERVISION: "督查 Supervision",
    Purpose.LEGAL_REQUEST: "依法调取 A legal request",
}
_PARTS: Mapping[str, str] = {
    Part.NAME: "姓名 Name",
    Part.PHONE: "联系电话 Telephone",
    Part.EMAIL: "电子邮箱 E-mail",
    Part.ADDRESS: "住址 Address",
    Part.ID_NUMBER: "身份证号码 Identity number",
    "title": "标题原文 Title as it came",
    "text": "诉求原文 Text as it came",
    "place": "地点原文 Place as it came",
}

# As on the route that a program asks: every role may, so that what is refused is recorded too.
Asker = Annotated[Principal, allow(*Role)]
Said = Annotated[str, Form()]


def add_reporter_pages(app: FastAPI, *, files: bool) -> None:
    """`files` says whether there is a page of files to lead to."""
    pages, api = intake_pages(), OwnApi(app)

    def page(
        request: Request, asker: Principal, number: str, asked: Mapping[str, str], answer: Answer | None = None
    ) -> Response:
        may = frozenset[Purpose]().union(*(PURPOSES.get(role, frozenset()) for role in asker.roles))
        return pages.render(
            request,
            "reporter.html",
            status=answer.status if answer else 200,
            number=number,
            # Those of the own roles first; whatever is chosen, the rules decide.
            purposes=dict(sorted(_PURPOSES.items(), key=lambda item: item[0] not in may)),
            asked=asked,
            told=answer.sentences if answer else [],
            known=_known(answer.content) if answer and answer.good else None,
            files=files,
        )

    @app.get("/reporter", include_in_schema=False)
    async def ask(request: Request, asker: Asker, ticket_number: str = "") -> Response:
        return page(request, asker, clean(ticket_number), {})

    @app.post("/reporter", include_in_schema=False)
    async def read(
        request: Request, asker: Asker, ticket_number: Said = "", purpose: Said = "", note: Said = ""
    ) -> Response:
        """Who the reporter is, as far as the purpose needs it; recorded, and what is refused as well."""
        number, asked = clean(ticket_number), {"purpose": purpose, "note": note}
        if not is_ticket_number(number):
            return page(request, asker, number, asked, NO_SUCH_TICKET)
        body = {name: said for name, said in asked.items() if said}
        answer = await api.post(request, f"/v1/complaints/{number}/reporter", body)
        return page(request, asker, number, asked, answer)


def _known(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the API tells, each with the words before it."""
    said = told["reporter"] | told.get("original", {})
    known = [(words, said[part]) for part, words in _PARTS.items() if said.get(part)]
    if "phone_checked" in told:
        known.append(("电话核验 Telephone checked", "已核验 Yes" if told["phone_checked"] else "未核验 No"))
    return known
