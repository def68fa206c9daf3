"""Which of the router's decisions a case follows, in whatever order and however often they arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.events import ComplaintAssigned


@dataclass(frozen=True, slots=True)
class Followed:
    """The decision that a case follows."""

    decision_id: UUID
    hop: int


def supersedes(given: ComplaintAssigned, followed: Followed) -> bool:
    """Whether `given` is a later decision than the one that the case follows.

    The router counts its decisions on a complaint, a person's included, without gaps and never two of one number; so
    the same decision again, or an earlier one that was long on its way, changes nothing.
    """
    return given.hop > followed.hop


def leading(assignments: Sequence[ComplaintAssigned]) -> Sequence[ComplaintAssigned]:
    """Those that say who answers, in the order in which they are to be followed.

    A co-handler's copy says nothing that the lead's does not: the lead's names the co-handlers, so a case is opened
    with their contributions at once, whichever copy arrives first.
    """
    return sorted((one for one in assignments if one.lead is None), key=lambda one: one.hop)
