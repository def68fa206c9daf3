"""The router's SQL for replaying the complaints that it has decided."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import orjson

from services.router.policies.dry_run import Replayed, in_order
from shared.events import ComplaintReceived
from shared.language import DecisionSource
from shared.postgres import Connection, Pool

REPLAY = """
SELECT kept.accepted_at, kept.complaint_id, kept.event, first.department, first.source, first.co_handlers,
    first.accused, first.implicated,
    (
        SELECT department FROM decisions
        WHERE complaint_id = kept.complaint_id AND in_force AND placed_by IS NOT NULL
    ) AS by_people
FROM (
    SELECT accepted_at, complaint_id, event FROM complaints
    WHERE (accepted_at, complaint_id) > ($1, $2)
    ORDER BY accepted_at, complaint_id LIMIT $3
) AS kept
CROSS JOIN LATERAL (
    -- The limit keeps the planner from reading all decisions for one batch.
    SELECT department, source, co_handlers, accused, implicated FROM decisions
    WHERE complaint_id = kept.complaint_id AND hop = 1 LIMIT 1
) AS first
ORDER BY kept.accepted_at, kept.complaint_id
"""

BATCH = 500
_LOWEST = UUID(int=0)


async def replayed(connection: "Connection | Pool", since: datetime) -> AsyncIterator[list[Replayed]]:
    """Batches of what was accepted since then, in that order; one batch is in memory at a time."""
    reached, last = since, _LOWEST
    while rows := await connection.fetch(REPLAY, reached, last, BATCH):
        yield [
            Replayed(
                ComplaintReceived.model_validate_json(row["event"]),
                row["department"],
                DecisionSource(row["source"]),
                row["by_people"],
                in_order(orjson.loads(row["co_handlers"])),
                # Of the oldest decisions only the first accused was kept.
                in_order({*orjson.loads(row["implicated"]), *([row["accused"]] if row["accused"] else [])}),
            )
            for row in rows
        ]
        reached, last = rows[-1]["accepted_at"], rows[-1]["complaint_id"]
