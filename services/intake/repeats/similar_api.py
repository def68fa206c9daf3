"""Telling whoever types a complaint in, while the caller still speaks, what the same reporter brought before."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict, Field

from services.intake.complaint import MAX_PLACE, Reporter
from services.intake.identity import vault_store
from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.reading_rules import may_ask_of, offices_of
from services.intake.normalizing.cleaning import MAX_TEXT
from services.intake.repeats import repeats_store
from services.intake.repeats.likeness import Matter
from services.intake.repeats.repeats import as_json
from shared.auth import Principal, Role, allow
from shared.http import Problem
from shared.policy import Policy
from shared.postgres import Pool


class Typed(BaseModel):
    """What is known so far; one of the reporter's numbers is needed."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    phone: Annotated[str, Field(max_length=40)] | None = Field(default=None, repr=False)
    id_number: Annotated[str, Field(max_length=40)] | None = Field(default=None, repr=False)
    text: Annotated[str, Field(max_length=MAX_TEXT)] = Field(default="", repr=False)
    place: Annotated[str, Field(max_length=MAX_PLACE)] | None = Field(default=None, repr=False)


def add_similar_routes(app: FastAPI, pool: Pool, index: BlindIndex, policy: Callable[[], Policy]) -> None:
    """`policy` gives the one in force at the moment."""

    @app.post("/v1/complaints:similar", tags=["complaints"])
    async def similar(
        typed: Typed,
        response: Response,
        principal: Annotated[Principal, allow(Role.OPERATOR, Role.CLERK)],
    ) -> dict[str, Any]:
        """The newest complaints of the reporter with this telephone or identity number, the most alike first.

        What is typed is neither stored nor logged; who asked, and which tickets they were told of, is recorded. A clerk
        is told of named complaints only, and a department's clerk only of those that the department received or has;
        nobody of those that accuse the own department or office.
        """
        traces = index.traces(Reporter(phone=typed.phone, id_number=typed.id_number))
        if not traces:
            raise Problem(
                422,
                "请填写完整有效的电话号码（座机须带区号）或身份证号码。",
                "Give a whole telephone number (a landline with its area code) or identity number.",
            )
        response.headers["Cache-Control"] = "no-store"
        matter = Matter(typed.text, typed.place)
        return {"items": await earlier_of(pool, traces, matter, principal, policy())}


async def earlier_of(
    pool: Pool, traces: Sequence[bytes], matter: Matter, principal: Principal, policy: Policy
) -> list[dict[str, Any]]:
    """The newest complaints with one of `traces` that `principal` may be told of, the most alike first.

    Recorded before it is told, as the reading of an identity is: it says who stands behind a ticket.
    """
    offices = offices_of(policy)
    found = await repeats_store.find_of_reporter(pool, traces)
    told = [as_json(each, matter) for each in found if may_ask_of(principal, each.standing, offices)]
    await vault_store.insert_lookup(pool, principal, [item["ticket_number"] for item in told])
    return sorted(told, key=lambda item: -item["likeness"])
