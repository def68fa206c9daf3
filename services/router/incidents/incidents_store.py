"""The SQL of incidents as they grow: fingerprints and their keys, and who belongs where."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from asyncpg import Record

from services.router.incidents.fingerprints import Fingerprint
from services.router.incidents.incidents import NEWEST, Joined, Known, Told
from shared.postgres import Connection, Pool

# Whoever says what belongs together says it after the one before has committed, so that no two look past each other.
LOCK_INCIDENTS = "SELECT pg_advisory_xact_lock(7142, hashtext(current_schema()))"

LET_WAIT = "INSERT INTO to_gather (complaint_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING"
# Placing goes first: as long as something was decided an instant ago, only what has waited for long is taken.
TAKE = """
WITH lately AS (SELECT coalesce(max(decided_at) > now() - interval '0.3 seconds', false) AS placed FROM to_gather)
DELETE FROM to_gather WHERE complaint_id = ANY(ARRAY(
    SELECT complaint_id FROM to_gather CROSS JOIN lately
    WHERE decided_at <= now() - CASE WHEN placed THEN $1::interval ELSE interval '0' END
    ORDER BY decided_at, complaint_id LIMIT $2
))
RETURNING complaint_id
"""

# Of each key the newest, from the index alone, however many share it.
FIND_ALIKE = """
WITH asked AS MATERIALIZED (SELECT * FROM unnest($1::integer[], $2::bigint[], $3::timestamptz[]) AS a (asker, key, at)),
alike AS MATERIALIZED (
    SELECT near.complaint_id, array_agg(DISTINCT asker) AS askers
    FROM asked CROSS JOIN LATERAL (
        SELECT complaint_id FROM fingerprint_keys
        WHERE fingerprint_keys.key = asked.key
            AND fingerprint_keys.at >= asked.at - $4::interval AND fingerprint_keys.at <= asked.at + $4::interval
        ORDER BY fingerprint_keys.at DESC LIMIT $5
    ) AS near
    GROUP BY near.complaint_id
)
SELECT
    kept.complaint_id, askers, at, characters, towns, names, parts, matter, implicated, happenings, incident_id,
    coalesce(version, 0) AS version
FROM alike
CROSS JOIN LATERAL (SELECT * FROM fingerprints WHERE fingerprints.complaint_id = alike.complaint_id LIMIT 1) AS kept
LEFT JOIN LATERAL (
    SELECT incident_id, version FROM memberships
    WHERE memberships.complaint_id = kept.complaint_id AND in_force LIMIT 1
) AS said ON true
"""
KEEP_FINGERPRINTS = """
WITH kept AS (
    INSERT INTO fingerprints (complaint_id, at, characters, towns, names, parts, matter, implicated, happenings)
    SELECT * FROM unnest(
        $1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[]
    )
    ON CONFLICT DO NOTHING
)
INSERT INTO fingerprint_keys (complaint_id, key, at)
SELECT * FROM unnest($10::uuid[], $11::bigint[], $12::timestamptz[])
"""
FORGET_KEYS_OF = "DELETE FROM fingerprint_keys WHERE complaint_id = ANY($1) AND at >= $2 AND at <= $3"
# What is too old to be the same as anything that still comes; in slices, so that no transaction is long.
FORGET_KEYS = """
DELETE FROM fingerprint_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM fingerprint_keys WHERE at < $1 LIMIT $2))
"""
FORGET_FINGERPRINTS = """
DELETE FROM fingerprints WHERE ctid = ANY(ARRAY(SELECT ctid FROM fingerprints WHERE at < $1 LIMIT $2))
"""

READ_IN_FORCE = "SELECT complaint_id, incident_id, version FROM memberships WHERE complaint_id = ANY($1) AND in_force"
END_IN_FORCE = "UPDATE memberships SET in_force = false WHERE complaint_id = ANY($1) AND in_force"
EXISTS = "SELECT EXISTS (SELECT FROM memberships WHERE incident_id = $1 AND in_force)"
# The caller has ended what was in force.
SAY = """
INSERT INTO memberships (
    complaint_id, version, incident_id, accepted_at, said_at, said_by, because, resembles, score
)
SELECT complaint_id, version, incident_id, accepted_at, $9, said_by, because, resembles, score
FROM unnest(
    $1::uuid[], $2::integer[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::uuid[], $8::real[]
) AS said (complaint_id, version, incident_id, accepted_at, said_by, because, resembles, score)
"""
# An incident that takes another in has been told of as often as that one.
TAKE_OVER_LEVELS = """
INSERT INTO hotspots (incident_id, level, raised_at, complaints, told)
SELECT DISTINCT ON (stays, level) stays, level, raised_at, complaints, false
FROM unnest($1::uuid[], $2::uuid[]) AS merged (gone, stays) JOIN hotspots ON hotspots.incident_id = gone
ON CONFLICT DO NOTHING
"""
MOVE_MEMBERS = """
WITH moved AS (
    UPDATE memberships SET in_force = false FROM unnest($1::uuid[], $2::uuid[]) AS merged (gone, stays)
    WHERE incident_id = gone AND in_force
    RETURNING complaint_id, version + 1 AS version, stays, accepted_at
)
SELECT complaint_id, version, stays, accepted_at FROM moved
"""


async def lock(connection: Connection) -> None:
    await connection.execute(LOCK_INCIDENTS)


async def let_wait(connection: Connection, complaint_ids: Sequence[UUID]) -> None:
    """Let these wait until somebody compares them."""
    await connection.execute(LET_WAIT, complaint_ids)


async def take(connection: Connection, patience: timedelta, limit: int) -> list[UUID]:
    """The oldest that wait, which wait no more; while others are being decided only those older than `patience`."""
    return [row["complaint_id"] for row in await connection.fetch(TAKE, patience, limit)]


async def find_alike(
    connection: "Connection | Pool", told: Sequence[Told], window: timedelta
) -> tuple[Sequence[Known], Mapping[UUID, Sequence[int]]]:
    """The complaints that share a key with one of `told`, and of each with which (by place)."""
    asked = [(place, key, one.fingerprint.at) for place, one in enumerate(told) for key in one.keys]
    rows = await connection.fetch(FIND_ALIKE, *map(list, zip(*asked, strict=True)), window, NEWEST)
    known = [Known(row["complaint_id"], _fingerprint(row), row["incident_id"], row["version"]) for row in rows]
    return known, {row["complaint_id"]: row["askers"] for row in rows}


async def keep(connection: Connection, told: Sequence[Told]) -> None:
    prints = [one.fingerprint for one in told]
    keys = [(one.complaint_id, key, one.fingerprint.at) for one in told for key in one.keys]
    await connection.execute(
        KEEP_FINGERPRINTS,
        [one.complaint_id for one in told],
        [one.at for one in prints],
        [one.characters for one in prints],
        [" ".join(one.towns) for one in prints],
        [" ".join(one.names) for one in prints],
        [" ".join(one.parts) for one in prints],
        [one.matter for one in prints],
        [" ".join(one.implicated) for one in prints],
        [" ".join(one.happenings) for one in prints],
        *map(list, zip(*keys, strict=True)),
    )


async def in_force(
    connection: "Connection | Pool", complaint_ids: Collection[UUID]
) -> dict[UUID, tuple[UUID | None, int]]:
    """The incident and the version of each complaint that is not alone; no incident where a person took it out."""
    rows = await connection.fetch(READ_IN_FORCE, list(complaint_ids))
    return {row["complaint_id"]: (row["incident_id"], row["version"]) for row in rows}


async def say(connection: Connection, joined: Sequence[Joined], now: datetime) -> None:
    """Write down who belongs where; what was in force of them has been ended."""
    await connection.execute(
        SAY,
        [one.complaint_id for one in joined],
        [one.version for one in joined],
        [one.incident_id for one in joined],
        [one.accepted_at for one in joined],
        [one.said_by for one in joined],
        [one.because for one in joined],
        [one.resembles for one in joined],
        [one.score for one in joined],
        now,
    )


async def end_in_force(connection: Connection, complaint_ids: Collection[UUID]) -> None:
    await connection.execute(END_IN_FORCE, list(complaint_ids))


async def exists(connection: Connection, incident_id: UUID) -> bool:
    """Whether any complaint is said to tell of it."""
    found: bool = await connection.fetchval(EXISTS, incident_id)
    return found


async def compare_no_more(connection: Connection, taken_out: Sequence[Joined]) -> None:
    """Let no later complaint be compared with these."""
    times = [one.accepted_at for one in taken_out]
    await connection.execute(FORGET_KEYS_OF, [one.complaint_id for one in taken_out], min(times), max(times))


async def move_members(connection: Connection, merged: Mapping[UUID, UUID]) -> Sequence[Record]:
    """End the memberships in incidents that turned out to be others; what each member's next one is to be."""
    await connection.execute(TAKE_OVER_LEVELS, list(merged), list(merged.values()))
    return await connection.fetch(MOVE_MEMBERS, list(merged), list(merged.values()))


async def forget(pool: Pool, before: datetime, at_once: int) -> int:
    """Delete at most `at_once` keys and fingerprints each from before that instant; how many were deleted."""
    tags = [await pool.execute(query, before, at_once) for query in (FORGET_KEYS, FORGET_FINGERPRINTS)]
    return sum(int(tag.rpartition(" ")[2]) for tag in tags)


def _fingerprint(row: Record) -> Fingerprint:
    return Fingerprint(
        row["at"],
        row["characters"],
        _list(row["towns"]),
        _list(row["names"]),
        _list(row["parts"]),
        row["matter"],
        _list(row["implicated"]),
        _list(row["happenings"]),
    )


# Those that are alike name the same few places.
@lru_cache(maxsize=4096)
def _list(written: str) -> tuple[str, ...]:
    return tuple(written.split())
