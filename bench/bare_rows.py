"""The statements of the bare inserts: the rows of accepted complaints, one statement for each table."""

from collections.abc import Sequence

from services.intake.store import Entry
from shared.postgres import Connection

INSERT_COMPLAINTS = """
INSERT INTO complaints (
    complaint_id, ticket_number, channel, external_id, kind, urgency, confidentiality,
    title, text, place, accused, received_by, operator, occurred_at, content_hash, accepted_at, language
)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
    $14::timestamptz[], $15::bytea[], $16::timestamptz[], $17::text[]
)
ON CONFLICT (channel, external_id) DO NOTHING
"""

INSERT_SEALED = """
WITH sealed AS (
    INSERT INTO vault (complaint_id, key_id, sealed, index_key)
    SELECT complaint_id, key_id, sealed, $4
    FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS t (complaint_id, key_id, sealed)
)
INSERT INTO blind_index (trace, complaint_id) SELECT * FROM unnest($5::bytea[], $6::uuid[])
"""


async def insert_complaints(connection: Connection, entries: Sequence[Entry]) -> None:
    """What the intake may tell others of."""
    complaints = [e.complaint for e in entries]
    await connection.execute(
        INSERT_COMPLAINTS,
        [e.complaint_id for e in entries],
        [e.ticket_number for e in entries],
        [c.channel for c in complaints],
        [c.external_id for c in complaints],
        [c.kind for c in complaints],
        [c.urgency for c in complaints],
        [c.confidentiality for c in complaints],
        [c.title for c in complaints],
        [c.text for c in complaints],
        [c.place for c in complaints],
        [c.accused for c in complaints],
        [c.received_by for c in complaints],
        [c.operator for c in complaints],
        [c.occurred_at for c in complaints],
        [c.content_hash for c in complaints],
        [e.accepted_at for e in entries],
        [c.language for c in complaints],
    )


async def insert_sealed(connection: Connection, entries: Sequence[Entry], index_key: bytes) -> None:
    """The sealed identities and their traces, made with the key named `index_key`."""
    traces = [(trace, entry.complaint_id) for entry in entries for trace in entry.traces]
    await connection.execute(
        INSERT_SEALED,
        [entry.complaint_id for entry in entries],
        [entry.sealed.key_id for entry in entries],
        [entry.sealed.ciphertext for entry in entries],
        index_key,
        [trace for trace, _ in traces],
        [complaint_id for _, complaint_id in traces],
    )
