"""The SQL of timers: how they are started, stopped and claimed, and what becomes of their deadlines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.tracker.deadlines.ladder import Timer, TimerKind
from services.tracker.timers.firing import DueTimer
from shared.events import InactionSuspected
from shared.language import Addressee, CaseStatus, Clock, Nature
from shared.postgres import Connection

INSERT_TIMERS = """
INSERT INTO timers (deadline_id, kind, fires_at, addressee)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[])
"""

# Whoever moves a case reads the clock while holding its timers: then the sweeper has either fired them already, and the
# move is late, or cannot fire them until the move is through.
LOCK_TIMERS = """
SELECT FROM timers JOIN deadlines USING (deadline_id) WHERE complaint_id = $1
ORDER BY deadline_id, kind FOR UPDATE OF timers
"""

# A timer that is already due stays: the deadline was missed, whether or not the sweeper has come round to say so.
STOP_CLOCKS = """
WITH stopped AS (
    SELECT deadline_id FROM deadlines
    WHERE complaint_id = $1 AND clock = ANY($2::text[]) AND (nature = 'committed' OR $5) AND NOT EXISTS (
        SELECT FROM outcomes WHERE outcomes.deadline_id = deadlines.deadline_id AND outcome IN ('met', 'ended')
    )
),
quiet AS (DELETE FROM timers USING stopped WHERE timers.deadline_id = stopped.deadline_id AND fires_at > $3)
INSERT INTO outcomes (deadline_id, outcome, at) SELECT deadline_id, $4, $3 FROM stopped
ON CONFLICT DO NOTHING
"""

READ_CLOCK = """
SELECT
    present() AS now, clock_timestamp() AS wall, EXISTS (SELECT FROM simulated_clock) AS simulated,
    coalesce((SELECT max(number) FROM clock_confirmations), 0) AS confirmations
"""
CONFIRM_CLOCK = "INSERT INTO clock_confirmations DEFAULT VALUES"

# The case is locked too, for what fires goes into its record; one that somebody is moving is left for the next sweep.
# A timer is never updated, so where it lies (ctid) is where it stays until it is deleted.
CLAIM_TIMERS = """
WITH due AS (
    SELECT
        timers.ctid AS place, timers.kind, fires_at, addressee, deadline_id, clock, nature, legal_basis, started_at,
        due_at, complaint_id, coalesce(deadlines.department, cases.department) AS department, ticket_number, status,
        version
    FROM timers JOIN deadlines USING (deadline_id) JOIN cases USING (complaint_id)
    WHERE fires_at <= $1
    ORDER BY fires_at LIMIT $2
    FOR NO KEY UPDATE OF cases SKIP LOCKED FOR UPDATE OF timers SKIP LOCKED
), claimed AS (
    DELETE FROM timers WHERE ctid = ANY (ARRAY(SELECT place FROM due))
)
SELECT due.*, (
    SELECT at FROM outcomes WHERE outcomes.deadline_id = due.deadline_id AND outcome = 'met'
) AS met_at
FROM due ORDER BY fires_at, kind DESC, deadline_id
"""

INSERT_OUTCOMES = """
INSERT INTO outcomes (deadline_id, outcome, at)
SELECT deadline_id, outcome, $3 FROM unnest($1::uuid[], $2::text[]) AS fired (deadline_id, outcome)
ON CONFLICT DO NOTHING
"""

# One that is known already, and perhaps judged, is not opened again.
INSERT_INACTION = """
WITH raised AS (
    INSERT INTO inaction (inaction_id, complaint_id, department, kind, clock, due_at, suspected_at, evidence)
    SELECT * FROM unnest(
        $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::text[]
    )
    ON CONFLICT DO NOTHING
    RETURNING inaction_id, department, kind
)
INSERT INTO inaction_open (inaction_id, department, kind) SELECT * FROM raised
"""

OVERDUE_TIMERS = """
SELECT count(*) AS waiting, coalesce(extract(epoch FROM present() - min(fires_at)), 0)::float8 AS lag
FROM timers WHERE fires_at <= present()
"""


async def insert_timers(connection: Connection, timers: Sequence[tuple[UUID, Timer]]) -> None:
    """Start the timers of the deadlines of these ids."""
    await connection.execute(
        INSERT_TIMERS,
        [deadline_id for deadline_id, _ in timers],
        [timer.kind for _, timer in timers],
        [timer.at for _, timer in timers],
        [timer.addressee for _, timer in timers],
    )


async def lock_timers(connection: Connection, complaint_id: UUID) -> None:
    """Lock the timers of the case to the transaction's end."""
    await connection.execute(LOCK_TIMERS, complaint_id)


async def stop_clocks(
    connection: Connection, complaint_id: UUID, clocks: Iterable[Clock], outcome: str, at: datetime, *, by_law: bool
) -> None:
    """Stop those of these clocks that run with `outcome`: met or ended; `by_law`: the law's own (法定时限) as well."""
    if stopped := sorted(clocks):
        await connection.execute(STOP_CLOCKS, complaint_id, stopped, at, outcome, by_law)


@dataclass(frozen=True, slots=True)
class ClockRow:
    """`now` is the tracker's present, `wall` the database's own clock, on which a simulated present has no bearing."""

    now: datetime
    wall: datetime
    simulated: bool
    confirmations: int


async def read_clock(connection: Connection) -> ClockRow:
    row = await connection.fetchrow(READ_CLOCK)
    return ClockRow(**row)  # type: ignore[arg-type]  # the query has its one row


async def claim_timers(connection: Connection, now: datetime, at_most: int) -> Sequence[DueTimer]:
    """Take the timers that are due, in the order in which they fell due; their cases stay locked."""
    return [
        DueTimer(
            TimerKind(row["kind"]),
            row["fires_at"],
            None if row["addressee"] is None else Addressee(row["addressee"]),
            row["deadline_id"],
            Clock(row["clock"]),
            Nature(row["nature"]),
            row["legal_basis"],
            row["started_at"],
            row["due_at"],
            row["complaint_id"],
            row["department"],
            row["ticket_number"],
            CaseStatus(row["status"]),
            row["version"],
            row["met_at"],
        )
        for row in await connection.fetch(CLAIM_TIMERS, now, at_most)
    ]


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
