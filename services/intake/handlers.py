"""What the intake does with the tracker's events: it remembers what a reporter may be told, and who has the case."""

from collections.abc import Sequence

from services.intake import store
from services.intake.standings import MOVES, newest_stands
from services.intake.standings_store import upsert_standings
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


FOLLOWED: tuple[type[Event], ...] = tuple({*TOLD_TO_REPORTERS, *MOVES})


async def follow_cases(connection: Connection, received: Sequence[Received[Event]]) -> None:
    """Remember what became of each case, in the order in which it happened."""
    happened = [Received(r.id, r.event) for r in received if isinstance(r.event, CaseEvent)]
    await store.insert_progress(connection, [r for r in happened if isinstance(r.event, TOLD_TO_REPORTERS)])
    await upsert_standings(connection, newest_stands(r.event for r in happened if isinstance(r.event, MOVES)))
