"""Incidents (同一事件) over HTTP, as the centre and the supervision office read them; ``mending_api`` changes them.

Nothing here tells who reported: there is no reporter in the router. Of what is confidential or anonymous words
and place are left out too. A department is never told of complaints that accuse it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import orjson
from asyncpg import Record
from fastapi import FastAPI, Query
from pydantic import AwareDatetime

from services.router.in_service import Routing
from services.router.incidents import incidents_read_store, parting_store
from services.router.incidents.incidents_read_store import Order
from shared.auth import Principal, Role, allow
from shared.http import Problem
from shared.language import DepartmentCode
from shared.postgres import Pool

Mender = Annotated[Principal, allow(Role.OPERATOR, Role.SUPERVISOR)]
Names = Callable[[DepartmentCode], str]
Limit = Annotated[int, Query(ge=1, le=500)]
Instant = Annotated[AwareDatetime, Query(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]

# As many as may be named when an incident is mended.
AT_ONCE = 500
_GROWTH = timedelta(hours=24)


def add_incidents_routes(app: FastAPI, pool: Pool, routing: Callable[[], Routing]) -> None:
    """`routing` gives the one in service at the moment."""

    def name_of(code: DepartmentCode) -> str:
        return routing().policy.name_of(code)

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

        Open is one of which somebody has told within the policy's window; `level` is set where it is a hot spot, and
        `places` are those that most of the newest complaints name. `next` is the `offset` of the following page, absent
        on the last.
        """
        now = datetime.now(UTC)
        window = routing().policy.incidents.window
        rows = await incidents_read_store.list_incidents(
            pool, now - window, now - _GROWTH, at_least, department, reader.department, order, limit, offset
        )
        items = [_listed(row, name_of) for row in rows]
        return {"items": items, **({"next": offset + limit} if len(items) == limit else {})}

    @app.get("/v1/incidents/{incident_id}", tags=["incidents"])
    async def incident(
        incident_id: UUID, reader: Mender, after: UUID | None = None, limit: Limit = 100
    ) -> dict[str, Any]:
        """Its complaints, the oldest first, each with why it is here; `size` is how many there are on all pages.

        `former` are the incidents that were merged into it and may be split off again. `next` is the `after` of the
        following page, absent on the last.
        """
        return await read_one(pool, incident_id, reader, name_of, after, limit)

    @app.get("/v1/incidents/{incident_id}/history", tags=["incidents"])
    async def history(
        incident_id: UUID, reader: Mender, after: Instant | None = None, limit: Limit = 50
    ) -> dict[str, Any]:
        """All that was ever said of complaints that are or were members, the newest first.

        What was said at once for one reason is one item: by whom (null: the router), where the complaints are since
        then (null: in no incident), how many they are, and the ids and ticket numbers of up to 500. Those that came
        because they are like others share an item without a reason: each has its own. `next` is the `after` of the
        following page, absent on the last.
        """
        await require_known(pool, incident_id, reader)
        items = await incidents_read_store.read_history(pool, incident_id, after, limit, AT_ONCE)
        return {"items": items, **({"next": items[-1]["said_at"]} if len(items) >= limit else {})}


async def require_known(pool: Pool, incident_id: UUID, reader: Principal) -> Record:
    """The incident's numbers; Problem 404 where there is none, or it accuses the reader's department."""
    row = await incidents_read_store.read_incident(pool, incident_id, reader.department)
    if row is None:
        raise Problem(404, "没有这个事件。", "There is no such incident.")
    return row


async def read_one(
    pool: Pool, incident_id: UUID, reader: Principal, name_of: Names, after: UUID | None = None, limit: int = 100
) -> dict[str, Any]:
    row = await require_known(pool, incident_id, reader)
    members = await incidents_read_store.read_members(pool, incident_id, after, limit)
    for each in members:
        each["department_name"] = name_of(each["department"]) if each["department"] else None
    return {
        "incident_id": incident_id,
        "size": row["complaints"],
        "first_at": row["first_at"],
        "newest_at": row["newest_at"],
        "levels": await incidents_read_store.read_levels(pool, incident_id),
        "former": [dict(each) for each in await parting_store.read_former(pool, incident_id)],
        "complaints": members,
        **({"next": members[-1]["complaint_id"]} if len(members) == limit else {}),
    }


def _listed(row: Record, name_of: Names) -> dict[str, Any]:
    counted: dict[str, int] = orjson.loads(row["departments"] or "{}")
    departments = [
        {"code": code, "name": name_of(code), "complaints": number}
        for code, number in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]
    names = ("incident_id", "complaints", "growth", "first_at", "newest_at", "level", "places")
    return {**{name: row[name] for name in names}, "departments": departments}
