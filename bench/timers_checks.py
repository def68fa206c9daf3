"""What stands in the tables after deadlines were fired: everything once, and every record a chain."""

from datetime import datetime
from typing import NamedTuple, Self

from shared.postgres import Connection

NEWEST_ENTRY = "SELECT coalesce(max(id), 0) FROM entries"
COUNTS = """
SELECT
    (SELECT count(*) FROM timers WHERE fires_at <= $2) AS timers_left,
    (SELECT count(*) FROM outcomes WHERE outcome = 'missed') AS missed,
    (SELECT count(*) FROM inaction) AS suspected,
    (SELECT count(*) FROM entries WHERE id > $1 AND happened = 'missed') AS missed_entries,
    (SELECT count(DISTINCT deadline_id) FROM entries WHERE id > $1 AND happened = 'missed') AS deadlines_in_entries,
    (SELECT count(*) FROM entries WHERE id > $1 AND happened = 'suspected') AS suspected_entries,
    (
        SELECT count(*) FROM entries AS later JOIN entries AS earlier
            ON earlier.complaint_id = later.complaint_id AND earlier.number = later.number - 1
        WHERE later.id > $1 AND later.prev_hash = earlier.hash AND later.hash = record_hash(
            later.prev_hash, later.complaint_id, later.number, later.happened, later.version, later.status,
            later.actor_role, later.actor_department, later.deadline_id, later.at, later.note, later.deadlines
        )
    ) AS entries_in_chains,
    (SELECT count(*) FROM outbox) AS events,
    (SELECT count(DISTINCT headers::jsonb ->> 'ce_id') FROM outbox) AS event_ids
"""


class Counts(NamedTuple):
    timers_left: int
    missed: int
    suspected: int
    missed_entries: int
    deadlines_in_entries: int
    suspected_entries: int
    entries_in_chains: int
    events: int
    event_ids: int

    @classmethod
    def expected(cls, due: int) -> Self:
        """After `due` deadlines were missed, each of which is told and suspected."""
        return cls(0, due, due, due, due, due, 2 * due, 2 * due, 2 * due)


async def newest_entry(connection: Connection) -> int:
    newest: int = await connection.fetchval(NEWEST_ENTRY)
    return newest


async def count_fired(connection: Connection, newest_before: int, due_at: datetime) -> Counts:
    """What was fired since the entry `newest_before`, by deadlines due up to `due_at`."""
    row = await connection.fetchrow(COUNTS, newest_before, due_at, timeout=600)
    return Counts(*row)  # type: ignore[misc]  # a query of counts has its one row
