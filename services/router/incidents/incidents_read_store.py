"""The SQL of incidents as people read and mend them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from asyncpg import Record

from shared.language import DepartmentCode
from shared.postgres import Connection, Pool

Order = Literal["size", "growth", "newest"]

# Open are those of which somebody told since $1; growth is what has come since $2. An incident holds either only
# complaints that accuse the same or only such as accuse nobody; $5 is never shown those that accuse it.
LIST_INCIDENTS = """
WITH open AS MATERIALIZED (
    SELECT DISTINCT incident_id FROM memberships WHERE in_force AND accepted_at >= $1 AND incident_id IS NOT NULL
),
counted AS (
    SELECT
        incident_id, count(*) AS complaints, count(*) FILTER (WHERE accepted_at >= $2) AS growth,
        min(accepted_at) AS first_at, max(accepted_at) AS newest_at
    FROM open JOIN memberships USING (incident_id)
    WHERE in_force
    GROUP BY incident_id
    HAVING count(*) >= $3
)
SELECT
    counted.*, placed.departments,
    (SELECT max(level) FROM hotspots WHERE hotspots.incident_id = counted.incident_id) AS level
FROM counted CROSS JOIN LATERAL (
    SELECT
        jsonb_object_agg(department, number) AS departments, bool_or(accused) AS accused,
        bool_or(department = $4) AS theirs
    FROM (
        SELECT department, count(*) AS number, bool_or(implicated ? $5 OR decisions.accused = $5) AS accused
        FROM memberships JOIN decisions USING (complaint_id)
        WHERE memberships.incident_id = counted.incident_id AND memberships.in_force AND decisions.in_force
        GROUP BY department
    ) AS each
) AS placed
WHERE ($4::text IS NULL OR theirs) AND NOT coalesce(accused, false)
ORDER BY CASE $6 WHEN 'size' THEN complaints WHEN 'growth' THEN growth END DESC NULLS LAST, newest_at DESC, incident_id
LIMIT $7 OFFSET $8
"""
READ_MEMBERS = """
SELECT
    memberships.complaint_id, memberships.accepted_at, said_at, said_by, because, resembles, score,
    decisions.department, decisions.matter, coalesce(implicated ? $2 OR decisions.accused = $2, false) AS accuses,
    event->>'ticket_number' AS ticket_number, event->>'channel' AS channel,
    CASE WHEN event->>'confidentiality' = 'named' THEN event->>'place' END AS place,
    CASE WHEN event->>'confidentiality' = 'named' THEN event->>'text' END AS text
FROM memberships LEFT JOIN decisions ON decisions.complaint_id = memberships.complaint_id AND decisions.in_force
LEFT JOIN complaints ON complaints.complaint_id = memberships.complaint_id
WHERE memberships.incident_id = $1 AND memberships.in_force
ORDER BY memberships.accepted_at, memberships.complaint_id LIMIT $3
"""
READ_HISTORY = """
SELECT complaint_id, version, incident_id, said_at, said_by, because, resembles, score FROM memberships
WHERE complaint_id IN (SELECT complaint_id FROM memberships WHERE incident_id = $1)
ORDER BY said_at, complaint_id, version LIMIT $2
"""
READ_LEVELS = "SELECT level, raised_at, complaints, told FROM hotspots WHERE incident_id = $1 ORDER BY level"
# What is needed to say something of complaints: those that are kept, with what is in force of them.
READ_STANDING = """
SELECT complaint_id, complaints.accepted_at, incident_id, coalesce(version, 0) AS version
FROM complaints LEFT JOIN (SELECT complaint_id, incident_id, version FROM memberships WHERE in_force) AS said
    USING (complaint_id)
WHERE complaint_id = ANY($1)
ORDER BY complaint_id
"""
# Of the incidents that a text may tell of: how many, and by whom they are handled. A clerk of a department ($2) is told
# of those only that the department has; nobody of those that accuse their own.
COUNT_SIMILAR = """
SELECT
    coalesce(incident_id, one) AS incident_id, count(*) AS complaints, max(complaints.accepted_at) AS newest_at,
    mode() WITHIN GROUP (ORDER BY department) AS department
FROM unnest($1::uuid[]) AS one
JOIN LATERAL (
    SELECT complaint_id, memberships.incident_id FROM memberships WHERE memberships.incident_id = one AND in_force
    UNION ALL
    SELECT one, NULL WHERE NOT EXISTS (SELECT FROM memberships WHERE complaint_id = one AND in_force)
) AS members ON true
JOIN complaints USING (complaint_id) JOIN decisions USING (complaint_id)
WHERE decisions.in_force
    AND ($2::text IS NULL OR (department = $2 AND NOT (implicated ? $2) AND decisions.accused IS DISTINCT FROM $2))
GROUP BY 1
"""


async def list_incidents(
    pool: Pool,
    open_since: datetime,
    grown_since: datetime,
    at_least: int,
    department: DepartmentCode | None,
    reader: DepartmentCode | None,
    order: Order,
    limit: int,
    offset: int,
) -> Sequence[Record]:
    return await pool.fetch(LIST_INCIDENTS, open_since, grown_since, at_least, department, reader, order, limit, offset)


async def read_members(
    pool: Pool, incident_id: UUID, reader: DepartmentCode | None, at_most: int
) -> list[dict[str, Any]]:
    """The oldest members; empty where there is no such incident. `reader` is the department of whoever asks."""
    return [dict(row) for row in await pool.fetch(READ_MEMBERS, incident_id, reader, at_most)]


async def read_history(pool: Pool, incident_id: UUID, at_most: int) -> list[dict[str, Any]]:
    """All that was ever said of complaints that are or were members, the oldest first."""
    return [dict(row) for row in await pool.fetch(READ_HISTORY, incident_id, at_most)]


async def read_levels(pool: Pool, incident_id: UUID) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch(READ_LEVELS, incident_id)]


async def read_standing(connection: Connection, complaint_ids: Sequence[UUID]) -> Sequence[Record]:
    return await connection.fetch(READ_STANDING, list(complaint_ids))


async def count_similar(pool: Pool, incident_ids: Sequence[UUID], reader: DepartmentCode | None) -> Sequence[Record]:
    return await pool.fetch(COUNT_SIMILAR, list(incident_ids), reader)
