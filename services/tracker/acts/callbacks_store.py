"""The SQL of what the callback before closing brought."""

from uuid import UUID

from shared.language import Satisfaction
from shared.postgres import Connection

RECORD_CALLBACK = "UPDATE cases SET contacted = $2, satisfaction = $3 WHERE complaint_id = $1"


async def record_callback(
    connection: Connection, complaint_id: UUID, contacted: bool, satisfaction: Satisfaction | None
) -> None:
    await connection.execute(RECORD_CALLBACK, complaint_id, contacted, satisfaction)
