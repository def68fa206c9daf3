"""The SQL of cases and their deadlines; that of timers and of the record stands in modules of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from asyncpg import Record

from services.tracker.assigning import Followed
from services.tracker.deadlines.deadline_rows import DeadlineRow, in_record
from services.tracker.lifecycle import Action, Actor, CaseState, Role
from services.tracker.opening import FIRST_VERSION, OpenedCase
from services.tracker.record.record import Happening
from services.tracker.record.record_store import begin_record
from services.tracker.timers.timers_store import insert_timers, lock_timers
from shared.language import CaseStatus, Clock, Confidentiality, DepartmentCode, Kind, Urgency
from shared.postgres import Connection, Pool

PRESENT = "SELECT present()"

INSERT_CASES = """
INSERT INTO cases (
    complaint_id, ticket_number, department, channel, kind, urgency, confidentiality, matter, title, text, place,
    reason, lawful_channel, decision_id, accepted_at, hop, returnable, opened_at, status, version
)
SELECT assigned.*, $18, $19, $20
FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::timestamptz[], $16::integer[],
    $17::boolean[]
) AS assigned
ON CONFLICT (complaint_id) DO NOTHING
RETURNING complaint_id
"""

INSERT_TIMELINES = """
INSERT INTO timelines (timeline_id, days)
SELECT * FROM unnest($1::uuid[], $2::jsonb[])
ON CONFLICT DO NOTHING
"""

INSERT_DEADLINES = """
INSERT INTO deadlines (
    deadline_id, complaint_id, clock, started_at, term, due_at, warn_at, provisional,
    policy_hash, calendar_version, timeline_id, replaces, replaced_because, nature, legal_basis, inputs, department
)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::timestamptz[], $7::timestamptz[],
    $8::boolean[], $9::text[], $10::text[], $11::uuid[], $12::uuid[], $13::text[], $14::text[], $15::text[],
    $16::jsonb[], $17::text[]
)
"""

# No key update: rows that refer to the case, such as the sweeper's, are inserted without waiting for whoever moves it.
LOCK_CASE = """
SELECT
    status, version, department, in_transit, returnable, kind, urgency, confidentiality, decision_id, hop
FROM cases WHERE complaint_id = $1 FOR NO KEY UPDATE
"""
UPDATE_CASE = "UPDATE cases SET status = $2, version = $3 WHERE complaint_id = $1"

# Those that nothing has taken the place of; those of co-handlers are not among them.
READ_LATEST_DEADLINES = """
SELECT clock, deadline_id FROM deadlines
WHERE complaint_id = $1 AND nature = 'committed' AND clock <> 'contribute' AND NOT EXISTS (
    SELECT FROM deadlines AS later WHERE later.complaint_id = $1 AND later.replaces = deadlines.deadline_id
)
"""

# A case as callers see it; what follows says which.
CASE = """
SELECT
    complaint_id, ticket_number, department, channel, kind, urgency, confidentiality, matter, title, text, place,
    reason, lawful_channel, status, version, hop, returnable, in_transit, contacted, satisfaction,
    accepted_at, opened_at,
    (SELECT incident_id FROM case_incidents WHERE case_incidents.complaint_id = cases.complaint_id) AS incident_id,
    (
        SELECT jsonb_agg(
            jsonb_build_object(
                'clock', clock, 'nature', nature, 'term', term, 'due_at', due_at, 'warn_at', warn_at,
                'provisional', provisional, 'policy_hash', policy_hash, 'calendar_version', calendar_version,
                'department', department,
                'outcomes', (
                    SELECT coalesce(jsonb_object_agg(outcome, at), '{}') FROM outcomes
                    WHERE outcomes.deadline_id = deadlines.deadline_id
                )
            ) ORDER BY due_at, clock
        )
        FROM deadlines WHERE deadlines.complaint_id = cases.complaint_id
    ) AS deadlines
FROM cases
"""
# Whose case it is: of whoever holds it, and of the co-handlers of a joint matter.
FIND_DEPARTMENTS = """
SELECT department FROM cases WHERE complaint_id = $1 AND NOT in_transit
UNION ALL
SELECT department FROM contributions WHERE complaint_id = $1 AND released_at IS NULL
"""

READ_CASE = CASE + "WHERE complaint_id = $1"

READ_DEADLINES = """
SELECT
    deadline_id, clock, nature, legal_basis, started_at, term, due_at, warn_at, provisional, policy_hash,
    calendar_version, inputs, department,
    CASE WHEN replaces IS NOT NULL THEN
        jsonb_build_object('deadline_id', replaces, 'because', replaced_because)
    END AS replaces,
    (
        SELECT jsonb_build_object('deadline_id', later.deadline_id, 'because', later.replaced_because)
        FROM deadlines AS later
        WHERE later.complaint_id = $1 AND later.replaces = deadlines.deadline_id
        ORDER BY later.started_at LIMIT 1
    ) AS replaced_by,
    (
        SELECT coalesce(jsonb_object_agg(outcome, at), '{}') FROM outcomes
        WHERE outcomes.deadline_id = deadlines.deadline_id
    ) AS outcomes,
    timelines.days AS timeline
FROM deadlines JOIN timelines USING (timeline_id)
WHERE complaint_id = $1
ORDER BY started_at, due_at, clock
"""

# Bounds instead of an equality, and no condition on $2: so the page is read from cases_queue, from where the last one
# ended, whatever the planner believes of the other departments' cases.
READ_QUEUE = (
    CASE
    + """
WHERE (department, complaint_id) > ($1, coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'))
    AND department <= $1 AND NOT in_transit
ORDER BY department, complaint_id LIMIT $3
"""
)
# The same from cases_queue_of_status: what has another status by now, above all what is closed, is not walked over.
READ_QUEUE_OF_STATUS = (
    CASE
    + """
WHERE department = $1 AND status = $4 AND NOT in_transit
    AND complaint_id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY complaint_id LIMIT $3
"""
)

COUNT_OPEN_CASES = """
SELECT department, status, count(*) AS cases FROM cases
WHERE status NOT IN ('closed', 'declined') GROUP BY department, status
"""

COUNT_OVERDUE = """
SELECT coalesce(deadlines.department, cases.department) AS department, deadlines.clock, count(*) AS overdue
FROM outcomes missed JOIN deadlines USING (deadline_id) JOIN cases USING (complaint_id)
WHERE missed.outcome = 'missed' AND nature = 'committed'
    AND NOT EXISTS (SELECT FROM outcomes o WHERE o.deadline_id = missed.deadline_id AND o.outcome IN ('met', 'ended'))
GROUP BY 1, deadlines.clock
"""

SET_SIMULATED_CLOCK = """
INSERT INTO simulated_clock (ahead) VALUES ($1) ON CONFLICT (only_row) DO UPDATE SET ahead = excluded.ahead
"""
IS_SIMULATED = "SELECT EXISTS (SELECT FROM simulated_clock)"


async def present(connection: "Connection | Pool") -> datetime:
    """The one clock: the database's, or ahead of it in a simulation."""
    now: datetime = await connection.fetchval(PRESENT)
    return now


async def insert_cases(connection: Connection, opened: Sequence[OpenedCase]) -> set[UUID]:
    """Insert the cases that do not exist yet, with deadlines, timers and first entry, and return their ids."""
    assigned = [o.assigned for o in opened]
    opened_at = opened[0].opened_at
    rows = await connection.fetch(
        INSERT_CASES,
        [a.complaint_id for a in assigned],
        [a.ticket_number for a in assigned],
        [a.department for a in assigned],
        [a.channel for a in assigned],
        [a.kind for a in assigned],
        [a.urgency for a in assigned],
        [a.confidentiality for a in assigned],
        [a.matter for a in assigned],
        [a.title for a in assigned],
        [a.text for a in assigned],
        [a.place for a in assigned],
        [a.reason for a in assigned],
        [a.lawful_channel for a in assigned],
        [a.decision_id for a in assigned],
        [a.accepted_at for a in assigned],
        [a.hop for a in assigned],
        [a.returnable for a in assigned],
        opened_at,
        CaseStatus.DISPATCHED,
        FIRST_VERSION,
    )
    inserted = {row["complaint_id"] for row in rows}
    deadlines = [d for o in opened if o.assigned.complaint_id in inserted for d in o.deadlines]
    await insert_deadlines(connection, deadlines)
    await begin_record(connection, [_opening(o) for o in opened if o.assigned.complaint_id in inserted])
    return inserted


async def insert_deadlines(connection: Connection, deadlines: Sequence[DeadlineRow]) -> None:
    """Insert deadlines with their timelines and start their timers."""
    # In order, so that two replicas that bring the same ones never wait for each other in turn.
    timelines = sorted({d.timeline for d in deadlines}, key=lambda timeline: timeline.timeline_id)
    await connection.execute(INSERT_TIMELINES, [t.timeline_id for t in timelines], [t.days for t in timelines])
    await connection.execute(
        INSERT_DEADLINES,
        [d.deadline_id for d in deadlines],
        [d.complaint_id for d in deadlines],
        [d.clock for d in deadlines],
        [d.due.opened_at for d in deadlines],
        [str(d.due.term) for d in deadlines],
        [d.due.due_at for d in deadlines],
        [d.warn_at for d in deadlines],
        [d.due.provisional for d in deadlines],
        [d.policy_hash for d in deadlines],
        [d.due.calendar_version for d in deadlines],
        [d.timeline.timeline_id for d in deadlines],
        [d.replaces for d in deadlines],
        [d.replaced_because for d in deadlines],
        [d.nature for d in deadlines],
        [d.legal_basis for d in deadlines],
        [orjson.dumps(inputs).decode() if (inputs := d.inputs) else None for d in deadlines],
        [d.department for d in deadlines],
    )
    await insert_timers(connection, [(d.deadline_id, timer) for d in deadlines for timer in d.timers])


_ROUTER = Actor(Role.SYSTEM)


def _opening(opened: OpenedCase) -> Happening:
    return Happening(
        opened.assigned.complaint_id,
        Action.ASSIGN,
        _ROUTER,
        opened.opened_at,
        CaseState(CaseStatus.DISPATCHED, FIRST_VERSION),
        deadlines=in_record(opened.deadlines),
    )


@dataclass(frozen=True, slots=True)
class LockedCase:
    """`department` is the last that held it, and holds it now unless a granted return is on its way."""

    state: CaseState
    department: DepartmentCode
    in_transit: bool
    returnable: bool
    kind: Kind
    urgency: Urgency
    confidentiality: Confidentiality
    followed: Followed

    @property
    def holder(self) -> DepartmentCode | None:
        return None if self.in_transit else self.department


async def lock_case(connection: Connection, complaint_id: UUID) -> LockedCase | None:
    """The case, it and its timers locked to the transaction's end; None where there is none."""
    row = await connection.fetchrow(LOCK_CASE, complaint_id)
    await lock_timers(connection, complaint_id)
    if row is None:
        return None
    return LockedCase(
        CaseState(CaseStatus(row["status"]), row["version"]),
        row["department"],
        row["in_transit"],
        row["returnable"],
        Kind(row["kind"]),
        Urgency(row["urgency"]),
        Confidentiality(row["confidentiality"]),
        Followed(row["decision_id"], row["hop"]),
    )


async def latest_deadlines(connection: Connection, complaint_id: UUID) -> Mapping[Clock, UUID]:
    """Of each clock of whoever holds the case the committed deadline that nothing has taken the place of."""
    rows = await connection.fetch(READ_LATEST_DEADLINES, complaint_id)
    return {Clock(row["clock"]): row["deadline_id"] for row in rows}


async def update_case(connection: Connection, complaint_id: UUID, state: CaseState) -> None:
    await connection.execute(UPDATE_CASE, complaint_id, state.status, state.version)


async def read_queue(
    pool: Pool, department: DepartmentCode, status: CaseStatus | None, after: UUID | None, limit: int
) -> Sequence[Record]:
    """A department's cases, of one status where it is given, in the order of their ids from `after` on."""
    if status is None:
        return await pool.fetch(READ_QUEUE, department, after, limit)
    return await pool.fetch(READ_QUEUE_OF_STATUS, department, after, limit, status)
