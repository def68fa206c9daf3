"""The SQL of the periodic detection: how far it has looked, what has changed since, and the facts of cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from asyncpg import Record

from services.tracker.inaction.detectors.facts import CaseFacts
from shared.language import CaseStatus, Confidentiality, DepartmentCode, Satisfaction
from shared.policy import Policy
from shared.postgres import Connection

BEGIN_DEPARTMENT = "INSERT INTO detections (department) VALUES ($1) ON CONFLICT DO NOTHING"
LOCK_DEPARTMENT = "SELECT last_entry, ran_at, month FROM detections WHERE department = $1 FOR UPDATE"
LOOKED_AT_ENTRIES = "UPDATE detections SET last_entry = $2 WHERE department = $1"
LOOKED_AT_MONTH = "UPDATE detections SET month = $2 WHERE department = $1"
RAN = "UPDATE detections SET ran_at = $2 WHERE department = $1"
READ_LAST_RUNS = "SELECT department, ran_at FROM detections WHERE ran_at IS NOT NULL"

# Cases of the department, and those that it gave back or wanted to.
READ_CHANGED = """
SELECT DISTINCT complaint_id FROM entries JOIN cases USING (complaint_id)
WHERE entries.id > $2 AND entries.id <= $3 AND (
    cases.department = $1
    OR EXISTS (SELECT FROM requests WHERE requests.complaint_id = entries.complaint_id AND requests.department = $1)
)
"""
# Those whose deadline passed the bound since the last run while nothing happened.
READ_OVERDUE = """
SELECT DISTINCT complaint_id FROM cases JOIN deadlines USING (complaint_id)
WHERE cases.department = $1 AND status NOT IN ('closed', 'declined') AND clock = 'reply' AND nature = 'committed'
    AND due_at > $2 AND due_at <= $3
"""

# The reply deadline is the one that nothing has replaced; a reply counts for it if it came after it began.
_FACTS = """
SELECT
    cases.complaint_id, ticket_number, text, matter, place,
    (SELECT incident_id FROM case_incidents WHERE case_incidents.complaint_id = cases.complaint_id) AS incident_id,
    confidentiality, status, contacted, satisfaction,
    cases.department = $1 AND NOT in_transit AS holds, standing.deadline_id, standing.due_at,
    EXISTS (
        SELECT FROM deadlines JOIN outcomes USING (deadline_id)
        WHERE deadlines.complaint_id = cases.complaint_id AND clock = 'reply' AND nature = 'committed'
            AND outcome = 'missed'
    ) AS missed,
    EXISTS (
        SELECT FROM deadlines JOIN outcomes USING (deadline_id)
        WHERE deadlines.complaint_id = cases.complaint_id AND clock = 'acknowledge' AND deadlines.department = $1
            AND outcome = 'missed'
    ) AS acknowledged_late,
    answer.note AS reply, CASE WHEN answer.at >= standing.started_at THEN answer.at END AS replied_at,
    asked.extensions, asked.extensions_refused, asked.returns_granted, asked.returns_refused,
    EXISTS (
        SELECT FROM entries
        WHERE entries.complaint_id = cases.complaint_id AND happened = 'request_callback'
            AND number > coalesce(answer.last, 0)
    ) AS callback_tried,
    (
        SELECT count(*) FROM entries
        WHERE entries.complaint_id = cases.complaint_id AND happened = 'rework' AND number > answer.first
    ) AS reworks
FROM cases
CROSS JOIN LATERAL (
    SELECT deadline_id, started_at, due_at FROM deadlines
    WHERE deadlines.complaint_id = cases.complaint_id AND clock = 'reply' AND nature = 'committed' AND NOT EXISTS (
        SELECT FROM deadlines AS later
        WHERE later.complaint_id = cases.complaint_id AND later.replaces = deadlines.deadline_id
    )
    ORDER BY started_at DESC, due_at DESC LIMIT 1
) AS standing
CROSS JOIN LATERAL (
    SELECT
        min(number) AS first, max(number) AS last, max(at) AS at, (array_agg(note ORDER BY number DESC))[1] AS note
    FROM entries
    WHERE entries.complaint_id = cases.complaint_id AND happened = 'reply' AND actor_department = $1
) AS answer
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE kind = 'extension' AND decision = 'granted') AS extensions,
        count(*) FILTER (WHERE kind = 'extension' AND decision = 'refused') AS extensions_refused,
        count(*) FILTER (WHERE kind = 'return' AND decision = 'granted') AS returns_granted,
        count(*) FILTER (WHERE kind = 'return' AND decision = 'refused') AS returns_refused
    FROM requests WHERE requests.complaint_id = cases.complaint_id AND requests.department = $1
) AS asked
"""
READ_FACTS = _FACTS + "WHERE cases.complaint_id = ANY($2::uuid[]) ORDER BY cases.complaint_id"
# A deadline at 24:00 of the last day belongs to its month.
READ_MONTH = (
    _FACTS
    + """
WHERE cases.department = $1 AND NOT in_transit AND standing.due_at > $2 AND standing.due_at <= $3
ORDER BY standing.due_at, cases.complaint_id
"""
)
FIND_KNOWN = "SELECT inaction_id FROM inaction WHERE inaction_id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Looked:
    """How far the detection has looked at a department."""

    last_entry: int
    ran_at: datetime | None
    month: date | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A case, whether the department has it, and the deadline of its reply."""

    facts: CaseFacts
    holds: bool
    deadline_id: UUID


async def lock_department(connection: Connection, department: DepartmentCode) -> Looked:
    """How far it has got; another replica waits until the transaction ends."""
    await connection.execute(BEGIN_DEPARTMENT, department)
    row = await connection.fetchrow(LOCK_DEPARTMENT, department)
    assert row is not None  # noqa: S101  # it was inserted, and is never deleted
    return Looked(row["last_entry"], row["ran_at"], row["month"])


async def changed(connection: Connection, department: DepartmentCode, after_id: int, last_id: int) -> Sequence[UUID]:
    rows = await connection.fetch(READ_CHANGED, department, after_id, last_id)
    return [row["complaint_id"] for row in rows]


async def overdue(
    connection: Connection, department: DepartmentCode, since: datetime, until: datetime, bound: timedelta
) -> Sequence[UUID]:
    """The open cases whose reply was overdue by `bound` between the two instants."""
    rows = await connection.fetch(READ_OVERDUE, department, since - bound, until - bound)
    return [row["complaint_id"] for row in rows]


async def read_facts(
    connection: Connection, policy: Policy, department: DepartmentCode, complaint_ids: Sequence[UUID]
) -> Sequence[Seen]:
    rows = await connection.fetch(READ_FACTS, department, complaint_ids)
    return [_seen(row, policy, department) for row in rows]


async def read_month(
    connection: Connection, policy: Policy, department: DepartmentCode, start: datetime, end: datetime
) -> Sequence[Seen]:
    """The department's cases whose reply was due after `start` and until `end`, in that order."""
    return [_seen(row, policy, department) for row in await connection.fetch(READ_MONTH, department, start, end)]


async def known(connection: Connection, inaction_ids: Sequence[UUID]) -> frozenset[UUID]:
    return frozenset(row["inaction_id"] for row in await connection.fetch(FIND_KNOWN, inaction_ids))


# While a case is suspended nobody waits for its reply.
_NOT_AWAITED = frozenset({CaseStatus.SUSPENDED, CaseStatus.CLOSED, CaseStatus.DECLINED})


def _seen(row: Record, policy: Policy, department: DepartmentCode) -> Seen:
    status, matter, place = CaseStatus(row["status"]), row["matter"], row["place"] or ""
    satisfaction = row["satisfaction"]
    facts = CaseFacts(
        complaint_id=row["complaint_id"],
        ticket_number=row["ticket_number"],
        department=department,
        department_name=policy.name_of(department),
        due_at=row["due_at"],
        text=row["text"],
        matter=matter,
        matter_name=policy.matters[matter].name if matter in policy.matters else None,
        incident_id=row["incident_id"],
        place=row["place"],
        town=next((town for town in policy.towns if town in place), None),
        confidentiality=Confidentiality(row["confidentiality"]),
        missed=row["missed"],
        acknowledged_late=row["acknowledged_late"],
        reply=row["reply"],
        replied_at=row["replied_at"],
        ended=status in _NOT_AWAITED,
        extensions=row["extensions"],
        extensions_refused=row["extensions_refused"],
        returns_granted=row["returns_granted"],
        returns_refused=row["returns_refused"],
        callback_tried=row["callback_tried"],
        closed=status is CaseStatus.CLOSED,
        contacted=row["contacted"],
        satisfaction=None if satisfaction is None else Satisfaction(satisfaction),
        reworks=row["reworks"],
    )
    return Seen(facts, row["holds"], row["deadline_id"])
