"""What the intake remembers of the others' events: what reporters may be told, who has a case, helps, is accused."""

from collections.abc import Sequence
from uuid import uuid5

from aiokafka import ConsumerRecord

from services.intake import store
from services.intake.identity.standings import found_accused, newest_help, newest_stands
from services.intake.identity.standings_store import insert_accusations, upsert_helpers, upsert_standings
from services.intake.open311 import open311_store
from shared.events import (
    CASE_MOVES,
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
    ComplaintAssigned,
    Event,
)
from shared.postgres import Connection
from shared.wire import Received, decode

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


FOLLOWED: tuple[type[Event], ...] = tuple({*TOLD_TO_REPORTERS, *CASE_MOVES})


async def follow_cases(connection: Connection, received: Sequence[Received[Event]]) -> None:
    """Remember what became of each case, in the order in which it happened."""
    happened = [Received(r.id, r.event) for r in received if isinstance(r.event, CaseEvent)]
    await store.insert_progress(connection, [r for r in happened if isinstance(r.event, TOLD_TO_REPORTERS)])
    stands = newest_stands(r.event for r in happened if isinstance(r.event, CASE_MOVES))
    await upsert_standings(connection, stands)
    await open311_store.follow_cases(connection, [r.event for r in happened if isinstance(r.event, CASE_MOVES)])


def read_assignment(record: ConsumerRecord[bytes, bytes]) -> Received[Event]:
    """Under an id of its own: what the inbox knows from before accusations were kept is taken in once more."""
    received = decode(record)
    return Received(uuid5(received.id, "accusations"), received.event)


async def follow_assignments(connection: Connection, received: Sequence[Received[Event]]) -> None:
    """Remember which departments help with a joint matter, and whom the router found accused."""
    assigned = [r.event for r in received if isinstance(r.event, ComplaintAssigned)]
    await upsert_helpers(connection, newest_help(assigned))
    await insert_accusations(connection, found_accused(assigned))
