"""The escalation ladder of a policy: what is said around a deadline, to whom, and how long before or after.

Warning (yellow), urge 催办, missed (red), supervise 督办, notice 通报. A policy without a ladder warns the department
and says that a deadline was missed, and no more.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from shared.language import Addressee
from shared.term import WrittenTerm, not_shorter

__all__ = ["Ahead", "Behind", "Escalation", "Ladder", "Said"]


class Said(BaseModel):
    """A step, and to whom it is addressed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Addressee = Addressee.DEPARTMENT


class Ahead(Said):
    """A step before the deadline, in working days or clock time as the term is written."""

    before: WrittenTerm


class Behind(Said):
    """A step after the deadline that nobody met."""

    after: WrittenTerm


class Ladder(BaseModel):
    """The steps of one clock; each comes at most once for a deadline, and one that is left out never."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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


class Escalation(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    # Of the reply clock alone; when it comes is the terms' own warn_before.
    warning: Said = Said()
    reply: Ladder = Ladder()
    acknowledge: Ladder = Ladder()
