"""People move cases: lock, decide by the table, store, record and publish in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from services.tracker import store
from services.tracker.calendar import Calendar
from services.tracker.handlers import case_message
from services.tracker.lifecycle import ACTION_IN_CHINESE, MEETS, MOVES, Action, Actor, CaseState, Move, move
from services.tracker.opening import DeadlineRow, fresh_deadlines, in_record
from services.tracker.record import Happening
from services.tracker.record_store import append_to_record
from shared import outbox
from shared.events import (
    CaseAcknowledged,
    CaseCallbackRequested,
    CaseClosed,
    CaseDeclined,
    CaseEvent,
    CaseReplied,
    CaseReworked,
    event_id,
)
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Connection, Pool
from shared.redaction import redact

# Makes the event that tells of a move: complaint_id, department, status, version and at are given to it by name, and
# deadlines where the move starts clocks.
MakeEvent = Callable[..., CaseEvent]


class NoSuchCase(LookupError):
    """There is no case of this id."""


class Casework:
    """Its methods raise NoSuchCase, and NotYourCase, StaleVersion or IllegalMove as ``lifecycle.move`` does.

    What people write is redacted of numbers that identify somebody, for it travels in events.
    """

    def __init__(self, pool: Pool, relay: Relay, policy: Policy, calendar: Calendar) -> None:
        self._pool = pool
        self._relay = relay
        self._policy = policy
        self._calendar = calendar

    async def acknowledge(self, case_id: UUID, actor: Actor, expected_version: int | None) -> None:
        await self._act(case_id, Action.ACKNOWLEDGE, actor, expected_version, CaseAcknowledged)

    async def reply(self, case_id: UUID, actor: Actor, expected_version: int | None, text: str) -> None:
        answer = redact(text).text
        await self._act(case_id, Action.REPLY, actor, expected_version, partial(CaseReplied, reply=answer), answer)

    async def request_callback(self, case_id: UUID, actor: Actor, expected_version: int | None) -> None:
        await self._act(case_id, Action.REQUEST_CALLBACK, actor, expected_version, CaseCallbackRequested)

    async def close(self, case_id: UUID, actor: Actor, expected_version: int | None) -> None:
        await self._act(case_id, Action.CLOSE, actor, expected_version, CaseClosed)

    async def rework(self, case_id: UUID, actor: Actor, expected_version: int | None, reason: str) -> None:
        """Send the case back to its department: both clocks start afresh and name the deadlines that they replace."""
        why = redact(reason).text
        await self._act(case_id, Action.REWORK, actor, expected_version, partial(CaseReworked, reason=why), why)

    async def decline(self, case_id: UUID, actor: Actor, expected_version: int | None, lawful_channel: str) -> None:
        where = redact(lawful_channel).text
        make_event = partial(CaseDeclined, lawful_channel=where)
        await self._act(case_id, Action.DECLINE, actor, expected_version, make_event, where)

    async def _act(
        self,
        case_id: UUID,
        action: Action,
        actor: Actor,
        expected_version: int | None,
        make_event: MakeEvent,
        note: str | None = None,
    ) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            case = await store.lock_case(connection, case_id)
            if case is None:
                raise NoSuchCase(case_id)
            moved = move(case.state, action, actor, case.department, expected_version)
            chosen = MOVES[case.state.status, action]
            now = await store.present(connection)
            outcome = "met" if action in MEETS else "ended"
            await store.update_case(connection, case_id, moved, tuple(chosen.stops), outcome, now)
            because = f"{ACTION_IN_CHINESE[action]}：{note}"
            fresh = await self._start_clocks(connection, case_id, case, chosen, moved, because, now)
            told = in_record(fresh) if fresh else None
            happened = Happening(case_id, action, actor, now, moved, note=note, deadlines=told)
            await append_to_record(connection, [happened])
            event = make_event(
                complaint_id=case_id,
                department=case.department,
                status=moved.status,
                version=moved.version,
                at=now,
                **({"deadlines": tuple(d.in_event for d in fresh)} if fresh else {}),
            )
            await outbox.append(connection, [case_message(event)])
        self._relay.wake()

    async def _start_clocks(
        self,
        connection: Connection,
        case_id: UUID,
        case: store.LockedCase,
        chosen: Move,
        moved: CaseState,
        because: str,
        now: datetime,
    ) -> Sequence[DeadlineRow]:
        if not chosen.starts:
            return ()
        latest = await store.latest_deadlines(connection, case_id)
        cause = event_id(case_id, f"clocks/{moved.version}")
        rows = fresh_deadlines(case_id, cause, case.kind, case.urgency, now, self._policy, self._calendar)
        fresh = [
            replace(row, replaces=latest[row.clock], replaced_because=because)
            for row in rows
            if row.clock in chosen.starts
        ]
        await store.insert_deadlines(connection, fresh)
        return fresh
