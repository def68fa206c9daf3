"""What became of a complaint, for whoever holds its ticket number and its query code."""

from typing import Any

from asyncpg import Record

from services.intake import store
from services.intake.ticket import code_matches, is_ticket_number
from shared.http import Problem
from shared.postgres import Pool


async def opened_by(pool: Pool, query_code_key: bytes, ticket_number: str, query_code: str) -> Record:
    """The complaint that the two open; Problem where they do not."""
    row = await store.find_by_ticket(pool, ticket_number) if is_ticket_number(ticket_number) else None
    if row is None or not code_matches(query_code_key, row["complaint_id"], query_code):
        # The same answer either way: nobody learns which ticket numbers exist.
        raise Problem(
            404,
            "没有找到该工单，请核对工单编号和查询码。",
            "There is no such ticket; please check the ticket number and the query code.",
        )
    return row


async def progress_of(pool: Pool, query_code_key: bytes, ticket_number: str, query_code: str) -> dict[str, Any]:
    """The complaint and its steps, oldest first; Problem where the two do not open one."""
    row = await opened_by(pool, query_code_key, ticket_number, query_code)
    steps = await store.read_progress(pool, row["complaint_id"])
    return {
        "ticket_number": row["ticket_number"],
        "channel": row["channel"],
        "kind": row["kind"],
        "accepted_at": row["accepted_at"],
        "status": steps[-1]["status"] if steps else "accepted",
        "progress": [dict(step) for step in steps],
    }
