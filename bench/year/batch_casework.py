"""Casework for many moves in one transaction, with savepoints only where a rule may refuse what the table allows."""

from uuid import UUID

from services.tracker import store
from services.tracker.casework import Casework, NoSuchCase
from services.tracker.guards import AgainstRule
from services.tracker.lifecycle import Action, Actor
from services.tracker.moving import Effect, carry_out

# Only the table of moves refuses these here, and it does so before anything is written.
_SURE = frozenset({Action.ACKNOWLEDGE, Action.REPLY, Action.REQUEST_CALLBACK, Action.CLOSE, Action.REWORK})


class BatchCasework(Casework):
    """The savepoint is two of a dozen statements that a move takes."""

    async def act(
        self, case_id: UUID, action: Action, actor: Actor, expected_version: int | None, effect: Effect
    ) -> None:
        connection = self._within
        if connection is None or action not in _SURE:
            await super().act(case_id, action, actor, expected_version, effect)
            return
        case = await store.lock_case(connection, case_id)
        if case is None:
            raise NoSuchCase(case_id)
        try:
            await carry_out(connection, self.rules(), case_id, case, action, actor, expected_version, effect)
        except AgainstRule as refused:
            # Half of it is written by now: the run is worth nothing any more.
            raise RuntimeError(f"{action} was refused by a rule: {refused}") from refused
