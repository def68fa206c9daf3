"""The router's SQL for the desks that place complaints by hand: what lies with them, and what is done with."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import orjson

from services.router.desks.standings import STANDS_STILL
from shared.language import DepartmentCode
from shared.postgres import Connection, Pool

READ_DESK = """
SELECT decision_id, complaint_id, source, matter, accused, reason, evidence, hop, returns, tried, implicated,
    decided_at, event
FROM decisions JOIN complaints USING (complaint_id)
WHERE department = $1 AND in_force AND NOT closed
    AND coalesce((SELECT status FROM standings WHERE standings.complaint_id = decisions.complaint_id), '') <> ALL($4)
    AND (turn, complaint_id) > (
        coalesce((SELECT turn FROM decisions WHERE complaint_id = $2 AND in_force), -1::smallint),
        coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY turn, complaint_id LIMIT $3
"""
CLOSE_DECISIONS = "UPDATE decisions SET closed = true WHERE complaint_id = ANY($1) AND in_force AND NOT closed"

_OF_THE_COMPLAINT = ("ticket_number", "channel", "kind", "urgency", "title", "text", "place", "accepted_at")


async def read_desk(pool: Pool, desk: DepartmentCode, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """The open complaints that lie with `desk`, urgent ones first, then the oldest, each with its decision."""
    return [_shown(dict(row)) for row in await pool.fetch(READ_DESK, desk, after, limit, list(STANDS_STILL))]


async def close_decisions(connection: Connection, complaint_ids: Collection[UUID]) -> None:
    """Note that nobody has to place these complaints any more."""
    await connection.execute(CLOSE_DECISIONS, list(complaint_ids))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    event, evidence = orjson.loads(row.pop("event")), orjson.loads(row.pop("evidence"))
    lists = {name: orjson.loads(row[name]) for name in ("tried", "implicated")}
    # Of decisions from before these were kept there is nothing to show.
    absent: dict[str, Any] = {"held_for": None, "legal_basis": []}
    return {**row, **lists, **absent, **evidence, **{name: event.get(name) for name in _OF_THE_COMPLAINT}}
