"""Where cases stand, as far as the tracker's events tell it: what nobody can place any more, and who has taken it."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from shared.events import CASE_MOVES, CaseEvent, CaseExtended, CaseOpened
from shared.language import CaseStatus

__all__ = ["FOLLOWED", "STANDS_STILL", "newest"]

# Every move to another status; the first, which opens a case, says nothing that is not so without it.
FOLLOWED = tuple(event for event in CASE_MOVES if event not in (CaseOpened, CaseExtended))

# From these the tracker lets no decision give a case to another department.
STANDS_STILL: Mapping[CaseStatus, str] = {
    CaseStatus.SUSPENDED: "已中止",
    CaseStatus.REPLIED: "已答复",
    CaseStatus.CALLBACK_PENDING: "已答复待回访",
    CaseStatus.CLOSED: "已办结",
    CaseStatus.DECLINED: "已不予受理",
}


def newest(events: Iterable[CaseEvent]) -> Sequence[CaseEvent]:
    """Of each case the event of the highest version, in the order of their ids."""
    last: dict[UUID, CaseEvent] = {}
    for event in events:
        known = last.get(event.complaint_id)
        if known is None or event.version >= known.version:
            last[event.complaint_id] = event
    return [last[complaint_id] for complaint_id in sorted(last)]
