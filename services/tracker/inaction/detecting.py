"""The periodic detection of inaction: every night, department by department, over what has changed since the last.

A suspicion of these kinds has no deadline of its own: its event and its row name the reply's clock and due moment.
Its id follows from what it is about, so that looking again finds nothing new.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
import structlog

from services.tracker import store
from services.tracker.deadlines import deadline_store
from services.tracker.inaction import detection_store
from services.tracker.inaction.detection_periods import bounds_of, last_night, months_to_look_at, written
from services.tracker.inaction.detection_store import Seen
from services.tracker.inaction.detectors.facts import Period
from services.tracker.inaction.detectors.suspecting import (
    by_policy,
    findings_of_period,
    id_of_case,
    id_of_period,
    suspicions_of_case,
)
from services.tracker.inaction.inaction import Suspicion
from services.tracker.lifecycle import Actor, Role
from services.tracker.record import record_store
from services.tracker.record.anchoring import settled
from services.tracker.record.record import Fired, Happening
from services.tracker.record.record_store import append_to_record
from services.tracker.timers.sweeper import SUSPECTED
from services.tracker.timers.timers_store import insert_fired
from shared import outbox
from shared.events import InactionSuspected
from shared.ids import event_id
from shared.language import Clock, DepartmentCode
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import PASSING, Connection, Pool
from shared.topics import SUPERVISION_ALERTS
from shared.wire import encode

log = structlog.get_logger(__name__)

_POLL_SECONDS = 600.0
_ENTRIES_AT_ONCE = 20_000
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_ITSELF = Actor(Role.SYSTEM)

# A suspicion, the case in whose record it is entered, and its id.
_Suspected = tuple[UUID, Suspicion, Seen]


class Detecting:
    def __init__(self, pool: Pool, relay: Relay, policy: Callable[[], Policy]) -> None:
        """`policy` gives the one in force at the moment."""
        self._pool = pool
        self._relay = relay
        self._policy = policy

    async def run(self) -> None:
        """Detect once a night, whichever replica comes first, until cancelled."""
        while True:
            try:
                if found := await self.detect_if_due():
                    log.info("detected", **found)
            except (*PASSING, asyncpg.LockNotAvailableError) as error:
                log.warning("not_detected", error=type(error).__name__)
            await asyncio.sleep(_POLL_SECONDS)

    async def detect_if_due(self) -> Counter[str]:
        """Look at the departments that nobody has looked at since two o'clock at night."""
        night = last_night(await store.present(self._pool))
        ran = {row["department"]: row["ran_at"] for row in await self._pool.fetch(detection_store.READ_LAST_RUNS)}
        due = [code for code in self._policy().departments if code not in ran or ran[code] < night]
        return await self._detect(due)

    async def detect(self) -> Counter[str]:
        """Look at every department now; how many suspicions of each kind were new."""
        return await self._detect(list(self._policy().departments))

    async def _detect(self, departments: Sequence[DepartmentCode]) -> Counter[str]:
        found: Counter[str] = Counter()
        if not departments:
            return found
        async with self._pool.acquire() as connection:
            last_entry = await settled(connection)
            for department in departments:
                while await self._look_at_changes(connection, department, last_entry, found):
                    self._relay.wake()
                await self._look_at_the_rest(connection, department, found)
                self._relay.wake()
        return found

    async def _look_at_changes(
        self, connection: Connection, department: DepartmentCode, last_entry: int, found: Counter[str]
    ) -> bool:
        """Look at the cases of some further entries; False where there are no more."""
        async with connection.transaction():
            looked = await detection_store.lock_department(connection, department)
            if looked.last_entry >= last_entry:
                return False
            nth = await connection.fetchval(record_store.NTH_ENTRY, looked.last_entry, last_entry, _ENTRIES_AT_ONCE - 1)
            up_to: int = nth or last_entry
            cases = await detection_store.changed(connection, department, looked.last_entry, up_to)
            await self._look_at_cases(connection, department, cases, found)
            await connection.execute(detection_store.LOOKED_AT_ENTRIES, department, up_to)
            return True

    async def _look_at_the_rest(self, connection: Connection, department: DepartmentCode, found: Counter[str]) -> None:
        """What came with time alone: replies overdue beyond the bound, and months that are complete."""
        async with connection.transaction():
            looked = await detection_store.lock_department(connection, department)
            now = await store.present(connection)
            since = looked.ran_at or _EVER
            cases = await detection_store.overdue(connection, department, since, now, self._policy().detection.overdue)
            await self._look_at_cases(connection, department, cases, found)
            for month in months_to_look_at(looked.month, now):
                await self._look_at_month(connection, department, month, found)
                await connection.execute(detection_store.LOOKED_AT_MONTH, department, month)
            await connection.execute(detection_store.RAN, department, now)

    async def _look_at_cases(
        self, connection: Connection, department: DepartmentCode, cases: Sequence[UUID], found: Counter[str]
    ) -> None:
        now = await store.present(connection)
        policy = self._policy()
        seen = await detection_store.read_facts(connection, policy, department, cases)
        suspected = [
            (id_of_case(one.facts, suspicion.kind), suspicion, one)
            for one in seen
            for suspicion in suspicions_of_case(one.facts, now, policy.detection, holds=one.holds)
        ]
        await _enter(connection, policy, suspected, found)

    async def _look_at_month(
        self, connection: Connection, department: DepartmentCode, month: date, found: Counter[str]
    ) -> None:
        policy = self._policy()
        seen = await detection_store.read_month(connection, policy, department, *bounds_of(month))
        name = policy.name_of(department)
        by_case = {one.facts.complaint_id: one for one in seen}
        # The texts of a month are compared in a thread, so that the service answers meanwhile.
        period = Period(written(month), name, [one.facts for one in seen])
        findings = await asyncio.to_thread(findings_of_period, period, policy.detection)
        suspected = [
            (id_of_period(department, month.isoformat(), one), one.suspicion, by_case[one.case.complaint_id])
            for one in findings
        ]
        await _enter(connection, policy, suspected, found)


async def _enter(connection: Connection, policy: Policy, suspected: Sequence[_Suspected], found: Counter[str]) -> None:
    """What is new among it: in the table, in the record, and told to the supervision office."""
    known = await detection_store.known(connection, [inaction_id for inaction_id, _, _ in suspected])
    new = [(which, by_policy(said, policy.hash), seen) for which, said, seen in suspected if which not in known]
    if not new:
        return
    await deadline_store.lock_cases(connection, sorted({seen.facts.complaint_id for _, _, seen in new}))
    now = await store.present(connection)
    events = [_event(*one, now) for one in new]
    await insert_fired(connection, [], events, now)
    await append_to_record(
        connection,
        [
            Happening(
                seen.facts.complaint_id,
                Fired.SUSPECTED,
                _ITSELF,
                now,
                deadline_id=seen.deadline_id,
                note=suspicion.evidence,
            )
            for _, suspicion, seen in new
        ],
    )
    await outbox.append(
        connection,
        [
            encode(
                event,
                topic=SUPERVISION_ALERTS,
                key=event.department,
                event_id=event_id(event.inaction_id, event.event_type),
                source="tracker",
                time=now,
            )
            for event in events
        ],
    )
    for event in events:
        SUSPECTED.labels(event.department, event.kind).inc()
    found.update(event.kind.value for event in events)


def _event(inaction_id: UUID, suspicion: Suspicion, seen: Seen, now: datetime) -> InactionSuspected:
    return InactionSuspected(
        complaint_id=seen.facts.complaint_id,
        department=seen.facts.department,
        clock=Clock.REPLY,
        due_at=seen.facts.due_at,
        at=now,
        inaction_id=inaction_id,
        kind=suspicion.kind,
        evidence=suspicion.evidence,
    )
