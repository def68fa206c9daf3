"""From where on inaction is suspected: every bound of the detectors, with its reason; optional as ``inaction.yaml``.

A suspicion costs a department an explanation, so each bound stands well beyond what happens to an honest one. What
each is for, and how often it strikes an honest department, is in docs/inaction.md.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["BOUNDS", "Bounds"]

_Times = Annotated[int, Field(ge=2, le=100)]
_Cases = Annotated[int, Field(ge=1, le=10_000)]
# A bound at either end would suspect everybody, or nobody ever.
_Share = Annotated[float, Field(gt=0, lt=1)]
# From one in twenty on a finding says nothing.
_Rate = Annotated[float, Field(gt=0, le=0.05)]


class Bounds(BaseModel):
    """The defaults are the values of a county that writes nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Two weeks are the ten working days that the reply itself has: it took at least twice as long as it may.
    overdue_days: Annotated[int, Field(ge=1, le=366)] = 14
    # The policy grants one or two; who gets or asks for a third puts it off.
    extensions: _Times = 3

    # Once refused is a mistake that anybody makes; to ask again for the same case is not.
    refused_returns: _Times = 2
    # Given back with leave, and given back again when it returned: the case goes to and fro.
    granted_returns: _Times = 2

    # What share of a month an honest department may have against it: of its cases acknowledged or answered too late, or
    # extended; of those closed, closed as if they were done; of the returns that it asked for, refused. Suspected is
    # what lies beyond that by more than chance, by the exact one-sided binomial test.
    tolerated_late: _Share = 0.15
    tolerated_extensions: _Share = 0.3
    tolerated_closures: _Share = 0.05
    tolerated_refusals: _Share = 0.3
    # The chance that a department which keeps to the tolerated share is suspected all the same: of each in a month.
    habit_false_alarms: _Rate = 0.001
    # Fewer are no habit, whatever the test says of them.
    habit_cases: _Cases = 4

    # Nine in ten characters the same, numbers and punctuation aside: only names and dates were exchanged.
    same_reply: _Share = 0.9
    # Of the pairs of characters less than one in seven in common: complaints of the same thing have a third and more.
    unlike_complaints: _Share = 0.15
    # Two may be a coincidence of two short answers; and of many answers some are short: suspected is what is beyond
    # this share of them by more than chance, as for the other habits.
    boilerplate_cases: _Cases = 3
    tolerated_same_replies: _Share = 0.005

    # 同一事项三次不满意, as the issue of a complaint is commonly put under supervision.
    dissatisfied: _Times = 3
    # Whoever tells the same again keeps a third of the pairs of characters; matter and town must be the same as well.
    same_issue: _Share = 0.3

    # The false-alarm rate: the chance that chance alone brings any suspicion of selective silence against a department
    # in a period. With 25 departments and 12 periods a year about three false ones in a year, at most.
    false_alarms: _Rate = 0.01
    # Fewer late cases of a place say nothing about a habit.
    silent_cases: _Cases = 4

    @property
    def overdue(self) -> timedelta:
        return timedelta(days=self.overdue_days)


BOUNDS = Bounds()
