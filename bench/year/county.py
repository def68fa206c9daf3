"""The county of the year: twenty-five departments of Zhenping, of which five misbehave, each in its way."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shared.language import DepartmentCode, InactionKind


class Habit(StrEnum):
    """How a department misbehaves."""

    SITS = "sits on cases"
    PUTS_OFF = "puts cases off"
    PASSES_THE_BUCK = "passes the buck"
    BOILERPLATE = "answers everybody the same"
    CLOSES_FALSELY = "closes what is not done, and neglects a town"


# What the detectors must suspect of a department with the habit, as a habit of some month.
EXPECTED: Mapping[Habit, frozenset[InactionKind]] = {
    Habit.SITS: frozenset({InactionKind.NOT_ACKNOWLEDGED, InactionKind.NOT_ANSWERED}),
    Habit.PUTS_OFF: frozenset({InactionKind.SLOW}),
    Habit.PASSES_THE_BUCK: frozenset({InactionKind.BUCK_PASSING}),
    Habit.BOILERPLATE: frozenset({InactionKind.BOILERPLATE}),
    Habit.CLOSES_FALSELY: frozenset({InactionKind.FALSE_CLOSURE, InactionKind.SELECTIVE_SILENCE}),
}

MISBEHAVING: Mapping[DepartmentCode, Habit] = {
    "water-resources": Habit.SITS,
    "housing-construction": Habit.PUTS_OFF,
    "natural-resources": Habit.PASSES_THE_BUCK,
    "agriculture-rural": Habit.BOILERPLATE,
    "transport": Habit.CLOSES_FALSELY,
}

# How much of the county's complaints is theirs, roughly as in published bulletins: a few have most.
SHARES: Mapping[DepartmentCode, int] = {
    "urban-management": 12,
    "market-regulation": 10,
    "housing-construction": 9,
    "human-resources": 8,
    "public-security": 7,
    "traffic-police": 7,
    "transport": 6,
    "water-supply": 5,
    "agriculture-rural": 5,
    "ecology-environment": 5,
    "power-supply": 4,
    "natural-resources": 5,
    "education-sports": 4,
    "health": 4,
    "water-resources": 4,
    "civil-affairs": 3,
    "medical-insurance": 3,
    "government-services": 2,
    "culture-tourism": 2,
    "economy-commerce": 2,
    "emergency-management": 2,
    "forestry": 2,
    "fire-rescue": 1,
    "development-reform": 1,
    "justice": 1,
}
HONEST: Sequence[DepartmentCode] = [code for code in SHARES if code not in MISBEHAVING]
TOWN_SHARES = (8, 3, 2, 2, 2, 1, 1)


@dataclass(frozen=True, slots=True)
class Character:
    """How often, of all its cases, a department does what; honest ones differ, and are none of them without fault."""

    acknowledges_late: float
    answers_late: float
    asks_for_time: float
    returns_by_mistake: float
    displeases: float
    # Weeks in which most of its people are away, or ill, or at an inspection.
    short_handed: tuple[tuple[date, date], ...]
    habit: Habit | None = None
    neglected_town: str | None = None

    def is_short_handed(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.short_handed)


def character(code: DepartmentCode, seed: int, first: date, days: int, towns: Sequence[str]) -> Character:
    """The same department has the same character in every run of the same seed."""
    chance = random.Random(f"{seed}/{code}")  # noqa: S311
    weeks = [first + timedelta(days=chance.randrange(days)) for _ in range(max(1, days // 120))]
    habit = MISBEHAVING.get(code)
    return Character(
        acknowledges_late=chance.uniform(0.002, 0.03),
        answers_late=chance.uniform(0.005, 0.05),
        asks_for_time=chance.uniform(0.02, 0.15),
        returns_by_mistake=chance.uniform(0.0, 0.008),
        displeases=0.35 if habit is Habit.CLOSES_FALSELY else chance.uniform(0.03, 0.09),
        short_handed=tuple((week, week + timedelta(days=6)) for week in weeks),
        habit=habit,
        neglected_town=towns[1] if habit is Habit.CLOSES_FALSELY else None,
    )
