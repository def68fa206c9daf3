"""The department is asked to explain what it is suspected of: the explanation has a deadline with a timer of its own.

Not in the transaction that suspects, for a hundred thousand deadlines may be missed in one second; within a second or
two of it. The term counts from the suspicion all the same.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from services.tracker import store
from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadline_rows import DeadlineRow, in_record, new_row
from services.tracker.deadlines.deadlines import due
from services.tracker.inaction import inaction_open_store
from services.tracker.inaction.inaction_open_store import Unasked
from services.tracker.lifecycle import Actor, Role
from services.tracker.moving import Rules
from services.tracker.record.record import Happening, Judged
from services.tracker.record.record_store import append_to_record
from shared.language import Clock
from shared.policy import Policy
from shared.postgres import PASSING, Pool

log = structlog.get_logger(__name__)

_BATCH = 1000
_POLL_SECONDS = 1.0
_ITSELF = Actor(Role.SYSTEM)


class Asking:
    def __init__(self, pool: Pool, rules: Callable[[], Rules]) -> None:
        """`rules` gives those in force at the moment."""
        self._pool = pool
        self._rules = rules

    async def run(self) -> None:
        """Ask whoever is suspected, whichever replica comes first, until cancelled."""
        while True:
            try:
                while await self.ask() == _BATCH:
                    pass
            except PASSING as error:
                log.warning("not_asked_to_explain", error=type(error).__name__)
            await asyncio.sleep(_POLL_SECONDS)

    async def ask(self) -> int:
        """Set the deadlines of one batch of suspicions and return how many there were."""
        async with self._pool.acquire() as connection, connection.transaction():
            unasked = await inaction_open_store.claim_unasked(connection, _BATCH)
            if not unasked:
                return 0
            now = await store.present(connection)
            rules = self._rules()
            rows = explanation_deadlines(unasked, rules.policy, rules.calendar)
            await inaction_open_store.asked(connection, [(row.deadline_id, row.due.due_at) for row in rows])
            await store.insert_deadlines(connection, rows)
            await append_to_record(connection, [_happening(row, now) for row in rows])
            return len(unasked)


def explanation_deadlines(unasked: Sequence[Unasked], policy: Policy, calendar: Calendar) -> Sequence[DeadlineRow]:
    """Until when each may be explained, counted from the suspicion; its id is the suspicion's own.

    It binds the department that is suspected, whoever holds the case.
    """
    return [_deadline(one, policy, calendar) for one in unasked]


def _deadline(one: Unasked, policy: Policy, calendar: Calendar) -> DeadlineRow:
    until = due(one.suspected_at, policy.explanation.term, calendar, policy.counting)
    row = new_row(one.complaint_id, one.inaction_id, Clock.EXPLAIN, until, calendar, policy.hash)
    return replace(row, deadline_id=one.inaction_id, department=one.department)


def _happening(row: DeadlineRow, now: datetime) -> Happening:
    return Happening(
        row.complaint_id, Judged.ASKED, _ITSELF, now, deadline_id=row.deadline_id, deadlines=in_record([row])
    )
