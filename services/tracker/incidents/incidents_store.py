"""The SQL of incidents (同一事件) as the tracker knows them: which cases tell of one, and how many did in a month."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from services.tracker.lifecycle import ANSWERABLE
from services.tracker.store import CASE
from shared.language import CaseStatus, DepartmentCode
from shared.postgres import Connection, Pool

FOLLOW = """
INSERT INTO case_incidents (complaint_id, incident_id, version)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[])
ON CONFLICT (complaint_id) DO UPDATE SET incident_id = excluded.incident_id, version = excluded.version
WHERE case_incidents.version < excluded.version
"""
FIND_ANSWERABLE = """
SELECT complaint_id FROM case_incidents JOIN cases USING (complaint_id)
WHERE incident_id = $1 AND department = $2 AND NOT in_transit AND status = ANY($3)
ORDER BY complaint_id LIMIT $4
"""
FIND_OWN = """
SELECT complaint_id, ticket_number FROM case_incidents JOIN cases USING (complaint_id)
WHERE incident_id = $1 AND department = $2 AND NOT in_transit AND complaint_id = ANY($3)
"""
# Those that the department has, all of them where none is named.
_OF_INCIDENT = """
FROM case_incidents JOIN cases USING (complaint_id)
WHERE incident_id = $1 AND ($2::text IS NULL OR (department = $2 AND NOT in_transit))
"""
COUNT_STATUSES = f"SELECT status, count(*) AS cases {_OF_INCIDENT} GROUP BY status ORDER BY status"
READ_CASES = f"""
{CASE}
WHERE complaint_id = ANY(ARRAY(
    SELECT complaint_id {_OF_INCIDENT}
        AND ($3::text IS NULL OR status = $3)
        AND complaint_id > coalesce($4::uuid, '00000000-0000-0000-0000-000000000000')
    ORDER BY complaint_id LIMIT $5
))
ORDER BY complaint_id
"""

# The cases that were opened from $1 on and before $2 and tell of an incident; counted and listed from here alone.
_OPENED = """
FROM cases JOIN case_incidents USING (complaint_id)
WHERE opened_at >= $1 AND opened_at < $2 AND incident_id IS NOT NULL
"""
# An incident of which one alone told in the month is none of the month's.
COUNT_OPENED = f"""
SELECT
    incident_id, count(*) AS received, mode() WITHIN GROUP (ORDER BY department) AS department,
    mode() WITHIN GROUP (ORDER BY matter) AS matter, mode() WITHIN GROUP (ORDER BY place) AS place,
    max(opened_at) AS newest_at
{_OPENED}
GROUP BY incident_id HAVING count(*) > 1
ORDER BY count(*) DESC, incident_id LIMIT $3
"""
LIST_OPENED = f"""
SELECT opened_at AS at, complaint_id, ticket_number, department, channel, kind, matter, status
{_OPENED}
    AND incident_id = $3 AND complaint_id > coalesce($4::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY complaint_id LIMIT $5
"""


class Said(NamedTuple):
    """The router says that a complaint tells of an incident, or of none any more."""

    complaint_id: UUID
    incident_id: UUID | None
    version: int


async def follow(connection: Connection, said: Sequence[Said]) -> None:
    """Keep the newest saying of each complaint."""
    # In one order, so that two transactions that share complaints never wait for each other in turn.
    newest = sorted({one.complaint_id: one for one in sorted(said, key=lambda one: one.version)}.values())
    if newest:
        await connection.execute(FOLLOW, *map(list, zip(*newest, strict=True)))


async def answerable(connection: Connection, incident_id: UUID, department: DepartmentCode, limit: int) -> list[UUID]:
    """The department's cases of an incident that it may reply to, in the order of their ids."""
    rows = await connection.fetch(FIND_ANSWERABLE, incident_id, department, list(ANSWERABLE), limit)
    return [row["complaint_id"] for row in rows]


async def own(
    connection: Connection, incident_id: UUID, department: DepartmentCode, complaint_ids: Sequence[UUID]
) -> Mapping[UUID, str]:
    """Those that are the department's and of the incident, whatever became of them, with their ticket numbers."""
    rows = await connection.fetch(FIND_OWN, incident_id, department, complaint_ids)
    return {row["complaint_id"]: row["ticket_number"] for row in rows}


async def count_statuses(
    connection: "Connection | Pool", incident_id: UUID, department: DepartmentCode | None
) -> Mapping[CaseStatus, int]:
    """How many cases of an incident stand where; of one department where it is named."""
    rows = await connection.fetch(COUNT_STATUSES, incident_id, department)
    return {CaseStatus(row["status"]): row["cases"] for row in rows}


async def read_cases(
    pool: Pool,
    incident_id: UUID,
    department: DepartmentCode | None,
    status: CaseStatus | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Record]:
    """The cases of an incident, of one department or one status where it is named."""
    return await pool.fetch(READ_CASES, incident_id, department, status, after, limit)


async def count_opened(connection: "Connection | Pool", start: datetime, end: datetime, limit: int) -> Sequence[Record]:
    """The incidents of which most cases were opened in the time."""
    return await connection.fetch(COUNT_OPENED, start, end, limit)


async def list_opened(
    pool: Pool, start: datetime, end: datetime, incident_id: UUID, after: UUID | None, limit: int
) -> Sequence[Record]:
    """The cases that `count_opened` counts for an incident."""
    return await pool.fetch(LIST_OPENED, start, end, incident_id, after, limit)
