"""The SQL of accepting: complaints and all that belongs to them, in one statement and so in one round trip.

One statement is one transaction: either all of it is committed or nothing is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from asyncpg import Record

from services.intake.complaint import Complaint
from services.intake.repeats.repeats import Repeat
from services.intake.store import Entry
from shared import outbox
from shared.postgres import Connection
from shared.topics import COMPLAINTS_RECEIVED
from shared.wire import Message

NEXT_TICKETS = "SELECT nextval('ticket_sequence') FROM generate_series(1, $1)"

# What belongs to a complaint whose (channel, external id) is known is left out with it. The outbox is filled in the
# order of acceptance, by which ids grow; the key of an event is its complaint's id.
ACCEPT = """
WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::accepting[])
), new AS (
    INSERT INTO complaints (
        complaint_id, ticket_number, channel, external_id, kind, urgency, confidentiality,
        title, text, place, accused, received_by, operator, occurred_at, content_hash, language, accepted_at
    )
    SELECT
        complaint_id, ticket_number, channel, external_id, kind, urgency, confidentiality,
        title, text, place, accused, received_by, operator, occurred_at, content_hash, language, $2
    FROM given
    ON CONFLICT (channel, external_id) DO NOTHING
    RETURNING complaint_id
), sealed AS (
    INSERT INTO vault (complaint_id, key_id, sealed, index_key)
    SELECT complaint_id, $3, sealed, $4 FROM given JOIN new USING (complaint_id)
), told AS (
    INSERT INTO outbox (topic, key, headers, body)
    SELECT $5, convert_to(complaint_id::text, 'UTF8'), headers, body
    FROM given JOIN new USING (complaint_id)
    ORDER BY complaint_id
), traced AS (
    INSERT INTO blind_index (trace, complaint_id)
    SELECT unnest(traces), complaint_id FROM given JOIN new USING (complaint_id)
), linked AS (
    INSERT INTO repeats (complaint_id, repeat_of, likeness)
    SELECT complaint_id, repeat_of, likeness FROM given JOIN new USING (complaint_id) WHERE repeat_of IS NOT NULL
), requested AS (
    INSERT INTO open311_requests (complaint_id, service_code, requested_at, updated_at)
    SELECT complaint_id, service_code, date_trunc('second', $2::timestamptz), date_trunc('second', $2::timestamptz)
    FROM given JOIN new USING (complaint_id) WHERE service_code IS NOT NULL
)
SELECT complaint_id FROM given EXCEPT SELECT complaint_id FROM new
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
    """Store what of `batch` is a new (channel, external id), with all that is its own; return the ids of the rest."""
    rows = [
        _row(entry, message, batch.repeats.get(entry.complaint_id))
        for entry, message in zip(batch.entries, batch.messages, strict=True)
    ]
    # Always in one order: two transactions that share submissions wait for each other, but never in a circle.
    rows.sort(key=_CHANNEL_AND_EXTERNAL_ID)
    rest = await connection.fetch(ACCEPT, rows, batch.accepted_at, batch.key_id, batch.index_key, COMPLAINTS_RECEIVED)
    return {row[0] for row in rest}


_CHANNEL_AND_EXTERNAL_ID = itemgetter(2, 3)


def _row(entry: Entry, message: Message, repeat: Repeat | None) -> tuple[Any, ...]:
    """As the database's type `accepting` has it."""
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
        entry.traces,
        repeat.of.complaint_id if repeat else None,
        repeat.likeness if repeat else None,
        complaint.service,
    )


async def find_by_external_id(
    connection: Connection, complaints: Sequence[Complaint]
) -> Mapping[tuple[str, str], Record]:
    """The stored rows of these complaints by (channel, external id)."""
    rows = await connection.fetch(
        FIND_BY_EXTERNAL_ID, [c.channel for c in complaints], [c.external_id for c in complaints]
    )
    return {(row["channel"], row["external_id"]): row for row in rows}
