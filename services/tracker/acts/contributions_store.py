"""The SQL of joint matters: what each co-handler owes the lead, and what came of it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from services.tracker import store
from services.tracker.deadlines.deadline_rows import DeadlineRow
from shared.events import ComplaintAssigned
from shared.language import DepartmentCode
from shared.postgres import Connection, Pool

INSERT_CONTRIBUTIONS = """
INSERT INTO contributions (complaint_id, department, decision_id, asked_at)
SELECT *, $4 FROM unnest($1::uuid[], $2::text[], $3::uuid[])
ON CONFLICT (complaint_id, department) DO UPDATE SET
    decision_id = excluded.decision_id, asked_at = excluded.asked_at, released_at = NULL
"""
READ_CONTRIBUTORS = "SELECT department FROM contributions WHERE complaint_id = $1 AND released_at IS NULL"
# The co-handlers that a further decision no longer names.
RELEASE_OTHERS = """
UPDATE contributions SET released_at = $3
WHERE complaint_id = $1 AND department <> ALL($2::text[]) AND contributed_at IS NULL AND released_at IS NULL
RETURNING department
"""
READ_CONTRIBUTION = """
SELECT contributed_at, released_at FROM contributions WHERE complaint_id = $1 AND department = $2
"""
CONTRIBUTE = """
UPDATE contributions SET text = $3, contributed_at = $4 WHERE complaint_id = $1 AND department = $2
"""
# As STOP_CLOCKS in timers_store.py, for co-handlers alone: a timer that is already due stays.
STOP_CONTRIBUTING = """
WITH stopped AS (
    SELECT deadline_id FROM deadlines
    WHERE complaint_id = $1 AND clock = 'contribute' AND department = ANY($2::text[]) AND NOT EXISTS (
        SELECT FROM outcomes WHERE outcomes.deadline_id = deadlines.deadline_id AND outcome IN ('met', 'ended')
    )
), quiet AS (DELETE FROM timers USING stopped WHERE timers.deadline_id = stopped.deadline_id AND fires_at > $4)
INSERT INTO outcomes (deadline_id, outcome, at) SELECT deadline_id, $3, $4 FROM stopped
RETURNING deadline_id
"""
# What a co-handler still owes, oldest case first.
READ_OWED = """
SELECT
    complaint_id, ticket_number, cases.department AS lead, kind, urgency, matter, title, cases.text, place, status,
    asked_at, (
        SELECT due_at FROM deadlines
        WHERE deadlines.complaint_id = cases.complaint_id AND clock = 'contribute' AND deadlines.department = $1
        ORDER BY started_at DESC, due_at DESC LIMIT 1
    ) AS due_at
FROM contributions JOIN cases USING (complaint_id)
WHERE contributions.department = $1 AND contributed_at IS NULL AND released_at IS NULL
    AND complaint_id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
    AND status NOT IN ('replied', 'callback_pending', 'closed', 'declined')
ORDER BY complaint_id LIMIT $3
"""


async def ask(connection: Connection, asked: Sequence[tuple[ComplaintAssigned, DeadlineRow]], at: datetime) -> None:
    """Ask co-handlers for their parts, whose deadlines are stored."""
    if asked:
        await connection.execute(
            INSERT_CONTRIBUTIONS,
            [given.complaint_id for given, _ in asked],
            [deadline.department for _, deadline in asked],
            [given.decision_id for given, _ in asked],
            at,
        )


async def ask_anew(
    connection: Connection, given: ComplaintAssigned, wanted: Sequence[DeadlineRow], at: datetime
) -> tuple[DeadlineRow, ...]:
    """Ask those that `given` names and that are not asked yet; release those that it no longer names.

    Whoever was asked before keeps the clock that runs. Returns the deadlines that are new.
    """
    named = [deadline.department for deadline in wanted]
    released = [row["department"] for row in await connection.fetch(RELEASE_OTHERS, given.complaint_id, named, at)]
    await connection.execute(STOP_CONTRIBUTING, given.complaint_id, released, "ended", at)
    rows = await connection.fetch(READ_CONTRIBUTORS, given.complaint_id)
    known = {row["department"] for row in rows}
    fresh = tuple(deadline for deadline in wanted if deadline.department not in known)
    if fresh:
        await store.insert_deadlines(connection, fresh)
        await ask(connection, [(given, deadline) for deadline in fresh], at)
    return fresh


async def read_contribution(connection: Connection, complaint_id: UUID, department: DepartmentCode) -> Record | None:
    return await connection.fetchrow(READ_CONTRIBUTION, complaint_id, department)


async def contribute(
    connection: Connection, complaint_id: UUID, department: DepartmentCode, text: str, at: datetime
) -> UUID | None:
    """Store the contribution and stop its clock; the deadline that it meets, None where that had ended."""
    await connection.execute(CONTRIBUTE, complaint_id, department, text, at)
    met: UUID | None = await connection.fetchval(STOP_CONTRIBUTING, complaint_id, [department], "met", at)
    return met


async def owed(pool: Pool, department: DepartmentCode, after: UUID | None, limit: int) -> Sequence[Record]:
    return await pool.fetch(READ_OWED, department, after, limit)
