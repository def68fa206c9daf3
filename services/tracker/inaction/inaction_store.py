"""The SQL of suspected inaction: counting and listing it, the department's explanation and the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from services.tracker.inaction.verdicts import Awaits, Standing, Suspected
from shared.language import DepartmentCode, InactionKind
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
# What nobody has judged, from the table of it alone, and what somebody has.
COUNT_INACTION = """
SELECT department, kind, 'suspected' AS standing, count(*) AS number FROM inaction_open GROUP BY 1, 2
UNION ALL
SELECT department, kind, verdict, count(*)
FROM (
    SELECT DISTINCT ON (inaction_id) inaction_id, verdict FROM inaction_verdicts ORDER BY inaction_id, number DESC
) AS last JOIN inaction USING (inaction_id)
GROUP BY 1, 2, 3
"""

# What one that nobody has judged waits for.
_AWAITS = """
CASE
    WHEN verdict IS NOT NULL THEN NULL
    WHEN explained_at IS NOT NULL OR asked.due_at <= present() THEN 'verdict'
    ELSE 'explanation'
END
"""
_LISTED = f"""
SELECT
    inaction.inaction_id, inaction.complaint_id, ticket_number, inaction.department, inaction.kind,
    inaction.clock, inaction.due_at, suspected_at, evidence, coalesce(verdict, 'suspected') AS standing,
    last.reason AS verdict_reason, last.at AS judged_at, explained.text AS explanation, explained_at,
    coalesce(explained.due_at, asked.due_at) AS explanation_due_at, (
        SELECT at FROM outcomes WHERE outcomes.deadline_id = inaction.inaction_id AND outcome = 'missed'
    ) AS explanation_missed_at,
    {_AWAITS} AS awaits
FROM inaction JOIN cases USING (complaint_id)
LEFT JOIN inaction_explanations AS explained ON explained.inaction_id = inaction.inaction_id
LEFT JOIN deadlines AS asked ON asked.deadline_id = inaction.inaction_id
{_LAST_VERDICT}
"""  # noqa: S608  # put together from constants
# One comparison, so that a page starts where the last one ended under every plan.
_FROM_THE_LAST_PAGE_ON = """
(suspected_at, inaction.inaction_id) < (
    CASE WHEN $1::uuid IS NULL THEN 'infinity' ELSE (SELECT suspected_at FROM inaction WHERE inaction_id = $1) END,
    coalesce($1, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
)
"""
_SOUGHT = f"""
AND ($3::text IS NULL OR coalesce(verdict, 'suspected') = $3) AND ($4::text IS NULL OR {_AWAITS} = $4)
AND ($5::text IS NULL OR inaction.kind = $5)
"""
_NEWEST_FIRST = "ORDER BY suspected_at DESC, inaction.inaction_id DESC LIMIT $2"
READ_INACTION = _LISTED + "WHERE" + _FROM_THE_LAST_PAGE_ON + _SOUGHT + _NEWEST_FIRST
READ_INACTION_OF_DEPARTMENT = (
    _LISTED + "WHERE inaction.department = $6 AND" + _FROM_THE_LAST_PAGE_ON + _SOUGHT + _NEWEST_FIRST
)
READ_ONE = _LISTED + "WHERE inaction.inaction_id = $1"

FIND_CASE = "SELECT complaint_id FROM inaction WHERE inaction_id = $1"
READ_SUSPECTED = f"""
SELECT
    department, kind, suspected_at, coalesce(verdict, 'suspected') AS standing, EXISTS (
        SELECT FROM inaction_explanations WHERE inaction_explanations.inaction_id = inaction.inaction_id
    ) AS explained, (
        SELECT due_at FROM deadlines WHERE deadlines.deadline_id = inaction.inaction_id
    ) AS explain_by
FROM inaction {_LAST_VERDICT}
WHERE inaction.inaction_id = $1
"""  # noqa: S608  # put together from constants
INSERT_EXPLANATION = """
INSERT INTO inaction_explanations (inaction_id, text, due_at, explained_at) VALUES ($1, $2, $3, $4)
"""
INSERT_VERDICT = """
INSERT INTO inaction_verdicts (inaction_id, number, verdict, reason, at)
SELECT $1, count(*) + 1, $2, $3, $4 FROM inaction_verdicts WHERE inaction_id = $1
RETURNING number
"""


async def find_case(connection: Connection, inaction_id: UUID) -> UUID | None:
    found: UUID | None = await connection.fetchval(FIND_CASE, inaction_id)
    return found


async def suspected(connection: Connection, inaction_id: UUID) -> Suspected | None:
    """As it stands; only certain while its case is locked."""
    row = await connection.fetchrow(READ_SUSPECTED, inaction_id)
    if row is None:
        return None
    return Suspected(
        row["department"],
        InactionKind(row["kind"]),
        row["suspected_at"],
        Standing(row["standing"]),
        row["explained"],
        row["explain_by"],
    )


async def insert_explanation(
    connection: Connection, inaction_id: UUID, text: str, due_at: datetime, at: datetime
) -> None:
    await connection.execute(INSERT_EXPLANATION, inaction_id, text, due_at, at)


async def insert_verdict(
    connection: Connection, inaction_id: UUID, verdict: Standing, reason: str, at: datetime
) -> int:
    """The verdict holds from now on; which one of this suspicion it is."""
    number: int = await connection.fetchval(INSERT_VERDICT, inaction_id, verdict, reason, at)
    return number


@dataclass(frozen=True, slots=True)
class Sought:
    """Which inaction is asked for: all of it, or what stands so, awaits this, is of this kind, is that department's."""

    standing: Standing | None = None
    awaits: Awaits | None = None
    kind: InactionKind | None = None
    department: DepartmentCode | None = None


async def read_inaction(pool: Pool, sought: Sought, after: UUID | None, limit: int) -> Sequence[Record]:
    """What is sought, newest first from `after` on."""
    asked = (after, limit, sought.standing, sought.awaits, sought.kind)
    if sought.department is None:
        return await pool.fetch(READ_INACTION, *asked)
    return await pool.fetch(READ_INACTION_OF_DEPARTMENT, *asked, sought.department)


async def read_one(pool: Pool, inaction_id: UUID) -> Record | None:
    return await pool.fetchrow(READ_ONE, inaction_id)
