"""What the intake does with the tracker's events: it remembers what a reporter may be told."""

from collections.abc import Sequence

from services.intake import open311_store, store
from shared.events import (
    CaseAcknowledged,
    CaseCallbackRequested,
    CaseClosed,
    CaseDeclined,
    CaseEvent,
    CaseOpened,
    CaseReplied,
    CaseReworked,
    Event,
)
from shared.postgres import Connection
from shared.wire import Received

TOLD_TO_REPORTERS: tuple[type[Event], ...] = (
    CaseOpened,
    CaseAcknowledged,
    CaseReplied,
    CaseCallbackRequested,
    CaseReworked,
    CaseClosed,
    CaseDeclined,
)


async def record_progress(connection: Connection, received: Sequence[Received[Event]]) -> None:
    told = [Received(r.id, r.event) for r in received if isinstance(r.event, CaseEvent)]
    await store.insert_progress(connection, told)
    await open311_store.follow_cases(connection, [r.event for r in told])
