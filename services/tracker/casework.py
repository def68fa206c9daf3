"""People move cases: lock, decide by the table, store, record and publish in one transaction."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from services.tracker import store
from services.tracker.handlers import case_message
from services.tracker.lifecycle import MOVES, Action, Actor, move
from services.tracker.record import Happening
from services.tracker.record_store import append_to_record
from shared import outbox
from shared.events import CaseAcknowledged, CaseEvent, CaseReplied
from shared.outbox import Relay
from shared.postgres import Pool
from shared.redaction import redact

# Makes the event that tells of a move: complaint_id, department, status, version and at are given to it by name.
MakeEvent = Callable[..., CaseEvent]


class NoSuchCase(LookupError):
    """There is no case of this id."""


class Casework:
    """Its methods raise NoSuchCase, and NotYourCase, StaleVersion or IllegalMove as ``lifecycle.move`` does."""

    def __init__(self, pool: Pool, relay: Relay) -> None:
        self._pool = pool
        self._relay = relay

    async def acknowledge(self, case_id: UUID, actor: Actor, expected_version: int | None) -> None:
        await self._act(case_id, Action.ACKNOWLEDGE, actor, expected_version, CaseAcknowledged)

    async def reply(self, case_id: UUID, actor: Actor, expected_version: int | None, text: str) -> None:
        """Answer the reporter; numbers that identify somebody are redacted, for the text travels in events."""
        answer = redact(text).text
        await self._act(case_id, Action.REPLY, actor, expected_version, partial(CaseReplied, reply=answer), answer)

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
            found = await store.lock_case(connection, case_id)
            if found is None:
                raise NoSuchCase(case_id)
            state, department = found
            moved = move(state, action, actor, department, expected_version)
            now = await store.present(connection)
            await store.update_case(connection, case_id, moved, tuple(MOVES[state.status, action].stops), now)
            await append_to_record(connection, [Happening(case_id, action, actor, now, moved, note=note)])
            event = make_event(
                complaint_id=case_id, department=department, status=moved.status, version=moved.version, at=now
            )
            await outbox.append(connection, [case_message(event)])
        self._relay.wake()
