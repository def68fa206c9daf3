"""People place complaints: the triage desk what no rule placed, the supervision office what came back twice."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, StringConstraints

from services.router import store
from services.router.handlers import send
from services.router.placement import Decided, Order, OutOfDate, Refused, assigned_by_desk, designated
from shared.auth import Principal, Role, allow
from shared.events import ComplaintAssigned
from shared.http import Problem
from shared.ids import event_id
from shared.language import DepartmentCode
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.redaction import redact

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500)]
CONFLICT, UNPROCESSABLE = 409, 422

_Place = Callable[[Decided, Order, Policy, UUID, datetime], Decided]


class Placing(BaseModel):
    """What a person decides: the decision that they saw, the department and why; the reason goes to the department.

    `accused` is whom the complaint is about, as the person reads it: never the department itself.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    decision_id: UUID
    department: DepartmentCode
    reason: Reason
    matter: Annotated[str, StringConstraints(max_length=64)] | None = None
    accused: DepartmentCode | None = None


def add_placing_routes(app: FastAPI, pool: Pool, relay: Relay, policy: Callable[[], Policy]) -> None:
    """`policy` gives the one in force at the moment."""

    async def place(complaint_id: UUID, placing: Placing, principal: Principal, how: _Place) -> dict[str, Any]:
        async with pool.acquire() as connection, connection.transaction():
            current = (await store.hold_in_force(connection, [complaint_id])).get(complaint_id)
            if current is None:
                raise Problem(404, "没有这件诉求的派单决定。", "There is no decision on this complaint.")
            order = Order(
                placing.decision_id,
                placing.department,
                redact(placing.reason),
                principal.subject,
                placing.matter,
                placing.accused,
            )
            decision_id = event_id(current.decision_id, ComplaintAssigned.event_type)
            try:
                successor = how(current, order, policy(), decision_id, datetime.now(UTC))
            except OutOfDate as late:
                raise Problem(CONFLICT, *late.sentences, in_force=str(current.decision_id)) from None
            except Refused as refused:
                raise Problem(UNPROCESSABLE, *refused.sentences) from None
            await store.replace_decisions(connection, [(current.decision_id, successor)])
            await send(connection, [successor])
        relay.wake()
        return {
            "decision_id": successor.decision_id,
            "complaint_id": complaint_id,
            "hop": successor.hop,
            "returnable": successor.returnable,
            "department_name": policy().name_of(successor.decision.department),
            **successor.decision.as_json(),
        }

    @app.post("/v1/decisions/{complaint_id}:assign", tags=["decisions"])
    async def assign(
        complaint_id: UUID, placing: Placing, principal: Annotated[Principal, allow(Role.OPERATOR)]
    ) -> dict[str, Any]:
        """The triage desk names the department of a complaint that is with it."""
        return await place(complaint_id, placing, principal, assigned_by_desk)

    @app.post("/v1/decisions/{complaint_id}:designate", tags=["decisions"])
    async def designate(
        complaint_id: UUID, placing: Placing, principal: Annotated[Principal, allow(Role.SUPERVISOR)]
    ) -> dict[str, Any]:
        """The supervision office names the department of a complaint that is with it (指定承办); that is final."""
        return await place(complaint_id, placing, principal, designated)

    @app.get("/v1/decisions/{complaint_id}", tags=["decisions"])
    async def decisions(
        complaint_id: UUID,
        _principal: Annotated[Principal, allow(Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)],
    ) -> list[dict[str, Any]]:
        """Every decision on a complaint with its evidence, the first one first."""
        found = await store.decisions_of(pool, complaint_id)
        if not found:
            raise Problem(404, "没有这件诉求的派单决定。", "There is no decision on this complaint.")
        return found
