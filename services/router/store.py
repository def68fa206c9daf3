"""All SQL of the router."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from services.router.decision import Decision
from shared.events import ComplaintReceived
from shared.postgres import Connection

INSERT_DECISIONS = """
INSERT INTO decisions (
    decision_id, complaint_id, department, source, rule, matter, accused, lawful_channel,
    reason, evidence, policy_hash, decided_at
)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::jsonb[], $11::text[], $12::timestamptz[]
)
ON CONFLICT DO NOTHING
RETURNING decision_id
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with its id, the complaint that it places and the instant at which it was made."""

    decision_id: UUID
    complaint: ComplaintReceived
    decision: Decision
    decided_at: datetime


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
    )
    return {row["decision_id"] for row in rows}
