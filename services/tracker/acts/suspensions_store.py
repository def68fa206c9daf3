"""The SQL of suspensions, each with the timer that ends it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.postgres import Connection

BEGIN_SUSPENSION = """
WITH timer AS (INSERT INTO timers (deadline_id, kind, fires_at) VALUES ($5, 'resume', $7))
INSERT INTO suspensions (suspension_id, complaint_id, category, reason, deadline_id, suspended_at, until)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
END_SUSPENSION = """
WITH ended AS (
    UPDATE suspensions SET resumed_at = $2 WHERE complaint_id = $1 AND resumed_at IS NULL
    RETURNING deadline_id, suspended_at
), quiet AS (DELETE FROM timers USING ended WHERE timers.deadline_id = ended.deadline_id AND kind = 'resume')
SELECT suspended_at FROM ended
"""
REPLY_DUE = """
SELECT due_at FROM deadlines WHERE complaint_id = $1 AND clock = 'reply' AND nature = 'committed' AND NOT EXISTS (
    SELECT FROM deadlines AS later WHERE later.complaint_id = $1 AND later.replaces = deadlines.deadline_id
)
"""
COUNT_SUSPENSIONS = "SELECT count(*) FROM suspensions WHERE complaint_id = $1"


@dataclass(frozen=True, slots=True)
class Suspension:
    """`deadline_id` is the reply deadline that stands still, at the latest `until` then."""

    suspension_id: UUID
    complaint_id: UUID
    category: str
    reason: str
    deadline_id: UUID
    suspended_at: datetime
    until: datetime


async def begin(connection: Connection, suspension: Suspension) -> None:
    await connection.execute(
        BEGIN_SUSPENSION,
        suspension.suspension_id,
        suspension.complaint_id,
        suspension.category,
        suspension.reason,
        suspension.deadline_id,
        suspension.suspended_at,
        suspension.until,
    )


async def end(connection: Connection, complaint_id: UUID, at: datetime) -> datetime:
    """End the suspension that runs, with its timer; when it had begun."""
    suspended_at: datetime = await connection.fetchval(END_SUSPENSION, complaint_id, at)
    return suspended_at


async def reply_due(connection: Connection, complaint_id: UUID) -> datetime:
    """When the reply is due as things stand."""
    due_at: datetime = await connection.fetchval(REPLY_DUE, complaint_id)
    return due_at


async def number(connection: Connection, complaint_id: UUID) -> int:
    """How many suspensions the case has had."""
    counted: int = await connection.fetchval(COUNT_SUSPENSIONS, complaint_id)
    return counted
