"""The SQL of the vault: sealed identities with their traces, who read one or looked one up, and changing keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Record

from services.intake.identity.reading_rules import Part, Purpose, Standing
from services.intake.identity.vault import Sealed
from shared.language import CaseStatus, Confidentiality
from shared.postgres import Connection, Pool
from shared.principal import Principal

READ_IDENTITY = """
SELECT complaint_id, confidentiality, accused, received_by, holder, status, departments AS helpers, key_id, sealed,
    ARRAY(SELECT department FROM accusations WHERE accusations.complaint_id = complaints.complaint_id) AS found_accused,
    EXISTS (SELECT FROM checked_phones WHERE checked_phones.complaint_id = complaints.complaint_id) AS phone_checked
FROM complaints LEFT JOIN vault USING (complaint_id) LEFT JOIN standings USING (complaint_id)
    LEFT JOIN helpers USING (complaint_id)
WHERE ticket_number = $1
"""

INSERT_READ = """
INSERT INTO vault_reads (subject, roles, department, purpose, note, ticket_number, complaint_id, parts, refused)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""

# The newest first; $1 is the last one of the page before, or NULL.
READ_READS = """
SELECT read_id, at, subject, roles, department, purpose, note, ticket_number, parts, refused IS NULL AS allowed, refused
FROM vault_reads WHERE read_id < coalesce($1, 9223372036854775807) ORDER BY read_id DESC LIMIT $2
"""

# A page asks at every pause of whoever types: the same answer to the same person within ten minutes is one look-up.
INSERT_LOOKUP = """
INSERT INTO number_lookups (subject, roles, department, ticket_numbers)
SELECT $1::text, $2::text[], $3::text, $4::text[] WHERE NOT EXISTS (
    SELECT FROM (SELECT * FROM number_lookups ORDER BY lookup_id DESC LIMIT 100) AS newest
    WHERE subject = $1 AND ticket_numbers = $4 AND at > clock_timestamp() - interval '10 minutes'
)
"""

READ_LOOKUPS = """
SELECT lookup_id, at, subject, roles, department, ticket_numbers
FROM number_lookups WHERE lookup_id < coalesce($1, 9223372036854775807) ORDER BY lookup_id DESC LIMIT $2
"""

# Rows under another key than those in use, in the order of their ids from $1 on; locked until they are written anew.
CLAIM_OLD = """
SELECT complaint_id, key_id, sealed FROM vault
WHERE complaint_id > $1 AND (key_id <> $2 OR index_key IS DISTINCT FROM $3)
ORDER BY complaint_id LIMIT $4 FOR UPDATE
"""
UPDATE_SEALED = """
UPDATE vault SET key_id = renewed.key_id, sealed = renewed.sealed, index_key = $4
FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS renewed (complaint_id, key_id, sealed)
WHERE vault.complaint_id = renewed.complaint_id
"""
DELETE_TRACES = "DELETE FROM blind_index WHERE complaint_id = ANY($1::uuid[])"
INSERT_TRACES = "INSERT INTO blind_index (trace, complaint_id) SELECT * FROM unnest($1::bytea[], $2::uuid[])"
COUNT_BY_KEY = "SELECT key_id, count(*) AS sealed FROM vault GROUP BY key_id"


def standing_of(row: Record) -> Standing:
    """What the rules of reading ask of the complaint in `row`."""
    return Standing(
        Confidentiality(row["confidentiality"]),
        row["holder"],
        CaseStatus(row["status"]) if row["status"] else None,
        frozenset(code for code in (row["accused"], *row["found_accused"]) if code),
        row["received_by"],
        # Who is told of a repeat is not asked whether they help.
        frozenset(row.get("helpers") or ()),
    )


async def read_identity(pool: Pool, ticket_number: str) -> Record | None:
    return await pool.fetchrow(READ_IDENTITY, ticket_number)


@dataclass(frozen=True, slots=True)
class Reading:
    """An identity that was read, or asked for in vain. `note` is redacted."""

    principal: Principal
    purpose: Purpose
    note: str | None
    ticket_number: str
    complaint_id: UUID | None = None
    parts: tuple[Part, ...] = ()
    refused: str | None = None


async def insert_read(pool: Pool, reading: Reading) -> None:
    await pool.execute(
        INSERT_READ,
        reading.principal.subject,
        sorted(reading.principal.roles),
        reading.principal.department,
        reading.purpose,
        reading.note,
        reading.ticket_number,
        reading.complaint_id,
        list(reading.parts),
        reading.refused,
    )


async def read_reads(pool: Pool, after: int | None, limit: int) -> list[Record]:
    return await pool.fetch(READ_READS, after, limit)


async def insert_lookup(pool: Pool, principal: Principal, ticket_numbers: Sequence[str]) -> None:
    """Record that `principal` asked by a number and is told that these tickets are its owner's."""
    await pool.execute(INSERT_LOOKUP, principal.subject, sorted(principal.roles), principal.department, ticket_numbers)


async def read_lookups(pool: Pool, after: int | None, limit: int) -> list[Record]:
    return await pool.fetch(READ_LOOKUPS, after, limit)


async def claim_old(
    connection: Connection, after: UUID, key_id: str, index_key: bytes, limit: int
) -> list[tuple[UUID, Sealed]]:
    """The next rows behind `after` that are not under these keys, locked for the caller's transaction."""
    rows = await connection.fetch(CLAIM_OLD, after, key_id, index_key, limit)
    return [(row["complaint_id"], Sealed(row["key_id"], row["sealed"])) for row in rows]


async def renew(
    connection: Connection,
    sealed: Mapping[UUID, Sealed],
    traces: Sequence[tuple[bytes, UUID]],
    index_key: bytes,
) -> None:
    """Put these in the place of what was sealed and traced before."""
    await connection.execute(
        UPDATE_SEALED,
        list(sealed),
        [each.key_id for each in sealed.values()],
        [each.ciphertext for each in sealed.values()],
        index_key,
    )
    await connection.execute(DELETE_TRACES, list(sealed))
    await connection.execute(INSERT_TRACES, [trace for trace, _ in traces], [owner for _, owner in traces])


async def count_by_key(pool: Pool) -> dict[str, int]:
    """How many rows are sealed with each key, by its id."""
    return {row["key_id"]: row["sealed"] for row in await pool.fetch(COUNT_BY_KEY)}
