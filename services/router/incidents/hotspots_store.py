"""The SQL of hot spots (热点): how often an incident was told of, which level that is, and who has it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.language import DepartmentCode
from shared.postgres import Connection

# Those within reach of the complaints that have just come; of an incident at the highest level nothing is left to tell.
# One incident after the other (OFFSET 0): together, the planner would read the members of all.
READ_TIMES = """
WITH growing AS MATERIALIZED (
    SELECT incident_id FROM unnest($1::uuid[]) AS touched (incident_id)
    WHERE NOT EXISTS (SELECT FROM hotspots WHERE hotspots.incident_id = touched.incident_id AND level = $4)
)
SELECT incident_id, array_agg(accepted_at) AS times FROM growing CROSS JOIN LATERAL (
    SELECT accepted_at FROM memberships
    WHERE in_force AND memberships.incident_id = growing.incident_id AND accepted_at >= $2 AND accepted_at <= $3
    OFFSET 0
) AS members
GROUP BY incident_id
"""
RAISE = """
INSERT INTO hotspots (incident_id, level, raised_at, complaints)
SELECT incident_id, level, raised_at, complaints
FROM unnest($1::uuid[], $2::smallint[], $3::timestamptz[], $4::integer[])
    AS reached (incident_id, level, raised_at, complaints)
ON CONFLICT DO NOTHING
RETURNING incident_id, level
"""
# Who has most of an incident's complaints, and where it is.
READ_LEADS = """
SELECT
    incident_id,
    mode() WITHIN GROUP (ORDER BY department) AS department,
    (array_agg(memberships.complaint_id ORDER BY accepted_at DESC))[1] AS newest,
    mode() WITHIN GROUP (ORDER BY towns) AS towns, mode() WITHIN GROUP (ORDER BY names) AS names
FROM memberships JOIN decisions USING (complaint_id) LEFT JOIN fingerprints USING (complaint_id)
WHERE incident_id = ANY($1) AND memberships.in_force AND decisions.in_force
GROUP BY incident_id
"""


@dataclass(frozen=True, slots=True)
class Lead:
    """Who has most of an incident's complaints, its newest complaint, and the places that most of them name."""

    department: DepartmentCode
    newest: UUID
    places: tuple[str, ...]


async def read_times(
    connection: Connection, incident_ids: Collection[UUID], since: datetime, until: datetime, *, top: int
) -> Mapping[UUID, Sequence[datetime]]:
    """When the complaints of each incident came in between the two instants; without those told of at level `top`."""
    rows = await connection.fetch(READ_TIMES, list(incident_ids), since, until, top)
    return {row["incident_id"]: row["times"] for row in rows}


async def raise_levels(
    connection: Connection, reached: Sequence[tuple[UUID, int, int]], now: datetime
) -> Sequence[tuple[UUID, int]]:
    """Write down which incident reached which level with how many complaints; what is new of it."""
    rows = await connection.fetch(
        RAISE,
        [incident_id for incident_id, _, _ in reached],
        [level for _, level, _ in reached],
        [now for _ in reached],
        [complaints for _, _, complaints in reached],
    )
    return [(row["incident_id"], row["level"]) for row in rows]


async def read_leads(connection: Connection, incident_ids: Collection[UUID]) -> Mapping[UUID, Lead]:
    return {
        row["incident_id"]: Lead(
            row["department"], row["newest"], tuple(f"{row['towns'] or ''} {row['names'] or ''}".split())
        )
        for row in await connection.fetch(READ_LEADS, list(incident_ids))
    }
