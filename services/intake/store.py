"""All SQL of the intake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from services.intake.complaint import Complaint
from services.intake.vault import Sealed
from shared.events import CaseDeclined, CaseEvent, CaseExtended, CaseReplied, CaseSuspended
from shared.postgres import Connection, Pool
from shared.wire import Received

NEXT_TICKETS = "SELECT nextval('ticket_sequence') FROM generate_series(1, $1)"

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
RETURNING complaint_id
"""

FIND_BY_EXTERNAL_ID = """
SELECT complaint_id, ticket_number, channel, external_id, content_hash, accepted_at
FROM complaints
JOIN unnest($1::text[], $2::text[]) AS sought (channel, external_id) USING (channel, external_id)
"""

FIND_BY_TICKET = """
SELECT complaint_id, ticket_number, channel, kind, accepted_at FROM complaints WHERE ticket_number = $1
"""

INSERT_PROGRESS = """
INSERT INTO progress (event_id, complaint_id, at, version, status, department, reply)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::int[], $5::text[], $6::text[], $7::text[])
ON CONFLICT DO NOTHING
"""

INSERT_REFUSALS = """
INSERT INTO refusals (mailbox, mail_hash, code, reason, refused_at)
SELECT $1, mail_hash, code, reason, $5 FROM unnest($2::bytea[], $3::text[], $4::text[]) AS t (mail_hash, code, reason)
ON CONFLICT DO NOTHING
RETURNING code
"""

READ_REFUSALS = """
SELECT mailbox, mail_hash, code, reason, refused_at FROM refusals ORDER BY refused_at DESC, mailbox, mail_hash LIMIT $1
"""

COUNT_WITHOUT_CASE = """
SELECT count(*) FROM complaints
WHERE accepted_at BETWEEN now() - interval '7 days' AND now() - interval '10 minutes'
    AND NOT EXISTS (SELECT FROM progress WHERE progress.complaint_id = complaints.complaint_id)
"""

INSERT_NONCE = """
WITH expired AS (
    DELETE FROM push_nonces WHERE (key_id, nonce) IN (
        SELECT key_id, nonce FROM push_nonces WHERE expires_at < now() LIMIT 100 FOR UPDATE SKIP LOCKED
    )
)
INSERT INTO push_nonces (key_id, nonce, expires_at) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
RETURNING nonce
"""

READ_PROGRESS = "SELECT at, status, department, reply FROM progress WHERE complaint_id = $1 ORDER BY version"


@dataclass(frozen=True, slots=True)
class RefusedMail:
    """A mail without a ticket as a person may see it: a hash in place of its id, and the reason."""

    mail_hash: bytes
    code: str
    # Chinese, then English.
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A complaint with what it is given on acceptance."""

    complaint_id: UUID
    ticket_number: str
    accepted_at: datetime
    complaint: Complaint
    sealed: Sealed
    # Of the reporter's numbers, by which their other complaints are found.
    traces: tuple[bytes, ...]


async def next_ticket_sequences(connection: Connection, count: int) -> list[int]:
    return [row[0] for row in await connection.fetch(NEXT_TICKETS, count)]


async def insert_complaints(connection: Connection, entries: Sequence[Entry]) -> set[UUID]:
    """Insert those whose (channel, external id) is new and return their ids; vault_store seals who reported them."""
    # Always in one order: two transactions that share submissions wait for each other, but never in a circle.
    entries = sorted(entries, key=lambda e: (e.complaint.channel, e.complaint.external_id))
    complaints = [e.complaint for e in entries]
    rows = await connection.fetch(
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
    return {row["complaint_id"] for row in rows}


async def find_by_external_id(
    connection: Connection, complaints: Sequence[Complaint]
) -> Mapping[tuple[str, str], Record]:
    """The stored rows of these complaints by (channel, external id)."""
    rows = await connection.fetch(
        FIND_BY_EXTERNAL_ID, [c.channel for c in complaints], [c.external_id for c in complaints]
    )
    return {(row["channel"], row["external_id"]): row for row in rows}


async def find_by_ticket(pool: Pool, ticket_number: str) -> Record | None:
    return await pool.fetchrow(FIND_BY_TICKET, ticket_number)


async def insert_progress(connection: Connection, received: Sequence[Received[CaseEvent]]) -> None:
    events = [r.event for r in received]
    await connection.execute(
        INSERT_PROGRESS,
        [r.id for r in received],
        [e.complaint_id for e in events],
        [e.at for e in events],
        [e.version for e in events],
        [e.status for e in events],
        [e.department for e in events],
        [_words(e) for e in events],
    )


def _words(event: CaseEvent) -> str | None:
    match event:
        case CaseReplied():
            return event.reply
        case CaseDeclined():
            return event.lawful_channel
        # Why it takes longer: the reason that the department gave and somebody approved.
        case CaseExtended() | CaseSuspended():
            return event.reason
        case _:
            return None


async def read_progress(pool: Pool, complaint_id: UUID) -> list[Record]:
    return await pool.fetch(READ_PROGRESS, complaint_id)


async def insert_refusals(pool: Pool, mailbox: str, refused: Sequence[RefusedMail], now: datetime) -> list[str]:
    """Remember why these mails became no ticket; the codes of those that were not known yet are returned."""
    rows = await pool.fetch(
        INSERT_REFUSALS,
        mailbox,
        [mail.mail_hash for mail in refused],
        [mail.code for mail in refused],
        [mail.reason for mail in refused],
        now,
    )
    return [row["code"] for row in rows]


async def read_refusals(pool: Pool, limit: int) -> list[Record]:
    """The newest refusals first."""
    return await pool.fetch(READ_REFUSALS, limit)


async def insert_nonce(pool: Pool, key_id: str, nonce: str, expires_at: datetime) -> bool:
    """Remember a nonce, and forget some that have expired; False where it was known."""
    return await pool.fetchval(INSERT_NONCE, key_id, nonce, expires_at) is not None
