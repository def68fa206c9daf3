"""The SQL of suspicions that nobody has judged: who is to be asked, until when they may explain, how many there are."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from shared.language import DepartmentCode
from shared.postgres import Connection, Pool

# Not while timers are due: what a deadline's end brings about comes first, and asking waits for nothing but its turn.
# The cases are locked too, for that a department is asked goes into their records; one that somebody is moving is left
# for the next time.
CLAIM_UNASKED = """
SELECT inaction_id, complaint_id, inaction.department, suspected_at
FROM inaction_open JOIN inaction USING (inaction_id) JOIN cases USING (complaint_id)
WHERE explain_by IS NULL AND NOT EXISTS (SELECT FROM timers WHERE fires_at <= present())
ORDER BY inaction_id LIMIT $1
FOR NO KEY UPDATE OF cases SKIP LOCKED FOR UPDATE OF inaction_open SKIP LOCKED
"""
ASKED = """
UPDATE inaction_open SET explain_by = due_at
FROM unnest($1::uuid[], $2::timestamptz[]) AS asked (inaction_id, due_at)
WHERE inaction_open.inaction_id = asked.inaction_id
"""
EXPLAINED = """
UPDATE inaction_open SET explained = true, explain_by = coalesce(explain_by, $2) WHERE inaction_id = $1
"""
JUDGED = "DELETE FROM inaction_open WHERE inaction_id = $1"

# A timer that is due stays, as when any clock is stopped.
STOP_EXPLANATION = """
WITH quiet AS (DELETE FROM timers WHERE deadline_id = $1 AND fires_at > $3)
INSERT INTO outcomes (deadline_id, outcome, at)
SELECT deadline_id, $2, $3 FROM deadlines WHERE deadline_id = $1 AND NOT EXISTS (
    SELECT FROM outcomes WHERE outcomes.deadline_id = $1 AND outcome IN ('met', 'ended')
)
ON CONFLICT DO NOTHING
"""

# What each waits for: the department's word while its term runs, then a verdict.
COUNT_OPEN = """
SELECT
    department, kind, CASE WHEN explained OR explain_by <= present() THEN 'verdict' ELSE 'explanation' END AS awaits,
    count(*) AS number
FROM inaction_open GROUP BY 1, 2, 3
"""


class Unasked(NamedTuple):
    inaction_id: UUID
    complaint_id: UUID
    department: DepartmentCode
    suspected_at: datetime


async def claim_unasked(connection: Connection, at_most: int) -> Sequence[Unasked]:
    """Suspicions whose department is still to be asked; they and their cases stay locked."""
    rows = await connection.fetch(CLAIM_UNASKED, at_most)
    # Plain ids, for asyncpg's own are none that is written as JSON.
    return [
        Unasked(
            UUID(bytes=row["inaction_id"].bytes),
            UUID(bytes=row["complaint_id"].bytes),
            row["department"],
            row["suspected_at"],
        )
        for row in rows
    ]


async def asked(connection: Connection, terms: Sequence[tuple[UUID, datetime]]) -> None:
    await connection.execute(ASKED, [one for one, _ in terms], [due_at for _, due_at in terms])


async def explained(connection: Connection, inaction_id: UUID, due_at: datetime, at: datetime) -> None:
    """It awaits a verdict from now on, and its deadline is met; nobody is asked for what is said already."""
    await connection.execute(EXPLAINED, inaction_id, due_at)
    await connection.execute(STOP_EXPLANATION, inaction_id, "met", at)


async def judged(connection: Connection, inaction_id: UUID, at: datetime) -> None:
    """It is open no more; a deadline that still runs ends."""
    await connection.execute(JUDGED, inaction_id)
    await connection.execute(STOP_EXPLANATION, inaction_id, "ended", at)


async def count_open(pool: "Pool | Connection") -> Sequence[Record]:
    return await pool.fetch(COUNT_OPEN)
