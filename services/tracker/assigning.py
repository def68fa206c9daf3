"""Which of the router's decisions a case follows, in whatever order and however often they arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events import ComplaintAssigned
from shared.language import DecisionSource

# A person may place a case anew without its having been returned: the triage desk passes it on.
_BY_A_PERSON = frozenset({DecisionSource.PERSON, DecisionSource.ARBITRATION})


@dataclass(frozen=True, slots=True)
class Followed:
    """The decision that a case follows; `assigned_at` is unknown (None) of cases older than the column."""

    decision_id: UUID
    hop: int
    assigned_at: datetime | None


def supersedes(given: ComplaintAssigned, followed: Followed) -> bool:
    """Whether `given` is a later decision than the one that the case follows.

    A higher hop is later. Of the same hop only a person's later word is; the router itself decides once for each hop,
    so anything else is the same decision again. Total: of two decisions at most one supersedes the other.
    """
    if given.decision_id == followed.decision_id or given.hop < followed.hop:
        return False
    if given.hop > followed.hop:
        return True
    later = followed.assigned_at is None or given.assigned_at > followed.assigned_at
    return given.decided_by in _BY_A_PERSON and later


def leading(assignments: Sequence[ComplaintAssigned]) -> Sequence[ComplaintAssigned]:
    """Those that say who answers, in the order in which they are to be followed.

    A co-handler's copy says nothing that the lead's does not: the lead's names the co-handlers, so a case is opened
    with their contributions at once, whichever copy arrives first.
    """
    leads = [one for one in assignments if one.lead is None]
    return sorted(leads, key=lambda one: (one.hop, one.decided_by in _BY_A_PERSON, one.assigned_at))
