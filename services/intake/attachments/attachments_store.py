"""SQL of the attachments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from services.intake.attachments.attachment_content import MediaType
from shared.postgres import Connection, Pool

# Whoever stores a file holds the lock until its row is committed, together with others; whoever removes one, alone.
HOLD_FILES = "SELECT pg_advisory_xact_lock_shared(hashtextextended('intake.attachments', 0))"
HOLD_FILES_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('intake.attachments', 0))"

# Two uploads at once must not both find room for the last one.
LOCK_COMPLAINT = "SELECT FROM complaints WHERE complaint_id = $1 FOR NO KEY UPDATE"

FIND_COMPLAINT = """
SELECT complaint_id, confidentiality, accused, received_by, holder, status, departments AS helpers,
    ARRAY(SELECT department FROM accusations WHERE accusations.complaint_id = complaints.complaint_id) AS found_accused
FROM complaints LEFT JOIN standings USING (complaint_id) LEFT JOIN helpers USING (complaint_id)
WHERE ticket_number = $1
"""

READ_HASHES = "SELECT sha256 FROM attachments WHERE complaint_id = $1"

INSERT_ATTACHMENTS = """
INSERT INTO attachments (complaint_id, sha256, media_type, size, at)
SELECT $1, sha256, media_type, size, $5
FROM unnest($2::bytea[], $3::text[], $4::int[]) AS new (sha256, media_type, size)
ON CONFLICT DO NOTHING
"""

INSERT_REFUSED_ATTACHMENTS = """
INSERT INTO refused_attachments (complaint_id, number, code, reason, at)
SELECT $1, number, code, reason, $5
FROM unnest($2::int[], $3::text[], $4::text[]) AS new (number, code, reason)
ON CONFLICT DO NOTHING
"""

READ_ATTACHMENTS = """
SELECT sha256, media_type, size, at FROM attachments WHERE complaint_id = $1 ORDER BY at, sha256
"""

READ_REFUSED_ATTACHMENTS = """
SELECT number, reason, at FROM refused_attachments WHERE complaint_id = $1 ORDER BY number
"""

FIND_ATTACHMENT = "SELECT media_type FROM attachments WHERE complaint_id = $1 AND sha256 = $2"

FIND_BELONGING = "SELECT DISTINCT sha256 FROM attachments WHERE sha256 = ANY($1::bytea[])"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file whose bytes are stored."""

    sha256: bytes
    media_type: MediaType
    size: int


@dataclass(frozen=True, slots=True)
class RefusedAttachment:
    """Which of the files of a mail was not kept, and why."""

    number: int
    code: str
    reason: str


async def find_complaint(pool: Pool, ticket_number: str) -> Record | None:
    """Its id, with what the rules of reading ask of it (vault_store.standing_of)."""
    return await pool.fetchrow(FIND_COMPLAINT, ticket_number)


async def insert_attachments(connection: Connection, complaint_id: UUID, kept: Sequence[Kept], now: datetime) -> None:
    await connection.execute(
        INSERT_ATTACHMENTS,
        complaint_id,
        [one.sha256 for one in kept],
        [one.media_type for one in kept],
        [one.size for one in kept],
        now,
    )


async def insert_refused(
    connection: Connection, complaint_id: UUID, refused: Sequence[RefusedAttachment], now: datetime
) -> None:
    await connection.execute(
        INSERT_REFUSED_ATTACHMENTS,
        complaint_id,
        [one.number for one in refused],
        [one.code for one in refused],
        [one.reason for one in refused],
        now,
    )


async def read_hashes(connection: Connection, complaint_id: UUID) -> set[bytes]:
    """What the complaint has already; until the transaction ends nobody else adds to it."""
    await connection.execute(LOCK_COMPLAINT, complaint_id)
    return {row["sha256"] for row in await connection.fetch(READ_HASHES, complaint_id)}


async def read_attachments(pool: Pool, complaint_id: UUID) -> list[Record]:
    """Oldest first."""
    return await pool.fetch(READ_ATTACHMENTS, complaint_id)


async def read_refused(pool: Pool, complaint_id: UUID) -> list[Record]:
    return await pool.fetch(READ_REFUSED_ATTACHMENTS, complaint_id)


async def find_attachment(pool: Pool, complaint_id: UUID, sha256: bytes) -> str | None:
    """Its media type; None where the complaint has no such file."""
    media_type: str | None = await pool.fetchval(FIND_ATTACHMENT, complaint_id, sha256)
    return media_type


async def find_belonging(connection: Connection, hashes: Sequence[bytes]) -> set[bytes]:
    """Those of `hashes` that some complaint has."""
    return {row["sha256"] for row in await connection.fetch(FIND_BELONGING, hashes)}
