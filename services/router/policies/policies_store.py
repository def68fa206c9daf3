"""The router's SQL for dry runs of policies, and for who switched which policy on."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from asyncpg import Record

from shared.postgres import Connection, Pool

# Held by whoever starts a dry run or switches, until the transaction ends.
HOLD_POLICIES = "SELECT pg_advisory_xact_lock(hashtext('hotline policies'))"
# A process that ended leaves its run unfinished; it stands in nobody's way for longer than this.
IS_ONE_RUNNING = """
SELECT EXISTS (SELECT FROM dry_runs WHERE finished_at IS NULL AND moved_at > now() - interval '1 minute')
"""
START_RUN = """
INSERT INTO dry_runs (dry_run_id, name, policy_hash, model_hash, since, expected, started_by)
SELECT $1, $2, $3, $4, $5, count(*), $6 FROM complaints WHERE accepted_at >= $5
"""
MOVE_RUN = "UPDATE dry_runs SET replayed = $2, moved_at = now() WHERE dry_run_id = $1"
FINISH_RUN = "UPDATE dry_runs SET result = $2, finished_at = now(), moved_at = now() WHERE dry_run_id = $1"
FAIL_RUN = "UPDATE dry_runs SET failed = $2, finished_at = now() WHERE dry_run_id = $1 AND finished_at IS NULL"
_RUN = """
SELECT dry_run_id, name, policy_hash, model_hash, since, expected, replayed, started_by, started_at, finished_at,
    failed,
    CASE
        WHEN result IS NOT NULL THEN 'finished'
        WHEN failed IS NOT NULL THEN 'failed'
        WHEN moved_at > now() - interval '1 minute' THEN 'running'
        ELSE 'interrupted'
    END AS state
"""
READ_RUN = f"{_RUN}, result FROM dry_runs WHERE dry_run_id = $1"
LATEST_RUNS = f"{_RUN} FROM dry_runs ORDER BY started_at DESC, dry_run_id LIMIT $1"
FINISHED_RUN = """
SELECT dry_run_id FROM dry_runs WHERE policy_hash = $1 AND result IS NOT NULL ORDER BY finished_at DESC LIMIT 1
"""
NOTE_ACTIVATION = """
INSERT INTO activations (activated_by, name, from_hash, to_hash, dry_run_id, reason)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING *
"""
ACTIVATIONS = "SELECT * FROM activations WHERE number < $1 ORDER BY number DESC LIMIT $2"

_LAST = 2**62


async def start_run(
    connection: Connection, run_id: UUID, name: str, hashes: tuple[str, str | None], since: datetime, by: str
) -> bool:
    """Note that a dry run of the policy and model of these hashes begins; False where another one is under way."""
    await connection.execute(HOLD_POLICIES)
    if await connection.fetchval(IS_ONE_RUNNING):
        return False
    await connection.execute(START_RUN, run_id, name, *hashes, since, by)
    return True


async def move_run(pool: Pool, run_id: UUID, replayed: int) -> None:
    await pool.execute(MOVE_RUN, run_id, replayed)


async def finish_run(pool: Pool, run_id: UUID, result: dict[str, Any]) -> None:
    await pool.execute(FINISH_RUN, run_id, orjson.dumps(result, option=orjson.OPT_NON_STR_KEYS).decode())


async def fail_run(pool: Pool, run_id: UUID, why: str) -> None:
    await pool.execute(FAIL_RUN, run_id, why)


async def read_run(pool: Pool, run_id: UUID) -> dict[str, Any] | None:
    """A dry run with its result, which is None until there is one."""
    row = await pool.fetchrow(READ_RUN, run_id)
    return {**row, "result": orjson.loads(row["result"]) if row["result"] else None} if row else None


async def latest_runs(pool: Pool, limit: int) -> list[dict[str, Any]]:
    """The latest dry runs without their results, the last one first."""
    return [dict(row) for row in await pool.fetch(LATEST_RUNS, limit)]


async def finished_run(connection: Connection, policy_hash: str) -> UUID | None:
    """The last finished dry run of the policy."""
    found: UUID | None = await connection.fetchval(FINISHED_RUN, policy_hash)
    return found


async def note_activation(
    connection: Connection, by: str, name: str, hashes: tuple[str, str], run_id: UUID, reason: str
) -> Record:
    """Remember who switched from which policy to which, and why; the database's clock says when."""
    row = await connection.fetchrow(NOTE_ACTIVATION, by, name, *hashes, run_id, reason)
    if row is None:
        raise LookupError("The activation was not kept.")
    return row


async def activations(pool: Pool, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Who switched what on, the last one first; those of lower numbers than `before`."""
    return [dict(row) for row in await pool.fetch(ACTIVATIONS, _LAST if before is None else before, limit)]
