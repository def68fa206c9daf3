"""The SQL of incidents as people read and mend them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from asyncpg import Record

from shared.language import DepartmentCode
from shared.postgres import Connection, Pool

Order = Literal["size", "growth", "newest"]

# Open are those of which somebody told since $1; growth is what has come since $2. An incident holds either only
# complaints that accuse the same or only such as accuse nobody; $5 is never shown those that accuse it. They are
# ranked before anything else is asked of them, so who has them is looked up for a page of them and not for all. The
# places are those that most of the newest name, of what may be shown.
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
),
listed AS (
    SELECT ranked.*, placed.departments
    FROM (
        SELECT
            counted.*,
            row_number() OVER (
                ORDER BY CASE $6 WHEN 'size' THEN complaints WHEN 'growth' THEN growth END DESC NULLS LAST,
                    newest_at DESC, incident_id
            ) AS place
        FROM counted ORDER BY place
    ) AS ranked
    CROSS JOIN LATERAL (
        SELECT
            jsonb_object_agg(department, number) AS departments, bool_or(accused) AS accused,
            bool_or(department = $4) AS theirs
        FROM (
            SELECT department, count(*) AS number, bool_or(implicated ? $5 OR decisions.accused = $5) AS accused
            FROM memberships JOIN decisions USING (complaint_id)
            WHERE memberships.incident_id = ranked.incident_id AND memberships.in_force AND decisions.in_force
            GROUP BY department
        ) AS each
    ) AS placed
    WHERE ($4::text IS NULL OR theirs) AND NOT coalesce(accused, false)
    ORDER BY place LIMIT $7 OFFSET $8
)
SELECT
    listed.*,
    (SELECT max(level) FROM hotspots WHERE hotspots.incident_id = listed.incident_id) AS level,
    ARRAY(
        SELECT named FROM (
            SELECT CASE WHEN event->>'confidentiality' = 'named' THEN event->>'place' END AS named
            FROM memberships JOIN complaints USING (complaint_id)
            WHERE incident_id = listed.incident_id AND in_force
            ORDER BY memberships.accepted_at DESC LIMIT 100
        ) AS newest
        WHERE named IS NOT NULL
        GROUP BY named ORDER BY count(*) DESC, named LIMIT 3
    ) AS places
FROM listed ORDER BY place
"""
READ_INCIDENT = """
SELECT
    count(*) AS complaints, min(memberships.accepted_at) AS first_at, max(memberships.accepted_at) AS newest_at,
    coalesce(bool_or(implicated ? $2 OR decisions.accused = $2), false) AS accuses
FROM memberships LEFT JOIN decisions ON decisions.complaint_id = memberships.complaint_id AND decisions.in_force
WHERE memberships.incident_id = $1 AND memberships.in_force
"""
# From where the page before ended, even if somebody has taken its last complaint out since.
READ_MEMBERS = """
SELECT
    memberships.complaint_id, memberships.accepted_at, said_at, said_by, because, resembles, score,
    decisions.department, decisions.matter,
    event->>'ticket_number' AS ticket_number, event->>'channel' AS channel,
    CASE WHEN event->>'confidentiality' = 'named' THEN event->>'place' END AS place,
    CASE WHEN event->>'confidentiality' = 'named' THEN event->>'text' END AS text
FROM memberships LEFT JOIN decisions ON decisions.complaint_id = memberships.complaint_id AND decisions.in_force
LEFT JOIN complaints ON complaints.complaint_id = memberships.complaint_id
WHERE memberships.incident_id = $1 AND memberships.in_force
    AND (memberships.accepted_at, memberships.complaint_id) > (
        coalesce((SELECT accepted_at FROM memberships WHERE complaint_id = $2 LIMIT 1), '-infinity'),
        coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY memberships.accepted_at, memberships.complaint_id LIMIT $3
"""
# What was said at once for one reason is one line; of those that came by likeness each has a reason of its own, which
# stands with the complaint. An instant is never cut in two by a page.
READ_HISTORY = """
WITH ever AS MATERIALIZED (
    SELECT complaint_id FROM memberships WHERE incident_id = $1 AND in_force
    UNION
    SELECT complaint_id FROM memberships WHERE incident_id = $1 AND NOT in_force
),
lines AS (
    SELECT
        said_at, said_by, memberships.incident_id, CASE WHEN resembles IS NULL THEN because END AS because,
        count(*) AS complaints, (array_agg(complaint_id ORDER BY complaint_id))[:$4] AS complaint_ids
    FROM ever JOIN memberships USING (complaint_id)
    WHERE said_at < coalesce($2::timestamptz, 'infinity')
    GROUP BY 1, 2, 3, 4 ORDER BY said_at DESC FETCH FIRST ($3) ROWS WITH TIES
)
SELECT
    lines.*,
    ARRAY(
        SELECT event->>'ticket_number' FROM unnest(complaint_ids) WITH ORDINALITY AS each (complaint_id, place)
        JOIN complaints USING (complaint_id) ORDER BY place
    ) AS ticket_numbers
FROM lines ORDER BY said_at DESC, incident_id, because
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
# A ticket number begins with the day on which its complaint was accepted, so no index of numbers is needed.
FIND_BY_TICKET = """
SELECT complaint_id, event->>'ticket_number' AS ticket_number
FROM unnest($1::timestamptz[]) AS day
JOIN complaints ON accepted_at >= day AND accepted_at < day + interval '24 hours'
WHERE event->>'ticket_number' = ANY($2)
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


async def read_incident(pool: Pool, incident_id: UUID, reader: DepartmentCode | None) -> Record | None:
    """How many complaints tell of it and since when; None where there is no such incident for `reader`'s department."""
    row = await pool.fetchrow(READ_INCIDENT, incident_id, reader)
    return row if row and row["complaints"] and not row["accuses"] else None


async def read_members(pool: Pool, incident_id: UUID, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """The members, the oldest first."""
    return [dict(row) for row in await pool.fetch(READ_MEMBERS, incident_id, after, limit)]


async def read_history(
    pool: Pool, incident_id: UUID, before: datetime | None, limit: int, ids_of_each: int
) -> list[dict[str, Any]]:
    """What was said of complaints that are or were members, the newest first, with so many ids of each saying."""
    return [dict(row) for row in await pool.fetch(READ_HISTORY, incident_id, before, limit, ids_of_each)]


async def find_by_ticket(
    connection: Connection, tickets: Collection[str], days: Collection[datetime]
) -> dict[str, UUID]:
    """Those of the tickets that there are; each was accepted within 24 hours from one of `days` on."""
    rows = await connection.fetch(FIND_BY_TICKET, list(days), list(tickets))
    return {row["ticket_number"]: row["complaint_id"] for row in rows}


async def read_levels(pool: Pool, incident_id: UUID) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch(READ_LEVELS, incident_id)]


async def read_standing(connection: Connection, complaint_ids: Sequence[UUID]) -> Sequence[Record]:
    return await connection.fetch(READ_STANDING, list(complaint_ids))


async def count_similar(pool: Pool, incident_ids: Sequence[UUID], reader: DepartmentCode | None) -> Sequence[Record]:
    return await pool.fetch(COUNT_SIMILAR, list(incident_ids), reader)
