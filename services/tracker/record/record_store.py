"""The SQL of the record: its entries, its anchors, and what a check compares them with."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from services.tracker.lifecycle import CaseState
from services.tracker.record.record import Anchor, AnchoredHead, Entry, Happening, Head, Link, chained
from shared.language import CaseStatus
from shared.postgres import Connection, Pool

READ_HEADS = """
SELECT complaint_id, number, version, status, hash
FROM unnest($1::uuid[]) AS wanted (complaint_id)
CROSS JOIN LATERAL (
    SELECT number, version, status, hash FROM entries
    WHERE entries.complaint_id = wanted.complaint_id ORDER BY number DESC LIMIT 1
) AS head
"""

ENTRY_COLUMNS = (
    *("complaint_id", "number", "happened", "version", "status", "actor_role", "actor_department", "actor_subject"),
    *("deadline_id", "at", "note", "deadlines", "prev_hash", "hash"),
)

ANCHOR_IS_DUE = "SELECT coalesce(max(at) <= present() - $1::interval, true) FROM anchors"
# Waits for the transactions that are adding entries and holds new ones back for an instant: then no entry can still
# come in whose id is lower than the highest.
LOCK_ENTRIES = "SELECT lock_entries()"
NEWEST_ENTRY = "SELECT coalesce(max(id), 0) FROM entries"
NTH_ENTRY = "SELECT id FROM entries WHERE id > $1 AND id <= $2 ORDER BY id OFFSET $3 LIMIT 1"
LOCK_ANCHORS = "SELECT lock_anchors()"
LAST_ANCHOR = "SELECT number, at, last_id, prev_hash, hash FROM anchors ORDER BY number DESC LIMIT 1"
READ_CHANGED = """
SELECT DISTINCT ON (complaint_id) complaint_id, number, hash FROM entries WHERE id > $1 AND id <= $2
ORDER BY complaint_id, number DESC
"""
INSERT_ANCHOR = "INSERT INTO anchors (number, at, last_id, prev_hash, hash) VALUES ($1, $2, $3, $4, $5)"
INSERT_ANCHORED = """
INSERT INTO anchored (anchor_number, complaint_id, entry_number, entry_hash)
SELECT $1, * FROM unnest($2::uuid[], $3::integer[], $4::bytea[])
"""

READ_ANCHORS = "SELECT number, at, last_id, prev_hash, hash FROM anchors ORDER BY number"
READ_ANCHORED = "SELECT complaint_id, entry_number AS number, entry_hash AS hash FROM anchored WHERE anchor_number = $1"
# An entry that was anchored and is gone comes as a row without a hash.
READ_ENTRIES = """
SELECT
    coalesce(entries.complaint_id, anchored.complaint_id) AS complaint_id,
    coalesce(entries.number, anchored.entry_number) AS number,
    happened, version, status, actor_role, actor_department, actor_subject, deadline_id, at, note, deadlines, prev_hash,
    hash, entry_hash AS anchored_hash
FROM entries FULL JOIN anchored
    ON anchored.complaint_id = entries.complaint_id AND anchored.entry_number = entries.number
ORDER BY 1, 2
"""

# Where a table tells something else than the record: the case, the entry that is missing or doubtful, and why.
CASE_BESIDE_RECORD = """
SELECT complaint_id, coalesce(head.number, 0) + 1 AS number, CASE
    WHEN cases.version IS NULL THEN 'the case itself is gone'
    ELSE format(
        'is missing, or the case was changed: it stands at version %s, %s; its record ends with version %s, %s',
        cases.version, cases.status, coalesce(head.version, 0), coalesce(head.status, 'nothing')
    )
END AS why
FROM cases FULL JOIN (
    SELECT DISTINCT ON (complaint_id) complaint_id, number, version, status FROM entries
    ORDER BY complaint_id, number DESC
) AS head USING (complaint_id)
WHERE (cases.version, cases.status) IS DISTINCT FROM (head.version, head.status)
ORDER BY complaint_id LIMIT 1
"""
OUTCOME_BESIDE_RECORD = """
SELECT found.complaint_id, coalesce(
    number, (SELECT max(number) + 1 FROM entries WHERE entries.complaint_id = found.complaint_id), 1
) AS number, CASE
    WHEN number IS NULL THEN format('is missing: a deadline was %s', found.happened)
    ELSE format('tells that a deadline was %s, which the table of outcomes does not', found.happened)
END AS why
FROM (
    SELECT coalesce(told.complaint_id, kept.complaint_id) AS complaint_id, told.number, happened
    FROM (SELECT * FROM entries WHERE happened IN ('warned', 'urged', 'missed', 'supervised', 'notice_issued')) AS told
    FULL JOIN (
        SELECT complaint_id, deadline_id, outcome AS happened, outcomes.at
        FROM outcomes JOIN deadlines USING (deadline_id) WHERE outcome NOT IN ('met', 'ended')
    ) AS kept USING (deadline_id, happened, at)
    WHERE told.complaint_id IS NULL OR kept.complaint_id IS NULL
) AS found
ORDER BY 1, 2 LIMIT 1
"""
INACTION_BESIDE_RECORD = """
SELECT found.complaint_id, coalesce(
    number, (SELECT max(number) + 1 FROM entries WHERE entries.complaint_id = found.complaint_id), 1
) AS number, CASE
    WHEN number IS NULL THEN 'is missing: inaction was suspected'
    ELSE 'tells of suspected inaction, of which the table of inaction tells otherwise or nothing'
END AS why
FROM (
    SELECT complaint_id, told.number
    FROM (SELECT complaint_id, number, at, note FROM entries WHERE happened = 'suspected') AS told
    FULL JOIN (SELECT complaint_id, suspected_at AS at, evidence AS note, kind FROM inaction) AS kept
        USING (complaint_id, at, note)
    WHERE told.number IS NULL OR kept.kind IS NULL
) AS found
ORDER BY 1, 2 LIMIT 1
"""
DEADLINE_BESIDE_RECORD = """
SELECT coalesce(told.complaint_id, kept.complaint_id) AS complaint_id, coalesce(number, 1) AS number, format(
    'set other deadlines than the table of deadlines holds: %s', coalesce(told.deadline_id, kept.deadline_id)
) AS why
FROM (
    SELECT complaint_id, number, its.*
    FROM entries CROSS JOIN LATERAL jsonb_to_recordset(entries.deadlines::jsonb) AS its (
        deadline_id uuid, clock text, started_at timestamptz, term text, due_at timestamptz, warn_at timestamptz,
        provisional boolean, policy_hash text, calendar_version text, timeline_id uuid,
        replaces uuid, nature text, legal_basis text, inputs jsonb, department text
    )
    WHERE entries.deadlines IS NOT NULL
) AS told
FULL JOIN deadlines AS kept USING (deadline_id)
WHERE (
    told.complaint_id, told.clock, told.started_at, told.term, told.due_at, told.warn_at, told.provisional,
    told.policy_hash, told.calendar_version, told.timeline_id, told.replaces, coalesce(told.nature, 'committed'),
    told.legal_basis, told.inputs, told.department
) IS DISTINCT FROM (
    kept.complaint_id, kept.clock, kept.started_at, kept.term, kept.due_at, kept.warn_at, kept.provisional,
    kept.policy_hash, kept.calendar_version, kept.timeline_id, kept.replaces, kept.nature,
    kept.legal_basis, kept.inputs, kept.department
)
ORDER BY 1, 2 LIMIT 1
"""
# An entry names the suspicion that it is about at the end of its note; see `in_note` in verdicts.py.
JUDGEMENT_BESIDE_RECORD = """
SELECT found.complaint_id, coalesce(
    number, (SELECT max(number) + 1 FROM entries WHERE entries.complaint_id = found.complaint_id), 1
) AS number, CASE
    WHEN number IS NULL THEN format('is missing: suspected inaction was %s', found.happened)
    ELSE format('tells that suspected inaction was %s, of which its table tells otherwise or nothing', found.happened)
END AS why
FROM (
    SELECT complaint_id, told.number, happened, inaction_id
    FROM (
        SELECT complaint_id, number, happened, at, note FROM entries
        WHERE happened IN ('explained', 'confirmed', 'dismissed')
    ) AS told
    FULL JOIN (
        SELECT complaint_id, happened, at, format('%s（疑似不作为%s）', written, inaction_id) AS note, inaction_id
        FROM (
            SELECT inaction_id, 'explained' AS happened, explained_at AS at, text AS written FROM inaction_explanations
            UNION ALL
            SELECT inaction_id, verdict, at, reason FROM inaction_verdicts
        ) AS judged JOIN inaction USING (inaction_id)
    ) AS kept USING (complaint_id, happened, at, note)
    WHERE told.number IS NULL OR kept.inaction_id IS NULL
) AS found
ORDER BY 1, 2 LIMIT 1
"""
BESIDE_RECORD = (
    *(CASE_BESIDE_RECORD, DEADLINE_BESIDE_RECORD, OUTCOME_BESIDE_RECORD, INACTION_BESIDE_RECORD),
    JUDGEMENT_BESIDE_RECORD,
)

# The record of one case, as it is shown.
READ_RECORD = f"SELECT {', '.join(ENTRY_COLUMNS[1:])} FROM entries WHERE complaint_id = $1 ORDER BY number"  # noqa: S608

_ROWS_AT_ONCE = 5000


async def begin_record(connection: Connection, happenings: Sequence[Happening]) -> None:
    """Enter what happened to cases that the same transaction has just opened."""
    await _insert(connection, chained(happenings, {}))


async def append_to_record(connection: Connection, happenings: Sequence[Happening]) -> None:
    """Enter what happened to cases that the transaction has locked; the lock keeps their chains from forking."""
    rows = await connection.fetch(READ_HEADS, list({one.complaint_id for one in happenings}))
    heads = {row["complaint_id"]: _head(row) for row in rows}
    await _insert(connection, chained(happenings, heads))


async def _insert(connection: Connection, links: Sequence[Link]) -> None:
    # COPY: entries come by the hundred thousand in one second, and this takes half the time of INSERT on either side.
    await connection.copy_records_to_table("entries", columns=ENTRY_COLUMNS, records=map(_row, links))


def _row(link: Link) -> tuple[object, ...]:
    e = link.entry
    return (
        *(e.complaint_id, e.number, e.happened, e.version, e.status, e.actor_role, e.actor_department, e.actor_subject),
        *(e.deadline_id, e.at, e.note, e.deadlines, link.prev_hash, link.hash),
    )


async def insert_anchor(connection: Connection, anchor: Anchor, heads: Sequence[AnchoredHead]) -> None:
    await connection.execute(INSERT_ANCHOR, anchor.number, anchor.at, anchor.last_id, anchor.prev_hash, anchor.hash)
    await connection.execute(
        INSERT_ANCHORED,
        anchor.number,
        [head.complaint_id for head in heads],
        [head.number for head in heads],
        [head.hash for head in heads],
    )


async def last_anchor(connection: Connection) -> Anchor | None:
    row = await connection.fetchrow(LAST_ANCHOR)
    return None if row is None else _anchor(row)


async def changed_heads(connection: Connection, after_id: int, last_id: int) -> Sequence[AnchoredHead]:
    """The heads of the cases with entries whose id is in (after_id, last_id]."""
    return _anchored(await connection.fetch(READ_CHANGED, after_id, last_id))


async def read_anchors(connection: "Connection | Pool") -> Sequence[Anchor]:
    return [_anchor(row) for row in await connection.fetch(READ_ANCHORS)]


async def read_anchored(connection: Connection, anchor_number: int) -> Sequence[AnchoredHead]:
    return _anchored(await connection.fetch(READ_ANCHORED, anchor_number))


async def read_entries(connection: Connection) -> AsyncIterator[tuple[UUID, Link | None, bytes | None]]:
    """Each entry of each case in order, with the hash by which an anchor holds it; None for one that is gone."""
    async for row in connection.cursor(READ_ENTRIES, prefetch=_ROWS_AT_ONCE):
        yield row["complaint_id"], None if row["hash"] is None else _link(row), row["anchored_hash"]


def _head(row: Record) -> Head:
    return Head(row["number"], CaseState(CaseStatus(row["status"]), row["version"]), row["hash"])


def _link(row: Record) -> Link:
    at: datetime = row["at"]
    entry = Entry(
        complaint_id=row["complaint_id"],
        number=row["number"],
        happened=row["happened"],
        version=row["version"],
        status=row["status"],
        actor_role=row["actor_role"],
        actor_department=row["actor_department"],
        actor_subject=row["actor_subject"],
        deadline_id=row["deadline_id"],
        at=at,
        note=row["note"],
        deadlines=row["deadlines"],
    )
    return Link(entry, row["prev_hash"], row["hash"])


def _anchor(row: Record) -> Anchor:
    return Anchor(row["number"], row["at"], row["last_id"], row["prev_hash"], row["hash"])


def _anchored(rows: Iterable[Record]) -> Sequence[AnchoredHead]:
    return [AnchoredHead(row["complaint_id"], row["number"], row["hash"]) for row in rows]
