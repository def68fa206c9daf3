"""What happens by itself when its time comes: warnings, misses and suspected inaction, each exactly once.

Timers are claimed in batches that skip what another replica has locked; their effects and their events commit in the
transaction that deletes them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import assert_never
from uuid import UUID

import structlog
from asyncpg import Record
from prometheus_client import Counter, Gauge

from services.tracker import store
from services.tracker.inaction import TimerKind, suspect
from services.tracker.lifecycle import Actor, Role
from services.tracker.record import Fired, Happening
from services.tracker.record_store import append_to_record
from shared import outbox
from shared.events import ClockEvent, DeadlineMissed, DeadlineWarned, InactionSuspected, event_id
from shared.language import Clock, Nature
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import PASSING, Pool
from shared.topics import CASES_EVENTS, SUPERVISION_ALERTS
from shared.wire import Message, encode

log = structlog.get_logger(__name__)

FIRED = Counter("hotline_timers_fired_total", "Timers fired", ["kind", "clock"])
SUSPECTED = Counter("hotline_inaction_suspected_total", "Suspected inaction", ["department", "kind"])
LAG = Gauge("hotline_deadline_lag_seconds", "How late the last timer of the last batch fired")

_FIRED: Mapping[type[ClockEvent], Fired] = {
    DeadlineWarned: Fired.WARNED,
    DeadlineMissed: Fired.MISSED,
    InactionSuspected: Fired.SUSPECTED,
}
_ITSELF = Actor(Role.SYSTEM)
_BATCH = 1000
_POLL_SECONDS = 1.0


class Sweeper:
    def __init__(self, pool: Pool, relay: Relay, policy: Policy) -> None:
        self._pool = pool
        self._relay = relay
        self._policy = policy

    async def run(self) -> None:
        """Fire what is due, once a second, until cancelled."""
        while True:
            try:
                while await self.sweep() == _BATCH:
                    pass
            except PASSING as error:
                log.warning("sweep_failed", error=type(error).__name__)
            await asyncio.sleep(_POLL_SECONDS)

    async def sweep(self) -> int:
        """Fire one batch of due timers and return how many there were."""
        async with self._pool.acquire() as connection, connection.transaction():
            now = await store.present(connection)
            fired = await connection.fetch(store.CLAIM_TIMERS, now, _BATCH)
            if not fired:
                return 0
            outcomes = [(row["deadline_id"], _outcome(row)) for row in fired]
            each = [(row, self._events(row, now)) for row in fired]
            events = [event for _, its in each for event in its]
            happenings = [_happening(row, event) for row, its in each for event in its]
            suspected = [event for event in events if isinstance(event, InactionSuspected)]
            await store.insert_fired(connection, outcomes, suspected, now)
            await append_to_record(connection, happenings)
            await outbox.append(
                connection, [clock_message(event, row["deadline_id"]) for row, its in each for event in its]
            )
        self._relay.wake()
        LAG.set((now - fired[-1]["fires_at"]).total_seconds())
        for row in fired:
            FIRED.labels(row["kind"], row["clock"]).inc()
        for event in suspected:
            SUSPECTED.labels(event.department, event.kind).inc()
        return len(fired)

    def _events(self, row: Record, now: datetime) -> Sequence[ClockEvent]:
        common = {
            "complaint_id": row["complaint_id"],
            "department": row["department"],
            "clock": row["clock"],
            "due_at": row["due_at"],
            "at": now,
            "nature": None if row["nature"] == Nature.COMMITTED else row["nature"],
        }
        kind = TimerKind(row["kind"])
        match kind:
            case TimerKind.WARNING:
                return (DeadlineWarned(**common),)
            case TimerKind.DUE:
                suspicion = suspect(
                    Clock(row["clock"]),
                    row["started_at"],
                    row["due_at"],
                    row["met_at"],
                    self._policy.name_of(row["department"]),
                    row["ticket_number"],
                    row["legal_basis"],
                )
                return (
                    DeadlineMissed(**common),
                    InactionSuspected(
                        **common,
                        inaction_id=event_id(row["deadline_id"], "inaction"),
                        kind=suspicion.kind,
                        evidence=suspicion.evidence,
                    ),
                )
            case _:
                assert_never(kind)


def _outcome(row: Record) -> str:
    return "warned" if row["kind"] == TimerKind.WARNING else "missed"


def _happening(row: Record, event: ClockEvent) -> Happening:
    return Happening(
        event.complaint_id,
        _FIRED[type(event)],
        _ITSELF,
        event.at,
        deadline_id=row["deadline_id"],
        note=event.evidence if isinstance(event, InactionSuspected) else None,
    )


def clock_message(event: ClockEvent, deadline_id: UUID) -> Message:
    """The record of `event`: suspected inaction goes to the supervision office, the rest to whoever follows cases."""
    to_supervision = isinstance(event, InactionSuspected)
    return encode(
        event,
        topic=SUPERVISION_ALERTS if to_supervision else CASES_EVENTS,
        key=event.department if to_supervision else None,
        event_id=event_id(deadline_id, event.event_type),
        source="tracker",
        time=event.at,
    )
