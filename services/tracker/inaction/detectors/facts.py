"""What the detectors look at: a case as its department worked it, and a department's cases of a period."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.tracker.inaction.inaction import Suspicion
from shared.language import Confidentiality, DepartmentCode, Satisfaction


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case and what became of it in the hands of `department`; texts are redacted."""

    complaint_id: UUID
    ticket_number: str
    department: DepartmentCode
    department_name: str
    # The committed deadline of the reply that holds, or held last.
    due_at: datetime
    text: str = field(default="", repr=False)
    matter: str | None = None
    matter_name: str | None = None
    # Which incident it tells of, as the router says (同一事件).
    incident_id: UUID | None = None
    # Where it is, as its reporter says, and the town that this names.
    place: str | None = None
    town: str | None = None
    confidentiality: Confidentiality = Confidentiality.NAMED
    # Whether a reply of it was late, and whether the department acknowledged it late.
    missed: bool = False
    acknowledged_late: bool = False
    reply: str | None = field(default=None, repr=False)
    replied_at: datetime | None = None
    # Declined, or closed without an answer of the department: nobody waits any more.
    ended: bool = False
    # How often the department got more time, and how often it was refused.
    extensions: int = 0
    extensions_refused: int = 0
    # How often the department wanted to give the case back, and what was said to it.
    returns_granted: int = 0
    returns_refused: int = 0
    # Whether anybody tried to call the reporter after the last reply, before the case was closed, and what came of it.
    callback_tried: bool = False
    closed: bool = False
    contacted: bool | None = None
    satisfaction: Satisfaction | None = None
    # How often the reporter was dissatisfied and the case sent back (二次办理).
    reworks: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """The cases of one department whose replies fell due in a period, in that order.

    `name` is written in evidence: 2026年8月至10月.
    """

    name: str
    department_name: str
    cases: Sequence[CaseFacts]


@dataclass(frozen=True, slots=True)
class Finding:
    """A suspicion about a period: in the record of which case it is entered, and what names it within the period."""

    suspicion: Suspicion
    case: CaseFacts
    cause: str
