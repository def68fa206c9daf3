"""The SQL of incidents that were merged and are parted again by a person."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from shared.postgres import Connection, Pool

# The complaints that came here by merging alone: since each was in the former incident nobody has said anything of it.
_CAME = """
WITH here AS MATERIALIZED (
    SELECT complaint_id, version, accepted_at, said_at FROM memberships WHERE incident_id = $1 AND in_force
),
came AS (
    SELECT DISTINCT complaint_id, here.version, here.accepted_at, here.said_at, before.incident_id AS former
    FROM here JOIN memberships AS before USING (complaint_id)
    WHERE before.incident_id <> $1 AND NOT EXISTS (
        SELECT FROM memberships AS since
        WHERE since.complaint_id = here.complaint_id AND since.version > before.version AND since.said_by IS NOT NULL
    )
)
"""
# Each with the words of the complaint that opened it, where they may be shown.
READ_FORMER = f"""
{_CAME}
SELECT
    former AS incident_id, complaints, merged_at, event->>'ticket_number' AS ticket_number,
    CASE WHEN event->>'confidentiality' = 'named' THEN event->>'text' END AS text
FROM (SELECT former, count(*) AS complaints, min(said_at) AS merged_at FROM came GROUP BY former) AS each
LEFT JOIN complaints ON complaint_id = former
ORDER BY merged_at DESC, former
"""  # noqa: S608  # both parts are ours
CAME_WITH = f"{_CAME} SELECT complaint_id, version, accepted_at FROM came WHERE former = $2"  # noqa: S608  # likewise
KEEP_APART = """
INSERT INTO kept_apart (one, other, said_at, said_by, because)
SELECT one, other, $3, $4, $5 FROM (VALUES ($1::uuid, $2::uuid), ($2, $1)) AS pairs (one, other)
ON CONFLICT DO NOTHING
"""
READ_APART = "SELECT one, other FROM kept_apart WHERE one = ANY($1) AND other = ANY($1)"
# What is merged at the same time has its new id on the other side as well.
TAKE_OVER_APART = """
WITH merged AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS m (gone, stays)),
taken_over AS (
    SELECT merged.stays AS one, coalesce(too.stays, other) AS other, said_at, said_by, because
    FROM merged JOIN kept_apart ON kept_apart.one = merged.gone LEFT JOIN merged AS too ON too.gone = kept_apart.other
)
INSERT INTO kept_apart (one, other, said_at, said_by, because)
SELECT * FROM taken_over UNION SELECT other, one, said_at, said_by, because FROM taken_over
ON CONFLICT DO NOTHING
"""


async def read_former(pool: Pool, incident_id: UUID) -> Sequence[Record]:
    """The incidents that were merged into this one, the latest first, and how many complaints would go back to each."""
    return await pool.fetch(READ_FORMER, incident_id)


async def came_with(connection: Connection, incident_id: UUID, former: UUID) -> Sequence[Record]:
    """The complaints that the merging of `former` brought here, as they stand."""
    return await connection.fetch(CAME_WITH, incident_id, former)


async def keep_apart(connection: Connection, one: UUID, other: UUID, now: datetime, by: str, because: str) -> None:
    await connection.execute(KEEP_APART, one, other, now, by, because)


async def read_apart(connection: Connection, incident_ids: Collection[UUID]) -> set[frozenset[UUID]]:
    """Which of these are to be kept apart."""
    rows = await connection.fetch(READ_APART, list(incident_ids))
    return {frozenset((row["one"], row["other"])) for row in rows}


async def take_over_apart(connection: Connection, merged: Mapping[UUID, UUID]) -> None:
    """Let the incidents that stay be kept apart from whatever those that go were."""
    await connection.execute(TAKE_OVER_APART, list(merged), list(merged.values()))
