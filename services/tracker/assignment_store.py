"""The SQL of who holds a case and by which of the router's decisions."""

from collections.abc import Sequence
from uuid import UUID

from shared.events import ComplaintAssigned
from shared.postgres import Connection

# In one order, so that two transactions that share cases never wait for each other in turn.
LOCK_CASES = """
SELECT complaint_id FROM cases WHERE complaint_id = ANY($1::uuid[])
ORDER BY complaint_id FOR NO KEY UPDATE
"""
SEND_ON = "UPDATE cases SET in_transit = true WHERE complaint_id = $1"
REASSIGN = """
UPDATE cases SET
    department = $2, decision_id = $3, reason = $4, matter = $5, lawful_channel = $6, hop = $7, returnable = $8,
    in_transit = false
WHERE complaint_id = $1
"""


async def existing(connection: Connection, complaint_ids: Sequence[UUID]) -> Sequence[UUID]:
    """Those that are cases, in order and locked to the transaction's end."""
    return [row["complaint_id"] for row in await connection.fetch(LOCK_CASES, complaint_ids)]


async def send_on(connection: Connection, complaint_id: UUID) -> None:
    """Nobody holds the case until the router has placed it again."""
    await connection.execute(SEND_ON, complaint_id)


async def reassign(connection: Connection, given: ComplaintAssigned) -> None:
    await connection.execute(
        REASSIGN,
        given.complaint_id,
        given.department,
        given.decision_id,
        given.reason,
        given.matter,
        given.lawful_channel,
        given.hop,
        given.returnable,
    )
