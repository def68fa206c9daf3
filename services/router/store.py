"""The router's SQL for complaints and their decisions."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.router.decision import Decision
from services.router.placement import Decided
from shared.events import ComplaintReceived
from shared.language import CaseStatus, DecisionSource, Urgency
from shared.postgres import Connection, Pool

INSERT_DECISIONS = """
INSERT INTO decisions (
    decision_id, complaint_id, department, source, rule, matter, accused, lawful_channel,
    reason, evidence, policy_hash, decided_at,
    hop, returns, tried, implicated, co_handlers, returnable, model_hash, placed_by, turn
)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::jsonb[], $11::text[], $12::timestamptz[],
    $13::smallint[], $14::smallint[], $15::jsonb[], $16::jsonb[], $17::jsonb[], $18::boolean[], $19::text[],
    $20::text[], $21::smallint[]
)
ON CONFLICT DO NOTHING
RETURNING decision_id
"""
KEEP_COMPLAINTS = """
INSERT INTO complaints (complaint_id, accepted_at, event)
SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::json[])
ON CONFLICT DO NOTHING
"""
READ_COMPLAINTS = "SELECT complaint_id, event FROM complaints WHERE complaint_id = ANY($1)"
# Who places complaints again holds them, in one order, and only then looks which decision is in force: a second one
# waits here and then sees what the first has done.
HOLD_COMPLAINTS = f"{READ_COMPLAINTS} ORDER BY complaint_id FOR UPDATE"
DECISIONS_IN_FORCE = """
SELECT
    decisions.*, (SELECT status FROM standings WHERE standings.complaint_id = decisions.complaint_id) AS standing
FROM decisions WHERE complaint_id = ANY($1) AND in_force
"""
END_DECISIONS = "UPDATE decisions SET in_force = false WHERE decision_id = ANY($1)"
DECISIONS_OF_COMPLAINT = """
SELECT decision_id, department, source, rule, matter, accused, lawful_channel, reason, evidence, policy_hash,
    model_hash, hop, returns, tried, implicated, co_handlers, returnable, placed_by, decided_at, in_force
FROM decisions WHERE complaint_id = $1 ORDER BY hop
"""


async def keep_complaints(connection: Connection, complaints: Sequence[ComplaintReceived]) -> None:
    """Keep what it takes to decide again."""
    await connection.execute(
        KEEP_COMPLAINTS,
        [c.complaint_id for c in complaints],
        [c.accepted_at for c in complaints],
        [c.model_dump_json(exclude_none=True) for c in complaints],
    )


async def insert_decisions(connection: Connection, decided: Sequence[Decided]) -> set[UUID]:
    """Insert the decisions of complaints that have none in force yet, and return the ids of those inserted."""
    decisions = [d.decision for d in decided]
    rows = await connection.fetch(
        INSERT_DECISIONS,
        [d.decision_id for d in decided],
        [d.complaint.complaint_id for d in decided],
        [d.department for d in decisions],
        [d.source for d in decisions],
        [d.rule for d in decisions],
        [d.matter for d in decisions],
        [d.accused for d in decisions],
        [d.lawful_channel for d in decisions],
        [d.reason for d in decisions],
        [orjson.dumps(d.evidence_json()).decode() for d in decisions],
        [d.policy_hash for d in decisions],
        [d.decided_at for d in decided],
        [d.hop for d in decided],
        [d.returns for d in decided],
        [orjson.dumps(d.tried).decode() for d in decided],
        [orjson.dumps(d.implicated).decode() for d in decided],
        [orjson.dumps(d.co_handlers).decode() for d in decisions],
        [d.returnable for d in decided],
        [d.model_hash for d in decisions],
        [d.placed_by for d in decided],
        [0 if d.complaint.urgency is Urgency.URGENT else 1 for d in decided],
    )
    return {row["decision_id"] for row in rows}


async def hold_in_force(connection: Connection, complaint_ids: Collection[UUID]) -> dict[UUID, Decided]:
    """The decision in force of each complaint, held against everybody else until the transaction ends.

    Complaints that were received before the router kept them are absent.
    """
    return await _in_force(connection, HOLD_COMPLAINTS, complaint_ids)


async def read_in_force(connection: Connection, complaint_ids: Collection[UUID]) -> dict[UUID, Decided]:
    """The decision in force of each complaint, which another may replace meanwhile."""
    return await _in_force(connection, READ_COMPLAINTS, complaint_ids)


async def _in_force(connection: Connection, query: str, complaint_ids: Collection[UUID]) -> dict[UUID, Decided]:
    events = {row["complaint_id"]: row["event"] for row in await connection.fetch(query, list(complaint_ids))}
    rows = await connection.fetch(DECISIONS_IN_FORCE, list(events))
    return {row["complaint_id"]: _decided(row, events[row["complaint_id"]]) for row in rows}


async def replace_decisions(connection: Connection, steps: Sequence[tuple[UUID, Decided]]) -> None:
    """End the decisions of the given ids and put each one's successor in force; the caller holds the complaints."""
    await connection.execute(END_DECISIONS, [ended for ended, _ in steps])
    inserted = await insert_decisions(connection, [successor for _, successor in steps])
    if len(inserted) != len(steps):
        raise LookupError("A complaint got another decision meanwhile, though it was held.")


async def decisions_of(pool: Pool, complaint_id: UUID) -> list[dict[str, Any]]:
    """Every decision on a complaint, the first one first."""
    rows = [dict(row) for row in await pool.fetch(DECISIONS_OF_COMPLAINT, complaint_id)]
    lists = ("tried", "implicated", "co_handlers")
    return [{**row, **{n: orjson.loads(row[n]) for n in lists}, **orjson.loads(row.pop("evidence"))} for row in rows]


def _decided(row: asyncpg.Record, event: str) -> Decided:
    """As it was decided, but for the evidence, from which nothing further follows."""
    # Of a case that ended before its standing was kept only that is known.
    standing = row["standing"] or (CaseStatus.CLOSED if row["closed"] else None)
    return Decided(
        row["decision_id"],
        ComplaintReceived.model_validate_json(event),
        Decision(
            department=row["department"],
            source=DecisionSource(row["source"]),
            reason=row["reason"],
            policy_hash=row["policy_hash"],
            rule=row["rule"],
            matter=row["matter"],
            accused=row["accused"],
            lawful_channel=row["lawful_channel"],
            co_handlers=tuple(orjson.loads(row["co_handlers"])),
            model_hash=row["model_hash"],
        ),
        row["decided_at"],
        row["hop"],
        row["returns"],
        tuple(orjson.loads(row["tried"])),
        tuple(orjson.loads(row["implicated"])),
        row["returnable"],
        row["placed_by"],
        CaseStatus(standing) if standing else None,
    )
