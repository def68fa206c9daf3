"""The SQL of repeats: a reporter's earlier complaints by their traces, and which complaint repeats which."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from services.intake.identity.vault_store import standing_of
from services.intake.repeats.likeness import COMPARED, Matter
from services.intake.repeats.repeats import Earlier, Repeat
from services.intake.store import Entry
from shared.postgres import Connection, Pool

# The newest $4 with each trace; ids grow with time, so those from $3 on are those since then. Of a text only the
# beginning is compared.
FIND_EARLIER = """
SELECT
    later_id, complaint_id, ticket_number, accepted_at, left(text, $5) AS text, place,
    confidentiality, accused, received_by, holder, status,
    ARRAY(SELECT department FROM accusations WHERE accusations.complaint_id = complaints.complaint_id) AS found_accused
FROM unnest($1::uuid[], $2::bytea[]) AS sought (later_id, trace)
CROSS JOIN LATERAL (
    SELECT blind_index.complaint_id FROM blind_index
    WHERE blind_index.trace = sought.trace AND blind_index.complaint_id >= $3
        AND blind_index.complaint_id < sought.later_id
    ORDER BY blind_index.complaint_id DESC LIMIT $4
) AS found (complaint_id)
JOIN complaints USING (complaint_id) LEFT JOIN standings USING (complaint_id)
"""

READ_REPEATS = """
SELECT
    repeats.complaint_id AS later_id, likeness, complaints.complaint_id, ticket_number, accepted_at,
    left(text, $2) AS text, place, confidentiality, accused, received_by, holder, status,
    ARRAY(SELECT department FROM accusations WHERE accusations.complaint_id = repeat_of) AS found_accused
FROM repeats JOIN complaints ON complaints.complaint_id = repeat_of
LEFT JOIN standings ON standings.complaint_id = repeat_of
WHERE repeats.complaint_id = ANY($1::uuid[])
"""

# Of one who complains every day the newest are enough.
COMPARED_WITH = 5
_TOLD_OF = 20
_LAST_ID = UUID(int=2**128 - 1)


async def find_earlier(
    connection: Connection, entries: Sequence[Entry], since: datetime
) -> Mapping[UUID, Sequence[Earlier]]:
    """What the reporters of `entries` brought before them, at `since` or later, by the id of the entry."""
    traces = [(entry.complaint_id, trace) for entry in entries for trace in entry.traces]
    if not traces:
        return {}
    later = [complaint_id for complaint_id, _ in traces]
    rows = await connection.fetch(
        FIND_EARLIER, later, [trace for _, trace in traces], _first_id(since), COMPARED_WITH, COMPARED
    )
    found: dict[UUID, dict[UUID, Earlier]] = {}
    for row in rows:
        # Found by telephone and by identity number it is still one.
        found.setdefault(row["later_id"], {})[row["complaint_id"]] = _earlier(row)
    return {later_id: list(each.values()) for later_id, each in found.items()}


async def find_of_reporter(pool: Pool, traces: Sequence[bytes]) -> list[Earlier]:
    """The newest complaints of whoever left one of `traces`, newest first."""
    rows = await pool.fetch(FIND_EARLIER, [_LAST_ID] * len(traces), list(traces), UUID(int=0), _TOLD_OF, COMPARED)
    by_id = {row["complaint_id"]: _earlier(row) for row in rows}
    return sorted(by_id.values(), key=lambda earlier: earlier.complaint_id, reverse=True)[:_TOLD_OF]


async def read_repeats(connection: Connection, complaint_ids: Sequence[UUID]) -> Mapping[UUID, Repeat]:
    """What these complaints were found to repeat when they were accepted."""
    rows = await connection.fetch(READ_REPEATS, complaint_ids, COMPARED)
    return {row["later_id"]: Repeat(_earlier(row), row["likeness"]) for row in rows}


def _earlier(row: Record) -> Earlier:
    return Earlier(
        row["complaint_id"],
        row["ticket_number"],
        row["accepted_at"],
        Matter(row["text"], row["place"]),
        standing_of(row),
    )


def _first_id(since: datetime) -> UUID:
    """The least id (UUID version 7: milliseconds first) that a complaint accepted at `since` could have."""
    return UUID(int=int(since.timestamp() * 1000) << 80)
