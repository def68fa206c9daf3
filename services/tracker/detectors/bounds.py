"""From where on something is suspected: every threshold of the detectors, with its reason."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Bounds:
    """A suspicion costs a department an explanation, so each bound stands well beyond what happens to an honest one."""

    # Two weeks are the ten working days that the reply itself has: it took at least twice as long as it may.
    overdue: timedelta = timedelta(days=14)
    # The policy grants one or two; who gets or asks for a third puts it off.
    extensions: int = 3
    # More than half of a period's cases, and enough of them that a holiday or a storm does not explain it.
    extended_share: float = 0.5
    extended_cases: int = 20

    # Once refused is a mistake that anybody makes; to ask again for the same case is not.
    refused_returns: int = 2
    # In a period: so many refused that it is no single mistake, and most of those that were decided.
    refused_in_period: int = 4
    refused_share: float = 0.5
    # Given back with leave, and given back again when it returned: the case goes to and fro.
    granted_returns: int = 2

    # Nine in ten characters the same, numbers and punctuation aside: only names and dates were exchanged.
    same_reply: float = 0.9
    # Of the pairs of characters less than one in seven in common: complaints of the same thing have a third and more.
    unlike_complaints: float = 0.15
    # Two may be a coincidence of two short answers.
    boilerplate_cases: int = 3

    # 同一事项三次不满意, as the issue of a complaint is commonly put under supervision.
    dissatisfied: int = 3
    # Whoever tells the same again keeps a third of the pairs of characters; matter and town must be the same as well.
    same_issue: float = 0.3

    # The false-alarm rate: the chance that chance alone brings any suspicion of selective silence against a department
    # in a period. With 25 departments and 12 periods a year about three false ones in a year, at most.
    false_alarms: float = 0.01
    # Fewer late cases of a place say nothing about a habit.
    silent_cases: int = 4


BOUNDS = Bounds()
