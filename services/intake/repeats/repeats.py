"""A reporter brings the same matter again: their earlier complaints, and which of them it repeats."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.intake.identity.reading_rules import Standing
from services.intake.repeats.likeness import Matter, likeness, same_matter
from shared.language import Confidentiality


@dataclass(frozen=True, slots=True)
class Earlier:
    """A complaint that the same reporter brought before."""

    complaint_id: UUID
    ticket_number: str
    accepted_at: datetime
    matter: Matter
    standing: Standing


@dataclass(frozen=True, slots=True)
class Repeat:
    """Of which earlier complaint another is a repeat, and how alike the two are, from 0 to 1."""

    of: Earlier
    likeness: float

    def event_may_say(self, confidentiality: Confidentiality) -> bool:
        """Whether an event may link the two, the later one being of this `confidentiality`.

        Only where both are named: whoever knows the reporter of the one would know that of the confidential other.
        """
        return confidentiality is self.of.standing.confidentiality is Confidentiality.NAMED


def repeated(matter: Matter, earlier: Iterable[Earlier]) -> Repeat | None:
    """The most alike of `earlier` that tells of the same matter; of equally alike ones the first that was brought."""
    found = [Repeat(each, likeness(matter, each.matter)) for each in earlier if same_matter(matter, each.matter)]
    return max(found, key=lambda repeat: (repeat.likeness, -repeat.of.complaint_id.int), default=None)


def as_json(earlier: Earlier, matter: Matter) -> dict[str, Any]:
    """What somebody who registers `matter` is told of an earlier complaint: never its words."""
    return {
        "ticket_number": earlier.ticket_number,
        "accepted_at": earlier.accepted_at,
        "status": earlier.standing.status or "accepted",
        "likeness": round(likeness(matter, earlier.matter), 2),
        "same_matter": same_matter(matter, earlier.matter),
    }
