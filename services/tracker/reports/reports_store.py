"""The SQL of reports: everything that they count, as one list of facts, of which a count and its list are two views."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from services.tracker.reports.reports import Count, Measure, Month
from shared.language import DepartmentCode
from shared.postgres import Connection, Pool

# Each thing that a report counts, with the case that it is about: from $1 on, before $2. What is counted by department
# counts for whoever holds the case now, except where the row itself names whom it is about.
FACTS = """
SELECT measure, department, coalesce(detail, '') AS detail, complaint_id, complaint_id AS fact_id, opened_at AS at
FROM cases CROSS JOIN LATERAL (VALUES
    ('received', NULL), ('received_by_channel', channel), ('received_by_kind', kind), ('received_by_matter', matter)
) AS told (measure, detail)
WHERE opened_at >= $1 AND opened_at < $2 AND (measure <> 'received_by_matter' OR matter IS NOT NULL)
UNION ALL
SELECT
    CASE clock WHEN 'acknowledge' THEN 'acknowledged_' ELSE 'answered_' END
        || CASE WHEN met.at <= due_at THEN 'in_time' ELSE 'late' END,
    coalesce(deadlines.department, cases.department), '', complaint_id, deadlines.deadline_id, due_at
FROM deadlines JOIN cases USING (complaint_id)
LEFT JOIN outcomes met ON met.deadline_id = deadlines.deadline_id AND met.outcome = 'met'
LEFT JOIN outcomes missed ON missed.deadline_id = deadlines.deadline_id AND missed.outcome = 'missed'
WHERE due_at >= $1 AND due_at < $2 AND nature = 'committed' AND clock IN ('acknowledge', 'reply')
    AND (met.at IS NOT NULL OR missed.at IS NOT NULL)
UNION ALL
SELECT 'overdue', coalesce(deadlines.department, cases.department), '', complaint_id, deadlines.deadline_id, due_at
FROM outcomes missed JOIN deadlines USING (deadline_id) JOIN cases USING (complaint_id)
WHERE missed.outcome = 'missed' AND due_at < $2 AND nature = 'committed' AND clock IN ('acknowledge', 'reply')
    AND NOT EXISTS (
        SELECT FROM outcomes stopped
        WHERE stopped.deadline_id = missed.deadline_id AND stopped.outcome IN ('met', 'ended') AND stopped.at < $2
    )
UNION ALL
SELECT measure, department, '', complaint_id, complaint_id, at
FROM entries JOIN cases USING (complaint_id) CROSS JOIN LATERAL (VALUES
    ('reworked', happened = 'rework'),
    ('closed', happened = 'close'),
    ('rated', happened = 'close' AND satisfaction IS NOT NULL),
    ('satisfied', happened = 'close' AND satisfaction IN ('satisfied', 'basically_satisfied')),
    ('resolved', happened = 'close' AND contacted AND satisfaction <> 'dissatisfied' AND NOT EXISTS (
        SELECT FROM entries AS again WHERE again.complaint_id = cases.complaint_id AND again.happened = 'rework'
    ))
) AS told (measure, holds)
WHERE at >= $1 AND at < $2 AND happened IN ('close', 'rework') AND holds
UNION ALL
SELECT kind || 's_asked', department, '', complaint_id, request_id, requested_at
FROM requests WHERE requested_at >= $1 AND requested_at < $2 AND kind IN ('return', 'extension')
UNION ALL
SELECT kind || 's_granted', department, '', complaint_id, request_id, decided_at
FROM requests
WHERE decided_at >= $1 AND decided_at < $2 AND decision = 'granted' AND kind IN ('return', 'extension')
UNION ALL
SELECT 'suspected', department, kind, complaint_id, inaction_id, suspected_at
FROM inaction WHERE suspected_at >= $1 AND suspected_at < $2
UNION ALL
SELECT
    CASE WHEN explained_at < $2 OR asked.due_at <= least($2, present()) THEN 'awaiting_verdict'
        ELSE 'awaiting_explanation' END,
    inaction.department, kind, inaction.complaint_id, inaction_id, suspected_at
FROM inaction LEFT JOIN inaction_explanations USING (inaction_id)
LEFT JOIN deadlines asked ON asked.deadline_id = inaction.inaction_id
WHERE suspected_at < $2 AND NOT EXISTS (
    SELECT FROM inaction_verdicts judged WHERE judged.inaction_id = inaction.inaction_id AND judged.at < $2
)
UNION ALL
SELECT verdict, department, kind, complaint_id, inaction_id, given.at
FROM inaction_verdicts given JOIN inaction USING (inaction_id)
WHERE given.at >= $1 AND given.at < $2 AND NOT EXISTS (
    SELECT FROM inaction_verdicts later
    WHERE later.inaction_id = given.inaction_id AND later.number > given.number AND later.at < $2
)
"""

COUNT_FACTS = f"""
SELECT department, measure, detail, count(*) AS number FROM ({FACTS}) AS facts
GROUP BY department, measure, detail ORDER BY department, measure, detail
"""  # noqa: S608  # of constants only

LIST_FACTS = f"""
SELECT
    at, fact_id, measure, facts.department, detail, complaint_id, ticket_number, channel, kind, matter, status
FROM ({FACTS}) AS facts LEFT JOIN cases USING (complaint_id)
WHERE measure = $3 AND ($4::text IS NULL OR facts.department = $4) AND ($5::text IS NULL OR detail = $5)
    AND (at, fact_id) > (
        coalesce($6::timestamptz, '-infinity'), coalesce($7::uuid, '00000000-0000-0000-0000-000000000000')
    )
ORDER BY at, fact_id LIMIT $8
"""  # noqa: S608  # of constants only


async def count_facts(connection: "Connection | Pool", month: Month) -> Sequence[Count]:
    """Every count of the month that is not 0, by department, measure and detail."""
    rows = await connection.fetch(COUNT_FACTS, month.start, month.end)
    return [Count(row["department"], Measure(row["measure"]), row["detail"], row["number"]) for row in rows]


async def list_facts(
    pool: Pool,
    month: Month,
    measure: Measure,
    department: DepartmentCode | None,
    detail: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Record]:
    """What a count counted, oldest first, from behind `after`; of all departments or details where none is given."""
    at, fact_id = after or (None, None)
    return await pool.fetch(LIST_FACTS, month.start, month.end, measure, department, detail, at, fact_id, limit)
