"""What the intake does with the tracker's events: it remembers what a reporter may be told."""

from collections.abc import Sequence

from services.intake import store
from shared.events import (
    CaseAcknowledged,
    CaseCallbackRequested,
    CaseClosed,
    CaseDeclined,
    CaseEvent,
    CaseExtended,
    CaseOpened,
    CaseReassigned,
    CaseReplied,
    CaseResumed,
    CaseReworked,
    CaseSuspended,
    Event,
)
from shared.postgres import Connection
from shared.wire import Received

TOLD_TO_REPORTERS: tuple[type[Event], ...] = (
    CaseOpened,
    CaseAcknowledged,
    CaseReassigned,
    CaseExtended,
    CaseSuspended,
    CaseResumed,
    CaseReplied,
    CaseCallbackRequested,
    CaseReworked,
    CaseClosed,
    CaseDeclined,
)


async def record_progress(connection: Connection, received: Sequence[Received[Event]]) -> None:
    await store.insert_progress(
        connection, [Received(r.id, r.event) for r in received if isinstance(r.event, CaseEvent)]
    )
