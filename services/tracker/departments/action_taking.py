"""Actions of departments' own systems, taken from Kafka with the same forms and guards as over HTTP.

Each is carried out in a savepoint of the batch's transaction: what is refused undoes nothing but itself, and its
answer goes out in the same transaction in which the others land.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from prometheus_client import Counter
from pydantic import ValidationError

from services.tracker import store
from services.tracker.acts.contributions import Contributions
from services.tracker.acts.contributions_api import Contributing
from services.tracker.acts.returns import Returns
from services.tracker.acts.returns_api import Returning
from services.tracker.api import Acting, Replying
from services.tracker.casework import Casework, NoSuchCase
from services.tracker.departments import actions_store
from services.tracker.departments.actions import (
    ACTIONS,
    ReceivedAction,
    Refusal,
    against_rule,
    badly_written,
    read_action,
    refusal_message,
    refusal_of,
)
from services.tracker.guards import AgainstRule
from services.tracker.lifecycle import Action, Actor, IllegalMove, NotYourCase, Role, StaleVersion
from shared import outbox
from shared.consumer import BatchConsumer
from shared.events import (
    DepartmentActionAcknowledge,
    DepartmentActionContribute,
    DepartmentActionReply,
    DepartmentActionRequestReturn,
    Event,
)
from shared.postgres import Connection
from shared.wire import Received

REFUSED = Counter("hotline_actions_refused_total", "Actions of departments' systems that were refused", ["why"])

# A department reads its queue as fast as we do, and may act on a case that is only just being opened.
_OPENING_SECONDS = 3.0
_LOOK_EVERY_SECONDS = 0.1

_MOVES: dict[type[Event], Action] = {
    DepartmentActionAcknowledge: Action.ACKNOWLEDGE,
    DepartmentActionReply: Action.REPLY,
    DepartmentActionRequestReturn: Action.REQUEST_RETURN,
}


def actions_consumer(casework: Casework) -> BatchConsumer:
    take = TakeActions(casework)
    return BatchConsumer("actions", ACTIONS, take, casework.pool, casework.relay, read=read_action)


class TakeActions:
    """Carries out what departments ask for, and answers what it refuses."""

    def __init__(self, casework: Casework) -> None:
        self._casework = casework
        # What was waited for last: a batch that comes again, whole or one by one, does not wait again.
        self._awaited: frozenset[UUID] = frozenset()

    async def __call__(self, connection: Connection, received: Sequence[Received[Event]]) -> None:
        actions = [one for one in received if isinstance(one, ReceivedAction)]
        if not self._awaited.issuperset(one.id for one in actions):
            self._awaited = frozenset(one.id for one in actions)
            await _await_opening(connection, actions)
        casework = self._casework.within(connection)
        refused = []
        # Whoever locks many cases does so in the order of their ids; those of one case keep the order of their topic.
        for one in sorted(actions, key=lambda each: each.event.complaint_id):
            refusal = await _refusal(connection, casework, one)
            if refusal is not None:
                REFUSED.labels(refusal.why).inc()
                refused.append(refusal_message(one, refusal, await store.present(connection)))
        await outbox.append(connection, refused)


async def _await_opening(connection: Connection, actions: Sequence[ReceivedAction]) -> None:
    asked = [(one.event.complaint_id, one.department) for one in actions]
    for _ in range(int(_OPENING_SECONDS / _LOOK_EVERY_SECONDS)):
        if not await actions_store.count_unheld(connection, asked):
            return
        await asyncio.sleep(_LOOK_EVERY_SECONDS)


async def _refusal(connection: Connection, casework: Casework, one: ReceivedAction) -> Refusal | None:
    """Carry the action out; why not, where it is refused."""
    try:
        await _carry_out(casework, one.event, Actor(Role.OFFICER, one.department))
    except ValidationError as invalid:
        return badly_written(invalid)
    except NoSuchCase:
        return refusal_of(NotYourCase())
    except (NotYourCase, StaleVersion, IllegalMove) as error:
        return refusal_of(error)
    except AgainstRule as error:
        return await _against_rule(connection, one.event, error)
    return None


async def _carry_out(casework: Casework, event: Event, actor: Actor) -> None:
    case_id = event.complaint_id
    match event:
        case DepartmentActionAcknowledge(version=version):
            await casework.acknowledge(case_id, actor, Acting(version=version).version)
        case DepartmentActionReply(version=version, text=text):
            form = Replying(version=version, text=text)
            await casework.reply(case_id, actor, form.version, form.text)
        case DepartmentActionRequestReturn(version=version, reason=reason, basis=basis):
            asking = Returning(version=version, reason=reason, basis=basis)
            await Returns(casework).request(case_id, actor, asking.version, asking.reason, asking.basis)
        case DepartmentActionContribute(text=text):
            await Contributions(casework).contribute(case_id, actor, Contributing(text=text).text)


async def _against_rule(connection: Connection, event: Event, error: AgainstRule) -> Refusal:
    refused = _MOVES.get(type(event))
    case = await store.lock_case(connection, event.complaint_id) if refused else None
    # To a co-handler the rules of its contribution say all there is.
    return (
        against_rule(error, refused, case.state) if refused and case else Refusal(str(error), error.why, error.offers)
    )
