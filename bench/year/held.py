"""A case of the year while it is open: where it lies, what its department plans, and what is known of it."""

import random
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from bench.year.arrivals import Arrival
from bench.year.plans import Plan
from services.router.placement import Decided
from shared.events import ComplaintReceived
from shared.language import DepartmentCode, Urgency


class Step(StrEnum):
    """What somebody does with a case at some moment."""

    ACKNOWLEDGE = "acknowledge"
    CONTRIBUTE = "contribute"
    REQUEST_RETURN = "request_return"
    DECIDE_RETURN = "decide_return"
    REQUEST_EXTENSION = "request_extension"
    DECIDE_EXTENSION = "decide_extension"
    SUSPEND = "suspend"
    REPLY = "reply"
    REQUEST_CALLBACK = "request_callback"
    CLOSE = "close"
    # The triage desk or the supervision office names a department.
    PLACE = "place"


@dataclass(slots=True)
class Held:
    """`chance` is the case's own, so that what happens to it does not hang on what happens to others.

    `custody` counts who had it, reworks included: what an earlier holder had planned is void.
    """

    complaint: ComplaintReceived
    arrival: Arrival
    decided: Decided
    chance: random.Random
    plan: Plan
    # When its reply clock began, and when whoever has it got it.
    opened_at: datetime
    since: datetime
    custody: int = 0
    version: int = 1
    again: bool = False
    insists: int = 0
    refusals_left: int = 0
    called: bool = False

    @property
    def id(self) -> UUID:
        return self.complaint.complaint_id

    @property
    def department(self) -> DepartmentCode:
        return self.decided.decision.department

    @property
    def own(self) -> bool:
        return self.department == self.arrival.sample.department

    @property
    def urgent(self) -> bool:
        return self.complaint.urgency is Urgency.URGENT
