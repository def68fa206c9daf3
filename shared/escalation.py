"""The escalation ladder of a policy: what is said around a deadline, to whom, and how long before or after.

Warning (yellow), urge 催办, missed (red), supervise 督办, notice 通报. A policy without a ladder warns the department
and says that a deadline was missed, and no more.
"""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from shared.language import Addressee, Clock
from shared.term import Term, Unit, WrittenTerm, not_shorter

__all__ = ["PLAIN", "Ahead", "Behind", "Escalation", "Ladder", "Said"]


def _countable(term: Term) -> Term:
    if term.unit is Unit.WORKING_HOUR:
        raise ValueError(f"{term} cannot be counted around a deadline; write working days, days, hours or minutes")
    return term


LeadTime = Annotated[WrittenTerm, AfterValidator(_countable)]


class Said(BaseModel):
    """A step, and to whom it is addressed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Addressee = Addressee.DEPARTMENT


class Ahead(Said):
    """A step before the deadline."""

    before: LeadTime


class Behind(Said):
    """A step after the deadline that nobody met."""

    after: LeadTime


class Ladder(BaseModel):
    """The steps of one clock; each comes at most once for a deadline, and one that is left out never."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # When it comes is the terms' own warn_before.
    warning: Said = Said()
    urge: Ahead | None = None
    missed: Said = Said()
    supervise: Behind | None = None
    notice: Behind | None = None

    @model_validator(mode="after")
    def _stands_in_order(self) -> Self:
        if self.supervise and self.notice and not_shorter(self.supervise.after, self.notice.after):
            raise ValueError(
                f"the notice comes {self.notice.after} after the deadline and supervision {self.supervise.after}, so "
                f"it would not be the last step; write a notice.after longer than {self.supervise.after}"
            )
        return self


PLAIN = Ladder()


class Escalation(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    reply: Ladder = PLAIN
    acknowledge: Ladder = PLAIN

    @model_validator(mode="after")
    def _warns_of_replies_alone(self) -> Self:
        if "warning" in self.acknowledge.model_fields_set:
            raise ValueError("only a reply is warned of; write acknowledge.urge instead of acknowledge.warning")
        return self

    def of(self, clock: Clock) -> Ladder:
        match clock:
            case Clock.REPLY:
                return self.reply
            case Clock.ACKNOWLEDGE:
                return self.acknowledge
            case _:
                return PLAIN
