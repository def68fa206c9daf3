"""Incidents (同一事件) mended over HTTP: complaints are taken out or joined, and what was merged is parted again.

All of what is asked is done or nothing. No decision and no case changes.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.router.in_service import Routing
from services.router.incidents.incidents_api import AT_ONCE, Mender, read_one, require_known
from services.router.incidents.incidents_read_store import find_by_ticket
from services.router.incidents.regrouping import NotMembers, NotMerged, Unknown, Wish, join_by_hand, split_off, take_out
from shared.china_time import CHINA_TIME
from shared.http import Problem
from shared.outbox import Relay
from shared.postgres import Connection, Pool
from shared.redaction import redact

Ticket = Annotated[str, StringConstraints(pattern=r"^2[0-9]{7}-[0-9]{6,9}-[0-9]$")]


class Mending(BaseModel):
    """Why an incident is mended; it is kept with who did so."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    # On one line, and without the NUL that PostgreSQL does not take.
    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")
    ]


class Removing(Mending):
    complaint_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=AT_ONCE)]


class Joining(Mending):
    """Which complaints, by their ids or their ticket numbers."""

    complaint_ids: Annotated[tuple[UUID, ...], Field(max_length=AT_ONCE)] = ()
    ticket_numbers: Annotated[tuple[Ticket, ...], Field(max_length=AT_ONCE)] = ()


class Splitting(Mending):
    """`former` is the id of an incident that was merged into this one."""

    former: UUID


def add_mending_routes(app: FastAPI, pool: Pool, relay: Relay, routing: Callable[[], Routing]) -> None:
    """`routing` gives the one in service at the moment."""

    @asynccontextmanager
    async def mending() -> AsyncIterator[Connection]:
        """One transaction, whose refusals become problems."""
        try:
            async with pool.acquire() as connection, connection.transaction():
                yield connection
        except NotMembers as error:
            raise Problem(
                409,
                "有诉求不在这个事件中，未作任何改动。",
                "Some complaints are not in this incident; nothing was changed.",
                complaint_ids=[str(each) for each in error.complaint_ids],
            ) from None
        except Unknown as error:
            raise _unknown(complaint_ids=[str(each) for each in error.complaint_ids]) from None
        except NotMerged:
            raise Problem(
                409,
                "没有随该事件并入、此后未经人工调整的诉求，未作任何改动。",
                "Nothing is here only because that incident was merged into this one; nothing was changed.",
            ) from None
        relay.wake()

    @app.post("/v1/incidents/{incident_id}:remove", tags=["incidents"])
    async def remove(incident_id: UUID, removing: Removing, by: Mender) -> dict[str, Any]:
        """Take complaints out, all or none; they are not put back by themselves, and no decision or case changes."""
        await require_known(pool, incident_id, by)
        ids = tuple(dict.fromkeys(removing.complaint_ids))
        async with mending() as connection:
            wish = Wish(incident_id, ids, redact(removing.reason), by.subject)
            await take_out(connection, wish, datetime.now(UTC))
        return {"incident_id": incident_id, "removed": ids}

    @app.post("/v1/incidents/{incident_id}:join", tags=["incidents"])
    async def join(incident_id: UUID, joining: Joining, by: Mender) -> dict[str, Any]:
        """Put complaints in by hand, all or none; the id of a complaint that is alone makes an incident of it."""
        policy = routing().policy
        async with mending() as connection:
            named = await _ids_of(connection, joining.ticket_numbers)
            ids = tuple(dict.fromkeys((*joining.complaint_ids, *named)))
            if not 0 < len(ids) <= AT_ONCE:
                raise Problem(
                    422,
                    f"请写明1至{AT_ONCE}件诉求的编号。",
                    f"Name the ids or ticket numbers of 1 to {AT_ONCE} complaints.",
                )
            wish = Wish(incident_id, ids, redact(joining.reason), by.subject)
            await join_by_hand(connection, wish, policy, datetime.now(UTC))
        return await read_one(pool, incident_id, by, policy.name_of)

    @app.post("/v1/incidents/{incident_id}:split", tags=["incidents"])
    async def split(incident_id: UUID, splitting: Splitting, by: Mender) -> dict[str, Any]:
        """Undo a merging: what came with the incident `former` goes back to it, and the two are not merged again.

        Complaints of which a person has said something since stay where that person put them.
        """
        await require_known(pool, incident_id, by)
        async with mending() as connection:
            wish = Wish(incident_id, (), redact(splitting.reason), by.subject)
            number = await split_off(connection, wish, splitting.former, datetime.now(UTC))
        return {"incident_id": incident_id, "former": splitting.former, "complaints": number}


async def _ids_of(connection: Connection, tickets: tuple[str, ...]) -> list[UUID]:
    if not tickets:
        return []
    days = {day for ticket in tickets if (day := _day(ticket))}
    found = await find_by_ticket(connection, tickets, days)
    if missing := [ticket for ticket in tickets if ticket not in found]:
        raise _unknown(ticket_numbers=missing)
    return [found[ticket] for ticket in tickets]


def _day(ticket: str) -> datetime | None:
    """When the day began on which the complaint of this number was accepted; None where there is no such day."""
    try:
        day = date(int(ticket[:4]), int(ticket[4:6]), int(ticket[6:8]))
    except ValueError:
        return None
    return datetime.combine(day, time(), CHINA_TIME)


def _unknown(complaint_ids: Sequence[str] = (), ticket_numbers: Sequence[str] = ()) -> Problem:
    return Problem(
        404,
        "没有这样的诉求或者事件，未作任何改动。",
        "There is no such complaint or incident; nothing was changed.",
        complaint_ids=complaint_ids,
        ticket_numbers=ticket_numbers,
    )
