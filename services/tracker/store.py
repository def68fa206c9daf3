"""All SQL of the tracker but that of the record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from services.tracker.lifecycle import Action, Actor, CaseState, Role
from services.tracker.opening import FIRST_VERSION, DeadlineRow, OpenedCase, in_record
from services.tracker.record import Happening
from services.tracker.record_store import begin_record
from shared.events import InactionSuspected
from shared.language import CaseStatus, Clock, DepartmentCode, Kind, Urgency
from shared.postgres import Connection, Pool

PRESENT = "SELECT present()"

INSERT_CASES = """
INSERT INTO cases (
    complaint_id, ticket_number, department, channel, kind, urgency, confidentiality, matter, title, text, place,
    reason, lawful_channel, decision_id, accepted_at, opened_at, status, version
)
SELECT assigned.*, $16, $17, $18
FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::timestamptz[]
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
    policy_hash, calendar_version, timeline_id, replaces, replaced_because, nature, legal_basis, inputs
)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::timestamptz[], $7::timestamptz[],
    $8::boolean[], $9::text[], $10::text[], $11::uuid[], $12::uuid[], $13::text[], $14::text[], $15::text[],
    $16::jsonb[]
)
"""

INSERT_TIMERS = """
INSERT INTO timers (deadline_id, kind, fires_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[])
"""

# No key update: rows that refer to the case, such as the sweeper's, are inserted without waiting for whoever moves it.
LOCK_CASE = """
SELECT status, version, department, kind, urgency FROM cases WHERE complaint_id = $1 FOR NO KEY UPDATE
"""
# Whoever moves a case reads the clock while holding its timers: then the sweeper has either fired them already, and the
# move is late, or cannot fire them until the move is through.
LOCK_TIMERS = """
SELECT FROM timers JOIN deadlines USING (deadline_id) WHERE complaint_id = $1
ORDER BY deadline_id, kind FOR UPDATE OF timers
"""

UPDATE_CASE = "UPDATE cases SET status = $2, version = $3 WHERE complaint_id = $1"

# A timer that is already due stays: the deadline was missed, whether or not the sweeper has come round to say so.
STOP_CLOCKS = """
WITH stopped AS (
    SELECT deadline_id FROM deadlines WHERE complaint_id = $1 AND clock = ANY($2::text[]) AND NOT EXISTS (
        SELECT FROM outcomes WHERE outcomes.deadline_id = deadlines.deadline_id AND outcome IN ('met', 'ended')
    )
),
quiet AS (DELETE FROM timers USING stopped WHERE timers.deadline_id = stopped.deadline_id AND fires_at > $3)
INSERT INTO outcomes (deadline_id, outcome, at) SELECT deadline_id, $4, $3 FROM stopped
ON CONFLICT DO NOTHING
"""

READ_LATEST_DEADLINES = """
SELECT clock, deadline_id FROM deadlines WHERE complaint_id = $1 AND nature = 'committed' AND NOT EXISTS (
    SELECT FROM deadlines AS later WHERE later.complaint_id = $1 AND later.replaces = deadlines.deadline_id
)
"""

# The case is locked too, for what fires goes into its record; one that somebody is moving is left for the next sweep.
CLAIM_TIMERS = """
WITH due AS (
    SELECT
        timers.kind, fires_at, deadline_id, clock, nature, legal_basis, deadlines.due_at, deadlines.started_at,
        complaint_id, cases.department, cases.ticket_number
    FROM timers JOIN deadlines USING (deadline_id) JOIN cases USING (complaint_id)
    WHERE fires_at <= $1
    ORDER BY fires_at LIMIT $2
    FOR NO KEY UPDATE OF cases SKIP LOCKED FOR UPDATE OF timers SKIP LOCKED
), claimed AS (
    DELETE FROM timers USING due
    WHERE timers.deadline_id = due.deadline_id AND timers.kind = due.kind
    RETURNING timers.deadline_id, timers.kind
)
SELECT due.*, met.met_at
FROM claimed JOIN due USING (deadline_id, kind)
LEFT JOIN (SELECT deadline_id, at AS met_at FROM outcomes WHERE outcome = 'met') AS met USING (deadline_id)
ORDER BY due.fires_at, due.kind DESC
"""

INSERT_OUTCOMES = """
INSERT INTO outcomes (deadline_id, outcome, at)
SELECT deadline_id, outcome, $3 FROM unnest($1::uuid[], $2::text[]) AS fired (deadline_id, outcome)
ON CONFLICT DO NOTHING
"""

INSERT_INACTION = """
INSERT INTO inaction (inaction_id, complaint_id, department, kind, clock, due_at, suspected_at, evidence)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::text[]
)
ON CONFLICT DO NOTHING
"""

_CASE = """
SELECT
    complaint_id, ticket_number, department, channel, kind, urgency, confidentiality, matter, title, text, place,
    reason, lawful_channel, status, version, accepted_at, opened_at,
    (
        SELECT jsonb_agg(
            jsonb_build_object(
                'clock', clock, 'nature', nature, 'term', term, 'due_at', due_at, 'warn_at', warn_at,
                'provisional', provisional, 'policy_hash', policy_hash, 'calendar_version', calendar_version,
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
FIND_DEPARTMENT = "SELECT department FROM cases WHERE complaint_id = $1"

READ_CASE = _CASE + "WHERE complaint_id = $1"

READ_DEADLINES = """
SELECT
    deadline_id, clock, nature, legal_basis, started_at, term, due_at, warn_at, provisional, policy_hash,
    calendar_version, inputs,
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

# Bounds instead of an equality, and no condition on $3: so the page is read from cases_queue, from where the last one
# ended, whatever the planner believes of the other departments' cases.
READ_QUEUE = (
    _CASE
    + """
WHERE (department, complaint_id) > ($1, coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'))
    AND department <= $1 AND ($2::text IS NULL OR status = $2)
ORDER BY department, complaint_id LIMIT $4
"""
)

COUNT_CASES = "SELECT department, status, count(*) AS cases FROM cases GROUP BY department, status"

COUNT_OPEN_CASES = """
SELECT department, status, count(*) AS cases FROM cases
WHERE status NOT IN ('closed', 'declined') GROUP BY department, status
"""

COUNT_DEADLINES = """
SELECT
    cases.department, deadlines.clock, nature,
    count(*) FILTER (WHERE met.at <= due_at) AS met,
    count(*) FILTER (WHERE met.at > due_at) AS met_late,
    count(*) FILTER (WHERE warned.at IS NOT NULL) AS warned,
    count(*) FILTER (WHERE missed.at IS NOT NULL) AS missed,
    count(*) FILTER (WHERE missed.at IS NOT NULL AND met.at IS NULL AND ended.at IS NULL) AS overdue
FROM deadlines JOIN cases USING (complaint_id)
LEFT JOIN outcomes met ON met.deadline_id = deadlines.deadline_id AND met.outcome = 'met'
LEFT JOIN outcomes warned ON warned.deadline_id = deadlines.deadline_id AND warned.outcome = 'warned'
LEFT JOIN outcomes missed ON missed.deadline_id = deadlines.deadline_id AND missed.outcome = 'missed'
LEFT JOIN outcomes ended ON ended.deadline_id = deadlines.deadline_id AND ended.outcome = 'ended'
GROUP BY cases.department, deadlines.clock, nature
"""

COUNT_OVERDUE = """
SELECT cases.department, deadlines.clock, count(*) AS overdue
FROM outcomes missed JOIN deadlines USING (deadline_id) JOIN cases USING (complaint_id)
WHERE missed.outcome = 'missed' AND nature = 'committed'
    AND NOT EXISTS (SELECT FROM outcomes o WHERE o.deadline_id = missed.deadline_id AND o.outcome IN ('met', 'ended'))
GROUP BY cases.department, deadlines.clock
"""

COUNT_INACTION = "SELECT department, kind, count(*) AS suspected FROM inaction GROUP BY department, kind"

# One comparison, so that a page starts where the last one ended under every plan.
READ_INACTION = """
SELECT
    inaction_id, complaint_id, ticket_number, inaction.department, inaction.kind,
    clock, due_at, suspected_at, evidence
FROM inaction JOIN cases USING (complaint_id)
WHERE (suspected_at, inaction_id) < (
    CASE WHEN $1::uuid IS NULL THEN 'infinity' ELSE (SELECT suspected_at FROM inaction WHERE inaction_id = $1) END,
    coalesce($1, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
)
ORDER BY suspected_at DESC, inaction_id DESC LIMIT $2
"""

OVERDUE_TIMERS = """
SELECT count(*) AS waiting, coalesce(extract(epoch FROM present() - min(fires_at)), 0)::float8 AS lag
FROM timers WHERE fires_at <= present()
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
    )
    timers = [(d.deadline_id, t.kind, t.at) for d in deadlines for t in d.timers]
    await connection.execute(INSERT_TIMERS, [t[0] for t in timers], [t[1] for t in timers], [t[2] for t in timers])


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
    state: CaseState
    department: DepartmentCode
    kind: Kind
    urgency: Urgency


async def lock_case(connection: Connection, complaint_id: UUID) -> LockedCase | None:
    """The case, it and its timers locked to the transaction's end; None where there is none."""
    row = await connection.fetchrow(LOCK_CASE, complaint_id)
    await connection.execute(LOCK_TIMERS, complaint_id)
    if row is None:
        return None
    state = CaseState(CaseStatus(row["status"]), row["version"])
    return LockedCase(state, row["department"], Kind(row["kind"]), Urgency(row["urgency"]))


async def latest_deadlines(connection: Connection, complaint_id: UUID) -> Mapping[Clock, UUID]:
    """The committed deadline of each clock that nothing has replaced."""
    rows = await connection.fetch(READ_LATEST_DEADLINES, complaint_id)
    return {Clock(row["clock"]): row["deadline_id"] for row in rows}


async def update_case(
    connection: Connection, complaint_id: UUID, state: CaseState, stopped: Sequence[Clock], outcome: str, at: datetime
) -> None:
    """Store where a move led, and stop the clocks that it stops with `outcome`: met or ended."""
    await connection.execute(UPDATE_CASE, complaint_id, state.status, state.version)
    if stopped:
        await connection.execute(STOP_CLOCKS, complaint_id, stopped, at, outcome)


async def insert_fired(
    connection: Connection, outcomes: Sequence[tuple[UUID, str]], suspected: Sequence[InactionSuspected], at: datetime
) -> None:
    await connection.execute(INSERT_OUTCOMES, [o[0] for o in outcomes], [o[1] for o in outcomes], at)
    if suspected:
        await connection.execute(
            INSERT_INACTION,
            [s.inaction_id for s in suspected],
            [s.complaint_id for s in suspected],
            [s.department for s in suspected],
            [s.kind for s in suspected],
            [s.clock for s in suspected],
            [s.due_at for s in suspected],
            [s.at for s in suspected],
            [s.evidence for s in suspected],
        )
