"""The record of a case (全过程记录) over HTTP: everything that happened to it, and who did it."""

from typing import Any
from uuid import UUID

import orjson
from asyncpg import Record
from fastapi import FastAPI

from services.tracker.api import Reader, no_such_case, require_readable
from services.tracker.record import record_store
from services.tracker.record.record import Fired, Judged
from shared.auth import Principal, Role
from shared.postgres import Pool

_SUPERVISION = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
# Whoever is suspected reads what was said of it where it explains itself; the next department of the case need not.
_OF_INACTION = frozenset({Fired.SUSPECTED, Fired.MISSED, *Judged})


def add_record_routes(app: FastAPI, pool: Pool) -> None:
    @app.get("/v1/cases/{case_id}/record", tags=["cases"])
    async def record(case_id: UUID, reader: Reader) -> dict[str, Any]:
        """Every entry of the case's chain in its order, with its hashes.

        `actor_subject` is the account of the person who acted. The supervision office and administrators see all of
        them, an officer those of the own department, everybody else none. Older entries have none.
        """
        await require_readable(pool, reader, case_id)
        rows = await pool.fetch(record_store.READ_RECORD, case_id)
        if not rows:
            raise no_such_case()
        return {"complaint_id": case_id, "items": [_shown(row, reader) for row in rows]}


def _shown(row: Record, reader: Principal) -> dict[str, Any]:
    supervises = not reader.roles.isdisjoint(_SUPERVISION)
    ours = Role.OFFICER in reader.roles and reader.department == row["actor_department"]
    return {
        **row,
        "actor_subject": row["actor_subject"] if supervises or ours else None,
        "note": row["note"] if supervises or ours or row["happened"] not in _OF_INACTION else None,
        "deadlines": orjson.loads(row["deadlines"]) if row["deadlines"] else [],
        "prev_hash": row["prev_hash"].hex(),
        "hash": row["hash"].hex(),
    }
