"""Incidents (同一事件) over HTTP: the centre and the supervision office read them and mend them.

Nothing here tells who reported: there is no reporter in the router. Of what is confidential or anonymous words
and place are left out too. A department is never told of complaints that accuse it.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import orjson
from asyncpg import Record
from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.router.in_service import Routing
from services.router.incidents import incidents_read_store
from services.router.incidents.incidents_read_store import Order
from services.router.incidents.regrouping import NotMembers, Unknown, Wish, join_by_hand, take_out
from shared.auth import Principal, Role, allow
from shared.http import Problem
from shared.language import DepartmentCode
from shared.outbox import Relay
from shared.postgres import Connection, Pool
from shared.redaction import redact

Mender = Annotated[Principal, allow(Role.OPERATOR, Role.SUPERVISOR)]

_AT_ONCE = 500
_SHOWN = 500
_GROWTH = timedelta(hours=24)


class Regrouping(BaseModel):
    """Which complaints, and why; the reason is kept with who said so."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    complaint_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=_AT_ONCE)]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500)]


def add_incidents_routes(app: FastAPI, pool: Pool, relay: Relay, routing: Callable[[], Routing]) -> None:
    """`routing` gives the one in service at the moment."""

    def name_of(code: DepartmentCode) -> str:
        return routing().policy.name_of(code)

    async def one(incident_id: UUID, reader: Principal) -> dict[str, Any]:
        members = await incidents_read_store.read_members(pool, incident_id, reader.department, _SHOWN)
        if not members or any(member.pop("accuses") for member in members):
            raise Problem(404, "没有这个事件。", "There is no such incident.")
        return {
            "incident_id": incident_id,
            "complaints": members,
            "levels": await incidents_read_store.read_levels(pool, incident_id),
            "history": await incidents_read_store.read_history(pool, incident_id, 2 * _SHOWN),
        }

    async def mended(
        incident_id: UUID, regrouping: Regrouping, by: Principal, how: Callable[[Connection, Wish], Awaitable[None]]
    ) -> None:
        ids = tuple(dict.fromkeys(regrouping.complaint_ids))
        wish = Wish(incident_id, ids, redact(regrouping.reason), by.subject)
        try:
            async with pool.acquire() as connection, connection.transaction():
                await how(connection, wish)
        except NotMembers as error:
            raise Problem(
                409,
                "有诉求不在这个事件中，未作任何改动。",
                "Some complaints are not in this incident; nothing was changed.",
                complaint_ids=[str(each) for each in error.complaint_ids],
            ) from None
        except Unknown as error:
            raise Problem(
                404,
                "没有这样的诉求或者事件，未作任何改动。",
                "There is no such complaint or incident; nothing was changed.",
                complaint_ids=[str(each) for each in error.complaint_ids],
            ) from None
        relay.wake()

    @app.get("/v1/incidents", tags=["incidents"])
    async def incidents(
        reader: Mender,
        order: Order = "size",
        department: DepartmentCode | None = None,
        at_least: Annotated[int, Query(ge=1, le=100_000)] = 2,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    ) -> dict[str, Any]:
        """The open incidents, the largest or those that grow most first; `growth` is what came in the last 24 hours.

        Open is one of which somebody has told within the policy's window; `level` is set where it is a hot spot.
        """
        now = datetime.now(UTC)
        window = routing().policy.incidents.window
        rows = await incidents_read_store.list_incidents(
            pool, now - window, now - _GROWTH, at_least, department, reader.department, order, limit, offset
        )
        return {"items": [_listed(row, name_of) for row in rows]}

    @app.get("/v1/incidents/{incident_id}", tags=["incidents"])
    async def incident(incident_id: UUID, reader: Mender) -> dict[str, Any]:
        """Its complaints, the first 500, each with why it is here; and all that was ever said of them, by whom."""
        return await one(incident_id, reader)

    @app.post("/v1/incidents/{incident_id}:remove", tags=["incidents"])
    async def remove(incident_id: UUID, regrouping: Regrouping, by: Mender) -> dict[str, Any]:
        """Take complaints out, all or none; they are not put back by themselves, and no decision or case changes."""
        await mended(
            incident_id, regrouping, by, lambda connection, wish: take_out(connection, wish, datetime.now(UTC))
        )
        return {"incident_id": incident_id, "removed": list(dict.fromkeys(regrouping.complaint_ids))}

    @app.post("/v1/incidents/{incident_id}:join", tags=["incidents"])
    async def join(incident_id: UUID, regrouping: Regrouping, by: Mender) -> dict[str, Any]:
        """Put complaints in by hand, all or none; the id of a complaint that is alone makes an incident of it."""
        policy = routing().policy
        await mended(
            incident_id,
            regrouping,
            by,
            lambda connection, wish: join_by_hand(connection, wish, policy, datetime.now(UTC)),
        )
        return await one(incident_id, by)


def _listed(row: Record, name_of: Callable[[DepartmentCode], str]) -> dict[str, Any]:
    counted: dict[str, int] = orjson.loads(row["departments"] or "{}")
    departments = [
        {"code": code, "name": name_of(code), "complaints": number}
        for code, number in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]
    names = ("incident_id", "complaints", "growth", "first_at", "newest_at", "level")
    return {**{name: row[name] for name in names}, "departments": departments}
