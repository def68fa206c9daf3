"""The SQL of what departments ask for and others decide: returns, suspensions, extensions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from asyncpg import Record

from services.tracker.guards import Assignment
from services.tracker.store import LockedCase
from shared.language import CaseStatus, DepartmentCode
from shared.postgres import Connection

INSERT_REQUEST = """
INSERT INTO requests (request_id, complaint_id, kind, department, reason, basis, category, term, requested_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
READ_PENDING = """
SELECT request_id, department, reason, basis, category, term, requested_at FROM requests
WHERE complaint_id = $1 AND kind = $2 AND decision IS NULL
"""
DECIDE_REQUEST = """
UPDATE requests SET decision = $3, decided_at = $4, decided_because = $5
WHERE complaint_id = $1 AND kind = $2 AND decision IS NULL
"""
# What was asked for by the very move that leads on waits there.
LET_LAPSE = """
UPDATE requests SET decision = 'lapsed', decided_at = $2
WHERE complaint_id = $1 AND decision IS NULL AND requested_at < $2
"""
COUNT_GRANTED = "SELECT count(*) FROM requests WHERE complaint_id = $1 AND kind = $2 AND decision = 'granted'"
READ_RETURNED_BY = """
SELECT department FROM requests WHERE complaint_id = $1 AND kind = 'return' AND decision = 'granted'
ORDER BY decided_at
"""
# What a department has done with the case since it was assigned: its last acknowledgement, and any reply before.
READ_ASSIGNMENT = """
SELECT
    (
        SELECT outcomes.at FROM deadlines JOIN outcomes USING (deadline_id)
        WHERE complaint_id = $1 AND clock = 'acknowledge' AND outcome = 'met' AND coalesce(department, $2) = $2
        ORDER BY outcomes.at DESC LIMIT 1
    ) AS acknowledged_at,
    EXISTS (
        SELECT FROM entries WHERE complaint_id = $1 AND happened = 'reply' AND actor_department = $2
    ) AS answered
"""


class RequestKind(StrEnum):
    RETURN = "return"
    SUSPENSION = "suspension"
    EXTENSION = "extension"


@dataclass(frozen=True, slots=True)
class Request:
    """What a department asks for; its parts are those that its kind has."""

    request_id: UUID
    complaint_id: UUID
    kind: RequestKind
    department: DepartmentCode
    reason: str
    requested_at: datetime
    basis: str | None = None
    category: str | None = None
    term: str | None = None


async def assignment(connection: Connection, complaint_id: UUID, case: LockedCase) -> Assignment:
    """What counts for a return by the department that holds the case."""
    row = await connection.fetchrow(READ_ASSIGNMENT, complaint_id, case.department)
    assert row is not None  # noqa: S101  # a SELECT without FROM gives one row
    # What was acknowledged before the case was sent back, or on to others and here again, is another assignment.
    acknowledged = case.state.status is not CaseStatus.DISPATCHED
    return Assignment(case.returnable, row["acknowledged_at"] if acknowledged else None, row["answered"])


async def insert_request(connection: Connection, asked: Request) -> None:
    await connection.execute(
        INSERT_REQUEST,
        asked.request_id,
        asked.complaint_id,
        asked.kind,
        asked.department,
        asked.reason,
        asked.basis,
        asked.category,
        asked.term,
        asked.requested_at,
    )


async def pending(connection: Connection, complaint_id: UUID, kind: RequestKind) -> Record | None:
    return await connection.fetchrow(READ_PENDING, complaint_id, kind)


async def decide(
    connection: Connection, complaint_id: UUID, kind: RequestKind, decision: str, at: datetime, because: str
) -> None:
    """Decide the pending request: granted or refused, and why."""
    await connection.execute(DECIDE_REQUEST, complaint_id, kind, decision, at, because)


async def let_lapse(connection: Connection, complaint_id: UUID, at: datetime) -> None:
    await connection.execute(LET_LAPSE, complaint_id, at)


async def count_granted(connection: Connection, complaint_id: UUID, kind: RequestKind) -> int:
    number: int = await connection.fetchval(COUNT_GRANTED, complaint_id, kind)
    return number


async def returned_by(connection: Connection, complaint_id: UUID) -> Sequence[DepartmentCode]:
    """The departments that gave the case back with leave, in order; one that did so twice comes twice."""
    return [row["department"] for row in await connection.fetch(READ_RETURNED_BY, complaint_id)]
