"""What a department does with a case that it gets: when it acknowledges, asks for something, answers.

Times are working days from the moment it got the case. A term of some working days is kept by whoever answers within
a day less, and missed by whoever takes a day more, whatever the hour.
"""

import random
from dataclasses import dataclass

from bench.year.county import Character, Habit


@dataclass(frozen=True, slots=True)
class Situation:
    """How the case came: whether it is the department's at all, its term in working days, and what else is going on."""

    own: bool
    term: int
    # How much of the term is left, where others had the case before.
    left: float
    town: str
    # Answered before, and sent back (二次办理).
    again: bool = False
    short_handed: bool = False
    storm: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """`late` and the like say what of it is done on purpose or out of habit, and so must be found."""

    acknowledge: float
    reply: float
    give_back: float | None = None
    # How often it asks again when it is refused.
    insists: int = 0
    extend: float | None = None
    # How often the centre must refuse an extension before it gives in.
    extensions_refused: int = 0
    suspend: float | None = None
    late_on_purpose: bool = False
    unseen_on_purpose: bool = False


def plan(who: Character, case: Situation, chance: random.Random) -> Plan:
    if not case.own and not case.again:
        # Everybody gives back what is another's, and answers what is not taken back.
        return Plan(chance.uniform(0.1, 0.5), _in_time(case, chance), give_back=chance.uniform(0.1, 0.8))
    match who.habit:
        case Habit.SITS if chance.random() < 0.45:  # noqa: PLR2004
            # Far beyond two weeks, which are ten working days at most, but for a long holiday.
            late = case.term + chance.uniform(12, 22)
            return Plan(chance.uniform(3, 6), late, late_on_purpose=True, unseen_on_purpose=True)
        case Habit.PUTS_OFF if case.left >= 9 and chance.random() < 0.8:  # noqa: PLR2004
            asked = chance.uniform(0.4, 0.6) * case.term
            refused = 2 if chance.random() < 0.25 else 0  # noqa: PLR2004
            return Plan(_soon(chance), case.term + 3.5, extend=asked, extensions_refused=refused)
        case Habit.PASSES_THE_BUCK if not case.again and chance.random() < 0.35:  # noqa: PLR2004
            insists = 1 if chance.random() < 0.6 else 0  # noqa: PLR2004
            return Plan(_soon(chance), _in_time(case, chance), give_back=chance.uniform(0.1, 0.4), insists=insists)
        case Habit.CLOSES_FALSELY if case.town == who.neglected_town and chance.random() < 0.8:  # noqa: PLR2004
            return Plan(_soon(chance), case.term + chance.uniform(1.5, 6), late_on_purpose=True)
    return _honest(who, case, chance)


def _honest(who: Character, case: Situation, chance: random.Random) -> Plan:
    strained = (3.0 if case.short_handed else 1.0) * (2.0 if case.storm else 1.0)
    acknowledge = _soon(chance)
    if chance.random() < who.acknowledges_late * strained:
        acknowledge = chance.uniform(2.2, 3.5)
    reply = _in_time(case, chance)
    if chance.random() < who.answers_late * strained:
        reply = case.term + chance.uniform(1.5, 5)
    give_back = chance.uniform(0.1, 0.8) if not case.again and chance.random() < who.returns_by_mistake else None
    long = case.left >= 9  # noqa: PLR2004
    if long and chance.random() < who.asks_for_time:
        return Plan(acknowledge, case.left + 3, give_back, extend=chance.uniform(0.5, 0.75) * (case.left - 1))
    suspend = chance.uniform(1, 3) if long and chance.random() < 0.008 else None  # noqa: PLR2004
    return Plan(acknowledge, max(reply, acknowledge + 0.2), give_back, suspend=suspend)


def _soon(chance: random.Random) -> float:
    return chance.uniform(0.05, 0.6)


def _in_time(case: Situation, chance: random.Random) -> float:
    return chance.uniform(0.3, 0.95) * max(0.4, min(case.left, case.term) - 1)


# The urgent are counted in hours, by night as well; whatever the department's habits, there it hurries.
_HALF_AN_HOUR = 1 / 18


def urgent_plan(who: Character, case: Situation, chance: random.Random) -> Plan:
    """Times are half hours as a share of a working day's; two hours are the term."""
    give_back = None if case.own or case.again else _HALF_AN_HOUR
    late = chance.random() < who.answers_late
    return Plan(_HALF_AN_HOUR, (6 if late else 2) * _HALF_AN_HOUR, give_back)
