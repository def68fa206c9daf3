"""People move cases: each action in a transaction of its own, that of the move in ``moving``."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import copy
from functools import partial
from typing import Self
from uuid import UUID

from services.tracker import store
from services.tracker.acts import callbacks_store
from services.tracker.acts.replying import check_filled
from services.tracker.guards import Callback, check_closing
from services.tracker.lifecycle import Action, Actor
from services.tracker.moving import Effect, Outcome, Rules, Step, carry_out, telling
from shared.events import (
    CaseAcknowledged,
    CaseCallbackRequested,
    CaseClosed,
    CaseDeclined,
    CaseReplied,
    CaseReworked,
)
from shared.language import Satisfaction
from shared.outbox import Relay
from shared.postgres import Connection, Pool
from shared.redaction import redact


class NoSuchCase(LookupError):
    """There is no case of this id."""


class Casework:
    """What people do with a case.

    Its methods raise NoSuchCase, NotYourCase, StaleVersion or IllegalMove as ``lifecycle.move`` does, and AgainstRule.
    What people write is redacted of numbers that identify somebody, for it travels in events. `rules` gives those in
    force at the moment; each action keeps to one from its beginning to its end.
    """

    def __init__(self, pool: Pool, relay: Relay, rules: Callable[[], Rules]) -> None:
        self.pool = pool
        self.relay = relay
        self.rules = rules
        self._within: Connection | None = None

    def within(self, connection: Connection) -> Self:
        """The same casework inside the caller's transaction: what is refused is undone alone, by a savepoint.

        The caller wakes the relay after its commit.
        """
        inner = copy(self)
        inner._within = connection  # noqa: SLF001  # it is our own
        return inner

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """The transaction of one action; a savepoint of the caller's where there is one."""
        if self._within is not None:
            async with self._within.transaction():
                yield self._within
            return
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection
        self.relay.wake()

    async def act(
        self, case_id: UUID, action: Action, actor: Actor, expected_version: int | None, effect: Effect
    ) -> None:
        """Let `actor` move the case, all of it in one transaction."""
        async with self.transaction() as connection:
            case = await store.lock_case(connection, case_id)
            if case is None:
                raise NoSuchCase(case_id)
            await carry_out(connection, self.rules(), case_id, case, action, actor, expected_version, effect)

    async def acknowledge(self, case_id: UUID, actor: Actor, expected_version: int | None) -> None:
        await self.act(case_id, Action.ACKNOWLEDGE, actor, expected_version, telling(CaseAcknowledged))

    async def reply(self, case_id: UUID, actor: Actor, expected_version: int | None, text: str) -> None:
        """Answer the reporter; AgainstRule where a blank of a template is not filled."""
        answer = redact(text)
        await self.act(case_id, Action.REPLY, actor, expected_version, partial(_reply, answer))

    async def request_callback(self, case_id: UUID, actor: Actor, expected_version: int | None) -> None:
        await self.act(case_id, Action.REQUEST_CALLBACK, actor, expected_version, telling(CaseCallbackRequested))

    async def close(self, case_id: UUID, actor: Actor, expected_version: int | None, said: Callback) -> None:
        """Close the case with what the callback brought."""
        await self.act(case_id, Action.CLOSE, actor, expected_version, partial(_close, said))

    async def rework(self, case_id: UUID, actor: Actor, expected_version: int | None, reason: str) -> None:
        """Send the case back to its department: both clocks start afresh and name the deadlines that they replace."""
        why = redact(reason)
        await self.act(case_id, Action.REWORK, actor, expected_version, telling(CaseReworked, why, reason=why))

    async def decline(self, case_id: UUID, actor: Actor, expected_version: int | None, lawful_channel: str) -> None:
        where = redact(lawful_channel)
        effect = telling(CaseDeclined, where, lawful_channel=where)
        await self.act(case_id, Action.DECLINE, actor, expected_version, effect)


async def _reply(answer: str, _step: Step) -> Outcome:
    check_filled(answer)
    return Outcome(CaseReplied, {"reply": answer}, answer)


async def _close(said: Callback, step: Step) -> Outcome:
    check_closing(said, step.case.confidentiality, step.case.state.status)
    contacted = bool(said.contacted)
    await callbacks_store.record_callback(step.connection, step.case_id, contacted, said.satisfaction)
    return Outcome(CaseClosed, {"contacted": contacted, "satisfaction": said.satisfaction}, _in_words(said))


def _in_words(said: Callback) -> str:
    told = f"已联系诉求人：{_SATISFACTION_IN_CHINESE[said.satisfaction]}" if said.satisfaction else "未联系诉求人"
    return f"{told}。{redact(said.because)}" if said.because else told


_SATISFACTION_IN_CHINESE = {
    Satisfaction.SATISFIED: "满意",
    Satisfaction.BASICALLY_SATISFIED: "基本满意",
    Satisfaction.DISSATISFIED: "不满意",
}
