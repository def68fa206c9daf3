"""The SQL of what people raised on a case: urged, supervised."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.tracker.lifecycle import Role
from shared.postgres import Connection

RAISE_FLAG = "INSERT INTO flags (complaint_id, version, flag, at, by_role, note) VALUES ($1, $2, $3, $4, $5, $6)"


async def raise_flag(
    connection: Connection,
    complaint_id: UUID,
    version: int,
    flag: Literal["urged", "supervised"],
    at: datetime,
    role: Role,
    note: str,
) -> None:
    await connection.execute(RAISE_FLAG, complaint_id, version, flag, at, role, note)
