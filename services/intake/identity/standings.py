"""Who has a case now, as far as the tracker's events tell it; the rules of reading an identity ask for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events import (
    CaseEvent,
    CaseReturnGranted,
    ComplaintAssigned,
)
from shared.language import CaseStatus, DepartmentCode

_ENDED = frozenset({CaseStatus.CLOSED, CaseStatus.DECLINED})


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a case stands: nobody holds it between a granted return and its next placing."""

    complaint_id: UUID
    holder: DepartmentCode | None
    status: CaseStatus
    version: int
    # Since when it is closed or declined.
    ended_at: datetime | None


def stand_after(event: CaseEvent) -> Stand:
    """Where its case stands after `event`."""
    return Stand(
        event.complaint_id,
        None if isinstance(event, CaseReturnGranted) else event.department,
        event.status,
        event.version,
        event.at if event.status in _ENDED else None,
    )


def newest_stands(events: Iterable[CaseEvent]) -> Sequence[Stand]:
    """Where each case stands after all of `events`, the later of two with one version counting."""
    newest: dict[UUID, Stand] = {}
    for event in events:
        stand = stand_after(event)
        known = newest.get(stand.complaint_id)
        if known is None or stand.version >= known.version:
            newest[stand.complaint_id] = stand
    return [newest[complaint_id] for complaint_id in sorted(newest)]


def found_accused(assigned: Iterable[ComplaintAssigned]) -> Sequence[tuple[UUID, DepartmentCode]]:
    """Each complaint with whom the router found accused by it, in one order for every transaction."""
    return sorted({(given.complaint_id, given.accused) for given in assigned if given.accused is not None})


@dataclass(frozen=True, slots=True)
class Help:
    """Who helps with a case that has been placed `hop` times; a co-handler that is accused never does."""

    complaint_id: UUID
    hop: int
    departments: tuple[DepartmentCode, ...]


def newest_help(assigned: Iterable[ComplaintAssigned]) -> Sequence[Help]:
    """Who helps with each case after all of `assigned`: what the lead was told counts, not the helpers' copies.

    A first placing without helpers says nothing that is not so without it.
    """
    newest: dict[UUID, Help] = {}
    for given in assigned:
        known = newest.get(given.complaint_id)
        if given.lead is not None or not (given.co_handlers or given.hop > 1) or (known and known.hop > given.hop):
            continue
        helping = tuple(code for code in given.co_handlers if code != given.accused)
        newest[given.complaint_id] = Help(given.complaint_id, given.hop, helping)
    return [newest[complaint_id] for complaint_id in sorted(newest)]
