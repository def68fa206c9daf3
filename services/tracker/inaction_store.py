"""The SQL of suspected inaction: counting and listing it, the department's explanation and the verdict."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from services.tracker.verdicts import Standing, Suspected
from shared.language import DepartmentCode
from shared.postgres import Connection, Pool

# Where each stands: 'suspected' until somebody has judged it.
_LAST_VERDICT = """
LEFT JOIN LATERAL (
    SELECT verdict, reason, at FROM inaction_verdicts
    WHERE inaction_verdicts.inaction_id = inaction.inaction_id ORDER BY number DESC LIMIT 1
) AS last ON true
"""

# The names under which the summary counts each.
COUNTED_AS: Mapping[str, str] = {
    Standing.SUSPECTED: "inaction",
    Standing.CONFIRMED: "confirmed_inaction",
    Standing.DISMISSED: "dismissed_inaction",
}
COUNT_INACTION = """
SELECT department, kind, coalesce(verdict, 'suspected') AS standing, count(*) AS number
FROM inaction LEFT JOIN (
    SELECT DISTINCT ON (inaction_id) inaction_id, verdict FROM inaction_verdicts ORDER BY inaction_id, number DESC
) AS last USING (inaction_id)
GROUP BY 1, 2, 3
"""

_LISTED = f"""
SELECT
    inaction.inaction_id, inaction.complaint_id, ticket_number, inaction.department, inaction.kind,
    clock, inaction.due_at, suspected_at, evidence, coalesce(verdict, 'suspected') AS standing,
    last.reason AS verdict_reason, last.at AS judged_at, explained.text AS explanation, explained_at,
    explained.due_at AS explanation_due_at
FROM inaction JOIN cases USING (complaint_id)
LEFT JOIN inaction_explanations AS explained ON explained.inaction_id = inaction.inaction_id
{_LAST_VERDICT}
"""  # noqa: S608  # put together from constants
# One comparison, so that a page starts where the last one ended under every plan.
_FROM_THE_LAST_PAGE_ON = """
(suspected_at, inaction.inaction_id) < (
    CASE WHEN $1::uuid IS NULL THEN 'infinity' ELSE (SELECT suspected_at FROM inaction WHERE inaction_id = $1) END,
    coalesce($1, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
)
"""
_NEWEST_FIRST = "ORDER BY suspected_at DESC, inaction.inaction_id DESC LIMIT $2"
READ_INACTION = (
    _LISTED
    + "WHERE"
    + _FROM_THE_LAST_PAGE_ON
    + "AND ($3::text IS NULL OR coalesce(verdict, 'suspected') = $3)"
    + _NEWEST_FIRST
)
READ_INACTION_OF_DEPARTMENT = _LISTED + "WHERE inaction.department = $3 AND" + _FROM_THE_LAST_PAGE_ON + _NEWEST_FIRST
READ_ONE = _LISTED + "WHERE inaction.inaction_id = $1"

FIND_CASE = "SELECT complaint_id FROM inaction WHERE inaction_id = $1"
READ_SUSPECTED = f"""
SELECT
    inaction.inaction_id, complaint_id, department, suspected_at, coalesce(verdict, 'suspected') AS standing,
    EXISTS (
        SELECT FROM inaction_explanations WHERE inaction_explanations.inaction_id = inaction.inaction_id
    ) AS explained
FROM inaction {_LAST_VERDICT}
WHERE inaction.inaction_id = $1
"""  # noqa: S608  # put together from constants
INSERT_EXPLANATION = """
INSERT INTO inaction_explanations (inaction_id, text, due_at, explained_at) VALUES ($1, $2, $3, $4)
"""
INSERT_VERDICT = """
INSERT INTO inaction_verdicts (inaction_id, number, verdict, reason, at)
SELECT $1, count(*) + 1, $2, $3, $4 FROM inaction_verdicts WHERE inaction_id = $1
"""


async def find_case(connection: Connection, inaction_id: UUID) -> UUID | None:
    found: UUID | None = await connection.fetchval(FIND_CASE, inaction_id)
    return found


async def suspected(connection: Connection, inaction_id: UUID) -> Suspected | None:
    """As it stands; only certain while its case is locked."""
    row = await connection.fetchrow(READ_SUSPECTED, inaction_id)
    if row is None:
        return None
    return Suspected(row["department"], row["suspected_at"], Standing(row["standing"]), row["explained"])


async def insert_explanation(
    connection: Connection, inaction_id: UUID, text: str, due_at: datetime, at: datetime
) -> None:
    await connection.execute(INSERT_EXPLANATION, inaction_id, text, due_at, at)


async def insert_verdict(
    connection: Connection, inaction_id: UUID, verdict: Standing, reason: str, at: datetime
) -> None:
    await connection.execute(INSERT_VERDICT, inaction_id, verdict, reason, at)


async def read_inaction(pool: Pool, after: UUID | None, limit: int, standing: Standing | None) -> Sequence[Record]:
    """All inaction, or what stands so, newest first from `after` on."""
    return await pool.fetch(READ_INACTION, after, limit, standing)


async def read_inaction_of(pool: Pool, department: DepartmentCode, after: UUID | None, limit: int) -> Sequence[Record]:
    """A department's inaction, newest first from `after` on."""
    return await pool.fetch(READ_INACTION_OF_DEPARTMENT, after, limit, department)


async def read_one(pool: Pool, inaction_id: UUID) -> Record | None:
    return await pool.fetchrow(READ_ONE, inaction_id)
