"""SQL of the intake: single complaints, their progress, refused mails, and what signed pushes were taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from services.intake.complaint import Complaint
from services.intake.identity.vault import Sealed
from shared.events import CaseDeclined, CaseEvent, CaseExtended, CaseReplied, CaseSuspended
from shared.postgres import Connection, Pool
from shared.wire import Received

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


class Entry(NamedTuple):
    """A complaint with what it is given on acceptance."""

    complaint_id: UUID
    ticket_number: str
    accepted_at: datetime
    complaint: Complaint
    sealed: Sealed
    # Of the reporter's numbers, by which their other complaints are found.
    traces: tuple[bytes, ...]


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
