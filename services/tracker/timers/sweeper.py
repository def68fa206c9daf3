"""What happens by itself when its time comes: the steps of the escalation ladder, each exactly once.

Timers are claimed in batches that skip what another replica has locked; their effects and their events commit in the
transaction that deletes them.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from time import monotonic

import prometheus_client
import structlog

from services.tracker.deadlines.clock_jumps import STEADY, ClockWatch, Reading
from services.tracker.deadlines.ladder import TimerKind
from services.tracker.lifecycle import Actor, Role
from services.tracker.record.record import Happening
from services.tracker.record.record_store import append_to_record
from services.tracker.timers import timers_store
from services.tracker.timers.firing import FIRED, DueTimer, Said, fire
from shared import outbox
from shared.events import InactionSuspected, InactionUnexplained, SupervisionNoticeIssued
from shared.ids import event_id
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import PASSING, Connection, Pool
from shared.topics import CASES_EVENTS, SUPERVISION_ALERTS
from shared.wire import Message, encode

log = structlog.get_logger(__name__)

TIMERS_FIRED = prometheus_client.Counter("hotline_timers_fired_total", "Timers fired", ["kind", "clock"])
SUSPECTED = prometheus_client.Counter("hotline_inaction_suspected_total", "Suspected inaction", ["department", "kind"])
LAG = prometheus_client.Gauge("hotline_deadline_lag_seconds", "How late the last timer of the last batch fired")

CLOCK_JUMP = prometheus_client.Gauge(
    "hotline_clock_jump_seconds", "By how much the database's clock jumped; while it is not 0 nothing fires"
)

_ITSELF = Actor(Role.SYSTEM)
_BATCH = 1000
_POLL_SECONDS = 1.0

# Does what follows from timers, in the transaction that claimed them; the messages are published when it commits.
Fire = Callable[[Connection, Sequence[DueTimer], datetime], Awaitable[Sequence[Message]]]


class ClockJumped(Exception):
    """The database's clock jumped, so nothing fires."""

    def __init__(self, jump: timedelta) -> None:
        super().__init__(
            f"the database's clock jumped by {jump.total_seconds():+.0f} s: nothing fires until it has run evenly for "
            f"{STEADY.total_seconds() / 60:.0f} minutes, or until `python -m services.tracker confirm-clock`"
        )


class Sweeper:
    def __init__(self, pool: Pool, relay: Relay, policy: Callable[[], Policy]) -> None:
        """`policy` gives the one in force at the moment."""
        self._pool = pool
        self._relay = relay
        self._policy = policy
        self._clock = ClockWatch()
        self._fire: dict[TimerKind, Fire] = dict.fromkeys(FIRED, self._say)

    def on(self, kind: TimerKind, fire_all: Fire) -> None:
        """Let `fire_all` do what follows from timers of a kind that is no step of the escalation ladder."""
        self._fire[kind] = fire_all

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
            now = await self._present(connection)
            if now is None:
                return 0
            timers = await timers_store.claim_timers(connection, now, _BATCH)
            if not timers:
                return 0
            # In the order in which they fell due, those together that are fired in the same way.
            for fire_all, same in groupby(timers, key=lambda timer: self._fire[timer.kind]):
                await outbox.append(connection, await fire_all(connection, list(same), now))
        self._relay.wake()
        LAG.set((now - timers[-1].fires_at).total_seconds())
        for (kind, clock), count in Counter((timer.kind, timer.clock) for timer in timers).items():
            TIMERS_FIRED.labels(kind, clock).inc(count)
        return len(timers)

    async def check_clock(self) -> None:
        """Raise where nothing fires because the database's clock jumped."""
        if self._clock.jump is not None:
            raise ClockJumped(self._clock.jump)

    async def _present(self, connection: Connection) -> datetime | None:
        """The present that timers are fired by; None while the clock cannot be trusted."""
        asked = monotonic()
        row = await timers_store.read_clock(connection)
        took = monotonic() - asked
        if row.simulated:
            self._clock = ClockWatch()
            return row.now
        reading = Reading(row.wall, timedelta(seconds=asked + took / 2), timedelta(seconds=took), row.confirmations)
        before, self._clock = self._clock.jump, self._clock.after(reading)
        jump = self._clock.jump
        if jump != before:
            CLOCK_JUMP.set(jump.total_seconds() if jump else 0)
            if jump is None:
                log.warning("clock_trusted_again")
            else:
                log.error("clock_jumped", seconds=jump.total_seconds())
        return row.now if jump is None else None

    async def _say(self, connection: Connection, timers: Sequence[DueTimer], now: datetime) -> Sequence[Message]:
        policy = self._policy()
        said = [(timer, one) for timer in timers for one in fire(timer, now, policy)]
        suspected = [one.event for _, one in said if isinstance(one.event, InactionSuspected)]
        outcomes = [(timer.deadline_id, FIRED[timer.kind]) for timer in timers]
        await timers_store.insert_fired(connection, outcomes, suspected, now)
        await append_to_record(connection, [_happening(timer, one, now) for timer, one in said])
        for (department, kind), count in Counter((event.department, event.kind) for event in suspected).items():
            SUSPECTED.labels(department, kind).inc(count)
        return [_message(timer, one, now) for timer, one in said]


def _happening(timer: DueTimer, said: Said, now: datetime) -> Happening:
    return Happening(timer.complaint_id, said.fired, _ITSELF, now, deadline_id=timer.deadline_id, note=said.note)


def _message(timer: DueTimer, said: Said, now: datetime) -> Message:
    """What supervises goes to the supervision office, the rest to whoever follows cases."""
    to_supervision = isinstance(said.event, InactionSuspected | InactionUnexplained | SupervisionNoticeIssued)
    return encode(
        said.event,
        topic=SUPERVISION_ALERTS if to_supervision else CASES_EVENTS,
        key=timer.department if to_supervision else None,
        event_id=event_id(timer.deadline_id, said.event.event_type),
        source="tracker",
        time=now,
    )
