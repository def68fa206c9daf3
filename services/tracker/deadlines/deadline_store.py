"""The SQL of deadlines that stand or give way: reading what each was counted from, and putting another in its place."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import orjson
from asyncpg import Record

from services.tracker import store
from services.tracker.deadlines.deadline_rows import DeadlineRow, StoredDeadline
from services.tracker.deadlines.inputs import facts_from, ladder_from
from shared.language import Clock, DepartmentCode, Nature
from shared.postgres import Connection
from shared.term import Term

_STORED = """
SELECT
    deadline_id, complaint_id, clock, nature, legal_basis, started_at, term, due_at, warn_at, provisional,
    policy_hash, calendar_version, inputs, department, EXISTS (
        SELECT FROM outcomes WHERE outcomes.deadline_id = deadlines.deadline_id AND outcome = 'warned'
    ) AS warned, EXISTS (
        SELECT FROM outcomes WHERE outcomes.deadline_id = deadlines.deadline_id AND outcome = 'urged'
    ) AS urged
FROM deadlines
"""
_NOT_REPLACED = """
NOT EXISTS (
    SELECT FROM deadlines AS later
    WHERE later.complaint_id = deadlines.complaint_id AND later.replaces = deadlines.deadline_id
)
"""
# Still to be answered, and open to change by a notice that the calendar of version $1 knows. An explanation's deadline
# is not: a suspicion knows it by its own id, and nothing ever takes its place.
_DOUBTFUL = f"""
provisional AND clock <> 'explain' AND calendar_version <> $1 AND due_at > present() AND {_NOT_REPLACED}
AND NOT EXISTS (
    SELECT FROM outcomes
    WHERE outcomes.deadline_id = deadlines.deadline_id AND outcome IN ('met', 'missed', 'ended')
)
"""
FIND_DOUBTFUL = (
    "SELECT complaint_id FROM deadlines WHERE complaint_id > $2 AND"  # noqa: S608  # put together from constants
    + _DOUBTFUL
    + "GROUP BY complaint_id ORDER BY complaint_id LIMIT $3"
)
READ_DOUBTFUL = (
    _STORED + "WHERE complaint_id = ANY($2::uuid[]) AND" + _DOUBTFUL + "ORDER BY complaint_id, clock, nature"
)

# As lock_case in store.py does, for many: cases in order, then their timers.
LOCK_CASES = """
SELECT complaint_id, department FROM cases WHERE complaint_id = ANY($1::uuid[])
ORDER BY complaint_id FOR NO KEY UPDATE
"""
LOCK_TIMERS = """
SELECT FROM timers JOIN deadlines USING (deadline_id) WHERE complaint_id = ANY($1::uuid[])
ORDER BY deadline_id, kind FOR UPDATE OF timers
"""
READ_STANDING = _STORED + "WHERE complaint_id = $1 AND" + _NOT_REPLACED + "ORDER BY clock, nature"

# In the order in which every transaction takes them, after the case itself: see LOCK_TIMERS in timers_store.py.
SUPERSEDE = """
WITH quiet AS (DELETE FROM timers WHERE deadline_id = ANY($1::uuid[]))
INSERT INTO outcomes (deadline_id, outcome, at)
SELECT deadline_id, 'ended', $2 FROM unnest($1::uuid[]) AS old (deadline_id)
WHERE NOT EXISTS (
    SELECT FROM outcomes WHERE outcomes.deadline_id = old.deadline_id AND outcome IN ('met', 'ended')
)
ON CONFLICT DO NOTHING
"""


async def standing_deadlines(connection: Connection, complaint_id: UUID) -> Sequence[StoredDeadline]:
    """The deadlines of the case that nothing has replaced, whatever became of them."""
    return [stored(row) for row in await connection.fetch(READ_STANDING, complaint_id)]


async def doubtful_cases(connection: Connection, calendar_version: str, after: UUID, limit: int) -> Sequence[UUID]:
    """The next cases with a deadline that runs and is provisional by another calendar than `calendar_version`."""
    rows = await connection.fetch(FIND_DOUBTFUL, calendar_version, after, limit)
    return [row["complaint_id"] for row in rows]


async def doubtful_deadlines(
    connection: Connection, calendar_version: str, complaint_ids: Sequence[UUID]
) -> Sequence[StoredDeadline]:
    """Those deadlines of the cases that run and are provisional by another calendar than `calendar_version`."""
    return [stored(row) for row in await connection.fetch(READ_DOUBTFUL, calendar_version, complaint_ids)]


async def lock_cases(connection: Connection, complaint_ids: Sequence[UUID]) -> Mapping[UUID, DepartmentCode]:
    """The departments of the cases, which are locked with their timers to the transaction's end."""
    rows = await connection.fetch(LOCK_CASES, complaint_ids)
    await connection.execute(LOCK_TIMERS, complaint_ids)
    return {row["complaint_id"]: row["department"] for row in rows}


async def supersede(connection: Connection, rows: Sequence[DeadlineRow], at: datetime) -> None:
    """Insert `rows`, each in the place of the one that it names, whose clock ends; the cases must be locked."""
    await connection.execute(SUPERSEDE, [row.replaces for row in rows if row.replaces], at)
    await store.insert_deadlines(connection, rows)


def stored(row: Record) -> StoredDeadline:
    term = Term.parse(row["term"])
    inputs = orjson.loads(row["inputs"]) if row["inputs"] else None
    facts, warn_before = facts_from(row["started_at"], term, row["due_at"], inputs)
    return StoredDeadline(
        deadline_id=row["deadline_id"],
        complaint_id=row["complaint_id"],
        clock=Clock(row["clock"]),
        nature=Nature(row["nature"]),
        legal_basis=row["legal_basis"],
        facts=facts,
        warn_before=warn_before,
        due_at=row["due_at"],
        warn_at=row["warn_at"],
        provisional=row["provisional"],
        policy_hash=row["policy_hash"],
        calendar_version=row["calendar_version"],
        warned=row["warned"],
        department=row["department"],
        urged=row["urged"],
        ladder=ladder_from(inputs),
    )
