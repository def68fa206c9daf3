"""The router's SQL of where cases stand."""

from collections.abc import Sequence

from shared.events import CaseEvent
from shared.postgres import Connection

UPSERT_STANDINGS = """
INSERT INTO standings (complaint_id, department, status, version)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[])
ON CONFLICT (complaint_id) DO UPDATE
SET department = excluded.department, status = excluded.status, version = excluded.version
WHERE excluded.version >= standings.version
"""


async def upsert_standings(connection: Connection, events: Sequence[CaseEvent]) -> None:
    """Remember where these cases stand; what is older than what is known changes nothing."""
    if events:
        await connection.execute(
            UPSERT_STANDINGS,
            [event.complaint_id for event in events],
            [event.department for event in events],
            [event.status for event in events],
            [event.version for event in events],
        )
