"""SQL of what was submitted by Open311."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from asyncpg import Record

from services.intake.open311.open311 import MOST_REQUESTS, PublicRequest, Wanted
from shared.events import CaseEvent, CaseReturnGranted
from shared.language import CaseStatus
from shared.postgres import Connection, Pool

if TYPE_CHECKING:
    pass

# Of each case the newest event of the batch, and only where it is newer than what is known.
FOLLOW_CASES = """
UPDATE open311_requests AS request
SET closed = newest.closed, department = newest.department, updated_at = newest.at, version = newest.version
FROM (
    SELECT DISTINCT ON (complaint_id) *
    FROM unnest($1::uuid[], $2::int[], $3::boolean[], $4::text[], $5::timestamptz[])
        AS event (complaint_id, version, closed, department, at)
    ORDER BY complaint_id, version DESC
) AS newest
WHERE request.complaint_id = newest.complaint_id AND request.version < newest.version
"""

# One walk along an index for each status and service, none of them longer than a page.
READ_REQUESTS = """
SELECT ticket_number, place, page.* FROM (
    SELECT found.* FROM unnest($1::boolean[]) AS wanted (closed)
    CROSS JOIN LATERAL (
        SELECT * FROM open311_requests AS request
        WHERE request.closed = wanted.closed AND requested_at BETWEEN $2 AND $3
        ORDER BY requested_at DESC, complaint_id DESC LIMIT $4
    ) AS found
    ORDER BY requested_at DESC, complaint_id DESC LIMIT $4
) AS page
JOIN complaints USING (complaint_id)
ORDER BY requested_at DESC, complaint_id DESC
"""

READ_REQUESTS_OF_SERVICES = """
SELECT ticket_number, place, page.* FROM (
    SELECT found.* FROM unnest($1::boolean[]) AS wanted (closed)
    CROSS JOIN unnest($5::text[]) AS service (code)
    CROSS JOIN LATERAL (
        SELECT * FROM open311_requests AS request
        WHERE service_code = service.code AND request.closed = wanted.closed AND requested_at BETWEEN $2 AND $3
        ORDER BY requested_at DESC, complaint_id DESC LIMIT $4
    ) AS found
    ORDER BY requested_at DESC, complaint_id DESC LIMIT $4
) AS page
JOIN complaints USING (complaint_id)
ORDER BY requested_at DESC, complaint_id DESC
"""

FIND_REQUESTS = """
SELECT ticket_number, place, open311_requests.*
FROM complaints JOIN open311_requests USING (complaint_id)
WHERE ticket_number = ANY($1::text[])
ORDER BY requested_at DESC, complaint_id DESC
"""

IS_KNOWN = "SELECT EXISTS (SELECT FROM complaints WHERE channel = 'web_portal' AND external_id = $1)"


_CLOSED = frozenset({CaseStatus.CLOSED, CaseStatus.DECLINED})


async def follow_cases(connection: Connection, events: Sequence[CaseEvent]) -> None:
    """Remember where the cases stand; asked again, or with what came before, it changes nothing."""
    await connection.execute(
        FOLLOW_CASES,
        [event.complaint_id for event in events],
        [event.version for event in events],
        [event.status in _CLOSED for event in events],
        [None if isinstance(event, CaseReturnGranted) else event.department for event in events],
        [event.at for event in events],
    )


async def read_requests(pool: Pool, wanted: Wanted) -> list[PublicRequest]:
    """The newest first, as many as the specification lets be answered at once."""
    asked = (list(wanted.closed), wanted.start, wanted.end, MOST_REQUESTS)
    if wanted.services:
        rows = await pool.fetch(READ_REQUESTS_OF_SERVICES, *asked, list(wanted.services))
    else:
        rows = await pool.fetch(READ_REQUESTS, *asked)
    return [_public(row) for row in rows]


async def find_requests(pool: Pool, ticket_numbers: Sequence[str]) -> list[PublicRequest]:
    """Those of these tickets that came by Open311."""
    return [_public(row) for row in await pool.fetch(FIND_REQUESTS, ticket_numbers)]


async def is_known(pool: Pool, external_id: str) -> bool:
    known: bool = await pool.fetchval(IS_KNOWN, external_id)
    return known


def _public(row: Record) -> PublicRequest:
    requested: datetime = row["requested_at"]
    return PublicRequest(
        ticket_number=row["ticket_number"],
        service_code=row["service_code"],
        requested_at=requested,
        updated_at=row["updated_at"],
        closed=row["closed"],
        place=row["place"],
        department=row["department"],
    )
