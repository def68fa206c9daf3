"""The router's HTTP API: where a text would go, and why, without any effect."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, StringConstraints

from services.router.decide import decide
from services.router.in_service import Routing
from shared.auth import Role, allow
from shared.events import ComplaintReceived
from shared.http import Problem
from shared.language import Channel, Confidentiality, DepartmentCode, Kind, Urgency


class Question(BaseModel):
    """A complaint as far as it is known: an operator asks while the caller still speaks."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
    title: Annotated[str, StringConstraints(max_length=200)] | None = None
    place: Annotated[str, StringConstraints(max_length=200)] | None = None
    kind: Kind = Kind.COMPLAINT
    channel: Channel = Channel.HOTLINE_12345
    accused: DepartmentCode | None = None
    received_by: DepartmentCode | None = None


def add_routes(app: FastAPI, routing: Callable[[], Routing]) -> None:
    """`routing` gives the one in service at the moment."""

    @app.post(
        "/v1/decisions:preview",
        tags=["decisions"],
        dependencies=[allow(Role.OPERATOR, Role.CLERK, Role.OFFICER, Role.SUPERVISOR, Role.ADMINISTRATOR)],
    )
    async def preview(question: Question) -> dict[str, Any]:
        """Say where a complaint would go and why; nothing is stored and nothing is sent."""
        current = routing()
        policy = current.policy
        for code in (question.accused, question.received_by):
            if code is not None and code not in policy.departments:
                raise Problem(422, f"没有代码为 {code} 的承办单位。", f"There is no department {code}.")
        decision = decide(as_received(question), current.matcher, classifier=current.model)
        return {"department_name": policy.departments[decision.department].name, **decision.as_json()}


def as_received(question: Question) -> ComplaintReceived:
    """As if it had been accepted now, under no id of its own."""
    return ComplaintReceived(
        complaint_id=UUID(int=0),
        ticket_number="preview",
        urgency=Urgency.NORMAL,
        confidentiality=Confidentiality.NAMED,
        accepted_at=datetime.now(UTC),
        **question.model_dump(),
    )
