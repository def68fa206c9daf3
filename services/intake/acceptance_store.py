"""The SQL of accepting: complaints and all that belongs to them, in one statement and so in one round trip.

One statement is one transaction: either all of it is committed or nothing is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from asyncpg import Record

from services.intake.complaint import Complaint
from services.intake.repeats import Repeat
from services.intake.store import Entry
from shared import outbox
from shared.postgres import Connection
from shared.topics import COMPLAINTS_RECEIVED
from shared.wire import Message

NEXT_TICKETS = "SELECT nextval('ticket_sequence') FROM generate_series(1, $1)"

# What belongs to a complaint whose (channel, external id) is known is left out with it. The outbox is filled in the
# order of acceptance, by which ids grow; the key of an event is its complaint's id.
ACCEPT = """
WITH new AS (
    INSERT INTO complaints (
        complaint_id, ticket_number, channel, external_id, kind, urgency, confidentiality,
        title, text, place, accused, received_by, operator, occurred_at, content_hash, language, accepted_at
    )
    SELECT given.*, $17 FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
        $14::timestamptz[], $15::bytea[], $16::text[]
    ) AS given
    ON CONFLICT (channel, external_id) DO NOTHING
    RETURNING complaint_id
), sealed AS (
    INSERT INTO vault (complaint_id, key_id, sealed, index_key)
    SELECT complaint_id, $18, sealed, $20 FROM unnest($1::uuid[], $19::bytea[]) AS given (complaint_id, sealed)
    JOIN new USING (complaint_id)
), told AS (
    INSERT INTO outbox (topic, key, headers, body)
    SELECT $21, convert_to(complaint_id::text, 'UTF8'), headers, body
    FROM unnest($1::uuid[], $22::text[], $23::bytea[]) AS given (complaint_id, headers, body)
    JOIN new USING (complaint_id)
    ORDER BY complaint_id
), traced AS (
    INSERT INTO blind_index (trace, complaint_id)
    SELECT trace, complaint_id FROM unnest($24::uuid[], $25::bytea[]) AS given (complaint_id, trace)
    JOIN new USING (complaint_id)
), linked AS (
    INSERT INTO repeats (complaint_id, repeat_of, likeness)
    SELECT complaint_id, repeat_of, likeness
    FROM unnest($26::uuid[], $27::uuid[], $28::real[]) AS given (complaint_id, repeat_of, likeness)
    JOIN new USING (complaint_id)
), requested AS (
    INSERT INTO open311_requests (complaint_id, service_code, requested_at, updated_at)
    SELECT complaint_id, service_code, date_trunc('second', $17::timestamptz), date_trunc('second', $17::timestamptz)
    FROM unnest($29::uuid[], $30::text[]) AS given (complaint_id, service_code)
    JOIN new USING (complaint_id)
)
SELECT complaint_id FROM new
"""

FIND_BY_EXTERNAL_ID = """
SELECT complaint_id, ticket_number, channel, external_id, content_hash, accepted_at
FROM complaints
JOIN unnest($1::text[], $2::text[]) AS sought (channel, external_id) USING (channel, external_id)
"""


async def next_ticket_sequences(connection: Connection, count: int) -> list[int]:
    return [row[0] for row in await connection.fetch(NEXT_TICKETS, count)]


@dataclass(frozen=True, slots=True)
class Batch:
    """Complaints that are accepted together, each with its event; what of them repeats what."""

    entries: Sequence[Entry]
    messages: Sequence[Message]
    repeats: Mapping[UUID, Repeat]
    accepted_at: datetime
    # Under which key all are sealed, and which key their traces were made with.
    key_id: str
    index_key: bytes


async def accept(connection: Connection, batch: Batch) -> set[UUID]:
    """Store those of `batch` whose (channel, external id) is new, with all that is theirs, and return their ids."""
    # Always in one order: two transactions that share submissions wait for each other, but never in a circle.
    rows = sorted(map(_row, batch.entries, batch.messages), key=_channel_and_external_id)
    columns = zip(*rows, strict=True)
    traces = [(entry.complaint_id, trace) for entry in batch.entries for trace in entry.traces]
    links = [(complaint_id, repeat.of.complaint_id, repeat.likeness) for complaint_id, repeat in batch.repeats.items()]
    requests = [(e.complaint_id, e.complaint.service) for e in batch.entries if e.complaint.service]
    stored = await connection.fetch(
        ACCEPT,
        *islice(columns, 16),
        batch.accepted_at,
        batch.key_id,
        next(columns),
        batch.index_key,
        COMPLAINTS_RECEIVED,
        *columns,
        *_columns(traces, 2),
        *_columns(links, 3),
        *_columns(requests, 2),
    )
    return {row[0] for row in stored}


def _row(entry: Entry, message: Message) -> tuple[Any, ...]:
    """The parameters $1 to $16, $19, $22 and $23."""
    complaint = entry.complaint
    return (
        entry.complaint_id,
        entry.ticket_number,
        complaint.channel,
        complaint.external_id,
        complaint.kind,
        complaint.urgency,
        complaint.confidentiality,
        complaint.title,
        complaint.text,
        complaint.place,
        complaint.accused,
        complaint.received_by,
        complaint.operator,
        complaint.occurred_at,
        complaint.content_hash,
        complaint.language,
        entry.sealed.ciphertext,
        outbox.written(message.headers),
        message.body,
    )


def _channel_and_external_id(row: tuple[Any, ...]) -> tuple[str, str]:
    return row[2], row[3]


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> Sequence[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * count


async def find_by_external_id(
    connection: Connection, complaints: Sequence[Complaint]
) -> Mapping[tuple[str, str], Record]:
    """The stored rows of these complaints by (channel, external id)."""
    rows = await connection.fetch(
        FIND_BY_EXTERNAL_ID, [c.channel for c in complaints], [c.external_id for c in complaints]
    )
    return {(row["channel"], row["external_id"]): row for row in rows}
