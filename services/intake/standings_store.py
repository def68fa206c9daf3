"""The SQL of where cases stand."""

from collections.abc import Sequence

from services.intake.standings import Stand
from shared.postgres import Connection

UPSERT_STANDINGS = """
INSERT INTO standings (complaint_id, holder, status, version, ended_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::timestamptz[])
ON CONFLICT (complaint_id) DO UPDATE
SET holder = excluded.holder, status = excluded.status, version = excluded.version, ended_at = excluded.ended_at
WHERE excluded.version >= standings.version
"""


async def upsert_standings(connection: Connection, stands: Sequence[Stand]) -> None:
    """Remember where these cases stand; what is older than what is known changes nothing."""
    if stands:
        await connection.execute(
            UPSERT_STANDINGS,
            [stand.complaint_id for stand in stands],
            [stand.holder for stand in stands],
            [stand.status for stand in stands],
            [stand.version for stand in stands],
            [stand.ended_at for stand in stands],
        )
