"""The SQL of the supervision summary: tallies of cases that are over, and beside them what is still open."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from shared.postgres import Connection

# An ended case never moves again. Of an explanation's deadline the summary of inaction tells, which may come later.
_COUNTS = """
    count(*) FILTER (WHERE met.at <= due_at) AS met,
    count(*) FILTER (WHERE met.at > due_at) AS met_late,
    count(*) FILTER (WHERE warned.at IS NOT NULL) AS warned,
    count(*) FILTER (WHERE missed.at IS NOT NULL) AS missed,
    count(*) FILTER (WHERE missed.at IS NOT NULL AND met.at IS NULL AND ended.at IS NULL) AS overdue
"""
_OUTCOMES = """
LEFT JOIN outcomes met ON met.deadline_id = deadlines.deadline_id AND met.outcome = 'met'
LEFT JOIN outcomes warned ON warned.deadline_id = deadlines.deadline_id AND warned.outcome = 'warned'
LEFT JOIN outcomes missed ON missed.deadline_id = deadlines.deadline_id AND missed.outcome = 'missed'
LEFT JOIN outcomes ended ON ended.deadline_id = deadlines.deadline_id AND ended.outcome = 'ended'
"""

BEGIN_TALLIES = "INSERT INTO tallied (last_entry) VALUES (0) ON CONFLICT DO NOTHING"
LOCK_TALLIES = "SELECT last_entry FROM tallied FOR UPDATE"
# No entry can still come in that is older than the last one that an anchor looked at.
LAST_ANCHORED = "SELECT coalesce((SELECT last_id FROM anchors ORDER BY number DESC LIMIT 1), 0)"
# With those that still have a timer, which may yet say that something was missed.
FIND_ENDINGS = """
SELECT id, complaint_id, EXISTS (
    SELECT FROM deadlines JOIN timers USING (deadline_id)
    WHERE deadlines.complaint_id = entries.complaint_id AND clock <> 'explain'
) AS pending
FROM entries WHERE id > $1 AND id <= $2 AND happened IN ('close', 'decline') ORDER BY id
"""
ADD_CASES = """
INSERT INTO ended_cases (department, status, cases)
SELECT department, status, count(*) FROM cases WHERE complaint_id = ANY($1::uuid[]) GROUP BY department, status
ON CONFLICT (department, status) DO UPDATE SET cases = ended_cases.cases + excluded.cases
"""
ADD_DEADLINES = f"""
INSERT INTO ended_deadlines (department, clock, nature, met, met_late, warned, missed, overdue)
SELECT coalesce(deadlines.department, cases.department), clock, nature, {_COUNTS}
FROM cases JOIN deadlines USING (complaint_id) {_OUTCOMES}
WHERE complaint_id = ANY($1::uuid[]) AND clock <> 'explain'
GROUP BY 1, 2, 3
ON CONFLICT (department, clock, nature) DO UPDATE SET
    met = ended_deadlines.met + excluded.met,
    met_late = ended_deadlines.met_late + excluded.met_late,
    warned = ended_deadlines.warned + excluded.warned,
    missed = ended_deadlines.missed + excluded.missed,
    overdue = ended_deadlines.overdue + excluded.overdue
"""  # noqa: S608  # put together from constants
TALLIED_TO = "UPDATE tallied SET last_entry = $1"

# What is open, and what has ended since the tallies were made.
_LIVE = """
WITH live AS (
    SELECT complaint_id, department, status FROM cases WHERE status NOT IN ('closed', 'declined')
    UNION ALL
    SELECT cases.complaint_id, cases.department, cases.status
    FROM entries JOIN cases USING (complaint_id)
    WHERE entries.id > coalesce((SELECT last_entry FROM tallied), 0) AND happened IN ('close', 'decline')
)
"""
COUNT_CASES = f"""
{_LIVE}
SELECT department, status, sum(number)::bigint AS cases
FROM (
    SELECT department, status, count(*) AS number FROM live GROUP BY 1, 2
    UNION ALL
    SELECT department, status, cases FROM ended_cases
) AS counted
GROUP BY 1, 2
"""  # noqa: S608  # put together from constants
COUNT_DEADLINES = f"""
{_LIVE}
SELECT
    department, clock, nature, sum(met)::bigint AS met, sum(met_late)::bigint AS met_late,
    sum(warned)::bigint AS warned, sum(missed)::bigint AS missed, sum(overdue)::bigint AS overdue
FROM (
    SELECT coalesce(deadlines.department, live.department) AS department, clock, nature, {_COUNTS}
    FROM live JOIN deadlines USING (complaint_id) {_OUTCOMES}
    WHERE clock <> 'explain'
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT department, clock, nature, met, met_late, warned, missed, overdue FROM ended_deadlines
) AS counted
GROUP BY 1, 2, 3
"""  # noqa: S608  # put together from constants


async def lock_tallies(connection: Connection) -> int:
    """The last entry that they have; another replica waits until the transaction ends."""
    await connection.execute(BEGIN_TALLIES)
    last_entry: int = await connection.fetchval(LOCK_TALLIES)
    return last_entry


async def endings(connection: Connection, after_id: int, last_id: int) -> Sequence[Record]:
    """The entries in (after_id, last_id] that ended a case, in their order."""
    return await connection.fetch(FIND_ENDINGS, after_id, last_id)


async def add(connection: Connection, complaint_ids: Sequence[UUID], last_entry: int) -> None:
    """Take these cases, which ended by entries up to `last_entry`, into the tallies."""
    if complaint_ids:
        await connection.execute(ADD_CASES, complaint_ids)
        await connection.execute(ADD_DEADLINES, complaint_ids)
    await connection.execute(TALLIED_TO, last_entry)
