"""The SQL of deadlines that stand or give way: reading what each was counted from, and putting another in its place."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from asyncpg import Record

from services.tracker import store
from services.tracker.inputs import facts_from
from services.tracker.opening import DeadlineRow, StoredDeadline
from shared.language import Clock, Nature
from shared.postgres import Connection
from shared.term import Term

_STORED = """
SELECT
    deadline_id, complaint_id, clock, nature, legal_basis, started_at, term, due_at, warn_at, provisional,
    policy_hash, calendar_version, inputs, EXISTS (
        SELECT FROM outcomes WHERE outcomes.deadline_id = deadlines.deadline_id AND outcome = 'warned'
    ) AS warned
FROM deadlines
"""
_NOT_REPLACED = """
NOT EXISTS (
    SELECT FROM deadlines AS later
    WHERE later.complaint_id = deadlines.complaint_id AND later.replaces = deadlines.deadline_id
)
"""
READ_STANDING = _STORED + "WHERE complaint_id = $1 AND" + _NOT_REPLACED + "ORDER BY clock, nature"

# In the order in which every transaction takes them, after the case itself: see LOCK_TIMERS in store.py.
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
    )
