"""A holiday notice arrives: running deadlines that it decides are counted again, with the reason in the record.

Every start of the tracker, and every policy with other notices, looks for deadlines that are provisional by another
calendar than the one in force; without a new notice there are none, or none that change. Nothing else ever moves a
deadline: not a policy with other terms.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from services.tracker import store
from services.tracker.deadlines import deadline_store
from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadline_rows import DeadlineRow, StoredDeadline, in_record
from services.tracker.deadlines.recounting import recounted
from services.tracker.lifecycle import Actor, Role
from services.tracker.record.record import Fired, Happening
from services.tracker.record.record_store import append_to_record
from shared import outbox
from shared.events import DeadlineRecomputed
from shared.ids import event_id
from shared.language import DepartmentCode, Nature
from shared.outbox import Relay
from shared.postgres import PASSING, Connection, Pool
from shared.topics import CASES_EVENTS
from shared.wire import Message, encode

log = structlog.get_logger(__name__)

_BATCH = 500
_PAUSE_SECONDS = 5.0
_FIRST = UUID(int=0)
_ITSELF = Actor(Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How many deadlines moved, how many became certain as they were, and how many stayed.

    `changes` has a line for each change that a dry run found; those that were made stand in the record.
    """

    moved: int = 0
    settled: int = 0
    kept: int = 0
    changes: tuple[str, ...] = ()

    def __add__(self, other: "Recomputed") -> "Recomputed":
        return Recomputed(
            self.moved + other.moved,
            self.settled + other.settled,
            self.kept + other.kept,
            self.changes + other.changes,
        )


@dataclass(frozen=True, slots=True)
class _Change:
    old: StoredDeadline
    new: DeadlineRow

    def __str__(self) -> str:
        return f"{self.old.complaint_id} {self.old.clock} {self.old.nature}: {self.new.replaced_because}"


class Recomputing:
    def __init__(self, pool: Pool, relay: Relay, calendar: Callable[[], Calendar]) -> None:
        """`calendar` gives the one in force at the moment."""
        self._pool = pool
        self._relay = relay
        self._calendar = calendar

    async def run(self) -> None:
        """Recompute by each calendar that comes into force, beside the other work, until cancelled.

        It is tried again where the database is away.
        """
        done = None
        while True:
            version = self._calendar().version
            if version != done:
                try:
                    found = await self.recompute()
                except PASSING as error:
                    log.warning("not_recomputed", error=type(error).__name__)
                else:
                    log.info("recomputed", moved=found.moved, settled=found.settled, kept=found.kept)
                    done = version
            await asyncio.sleep(_PAUSE_SECONDS)

    async def recompute(self, *, dry_run: bool = False) -> Recomputed:
        """Count all doubtful deadlines again, a batch of cases in each transaction; doing it again changes nothing."""
        total, after, calendar = Recomputed(), _FIRST, self._calendar()
        while True:
            async with self._pool.acquire() as connection, connection.transaction(readonly=dry_run):
                cases = await deadline_store.doubtful_cases(connection, calendar.version, after, _BATCH)
                if not cases:
                    return total
                take = self._foretell if dry_run else self._apply
                total += await take(connection, calendar, cases)
            self._relay.wake()
            after = cases[-1]

    async def _foretell(self, connection: Connection, calendar: Calendar, cases: Sequence[UUID]) -> Recomputed:
        found, changes = await _changes(connection, calendar, cases, await store.present(connection))
        return replace(_summary(found, changes), changes=tuple(map(str, changes)))

    async def _apply(self, connection: Connection, calendar: Calendar, cases: Sequence[UUID]) -> Recomputed:
        departments = await deadline_store.lock_cases(connection, cases)
        # Only now, as in every move: the sweeper has fired what was due before, and waits with what is due after.
        now = await store.present(connection)
        found, changes = await _changes(connection, calendar, cases, now)
        if changes:
            await deadline_store.supersede(connection, [change.new for change in changes], now)
            await append_to_record(connection, [_happening(change, now) for change in changes])
            events = [(_event(change, departments, now), change.new.deadline_id) for change in changes]
            await outbox.append(connection, [_message(event, deadline_id) for event, deadline_id in events])
        return _summary(found, changes)


async def _changes(
    connection: Connection, calendar: Calendar, cases: Sequence[UUID], now: datetime
) -> tuple[Sequence[StoredDeadline], Sequence[_Change]]:
    found = await deadline_store.doubtful_deadlines(connection, calendar.version, cases)
    again = [(stored, recounted(stored, calendar, now)) for stored in found]
    return found, [_Change(stored, new) for stored, new in again if new is not None]


def _summary(found: Sequence[StoredDeadline], changes: Sequence[_Change]) -> Recomputed:
    moved = sum(change.new.due.due_at != change.old.due_at for change in changes)
    return Recomputed(moved, len(changes) - moved, len(found) - len(changes))


def _happening(change: _Change, now: datetime) -> Happening:
    return Happening(
        change.old.complaint_id,
        Fired.RECOMPUTED,
        _ITSELF,
        now,
        deadline_id=change.old.deadline_id,
        note=change.new.replaced_because,
        deadlines=in_record([change.new]),
    )


def _event(change: _Change, departments: Mapping[UUID, DepartmentCode], now: datetime) -> DeadlineRecomputed:
    new = change.new
    return DeadlineRecomputed(
        complaint_id=new.complaint_id,
        department=new.department or departments[new.complaint_id],
        clock=new.clock,
        nature=None if new.nature is Nature.COMMITTED else new.nature,
        due_at=new.due.due_at,
        previous_due_at=change.old.due_at,
        warn_at=new.warn_at,
        provisional=new.due.provisional,
        at=now,
        reason=new.replaced_because or "",
    )


def _message(event: DeadlineRecomputed, deadline_id: UUID) -> Message:
    return encode(
        event,
        topic=CASES_EVENTS,
        event_id=event_id(deadline_id, event.event_type),
        source="tracker",
        time=event.at,
    )
