"""The router's SQL for which model was tried, and for who switched which model on."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from shared.postgres import Connection, Pool

FINISHED_RUN = """
SELECT dry_run_id FROM dry_runs WHERE model_hash = $1 AND result IS NOT NULL ORDER BY finished_at DESC LIMIT 1
"""
NOTE_SWITCH = """
INSERT INTO switches (model_hash, switched_by, reason, dry_run_id) VALUES ($1, $2, $3, $4) RETURNING *
"""
SWITCHES = "SELECT * FROM switches WHERE number < $1 ORDER BY number DESC LIMIT $2"

_LAST = 2**62


async def finished_run(connection: Connection, model_hash: str) -> UUID | None:
    """The last finished dry run of the model."""
    found: UUID | None = await connection.fetchval(FINISHED_RUN, model_hash)
    return found


async def note_switch(
    connection: Connection, model_hash: str, by: str, reason: str | None, run_id: UUID | None
) -> Record:
    """Remember who switched which model on, and why; the database's clock says when."""
    row = await connection.fetchrow(NOTE_SWITCH, model_hash, by, reason, run_id)
    if row is None:
        raise LookupError("The switch was not kept.")
    return row


async def switches(pool: Pool, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Who switched which model on, the last one first; those of lower numbers than `before`."""
    return [dict(row) for row in await pool.fetch(SWITCHES, _LAST if before is None else before, limit)]
