"""What was planted against what was found: department by department, kind by kind."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import comb
from typing import Any, TypeAlias

from asyncpg import Record

from bench.year.county import EXPECTED, HONEST, MISBEHAVING
from bench.year.ledger import Ledger, Planted
from shared.detection import Bounds
from shared.language import Clock, DepartmentCode, InactionKind

Row: TypeAlias = Record | Mapping[str, Any]

# How evidence about a month begins; that about one case names its ticket first.
_OF_A_MONTH = re.compile(r"\d{4}年\d{1,2}月，")
_BY_DEADLINE = frozenset({InactionKind.NOT_ACKNOWLEDGED, InactionKind.NOT_ANSWERED})
# Below this the honest departments' alarms are more than the stated rate brings about.
_SURPRISING = 0.001


@dataclass(slots=True)
class Findings:
    """`habits`: of each department how many findings of each kind about a month; `cases`: about single cases."""

    habits: dict[DepartmentCode, Counter[InactionKind]] = field(default_factory=lambda: defaultdict(Counter))
    cases: dict[DepartmentCode, Counter[InactionKind]] = field(default_factory=lambda: defaultdict(Counter))
    # Of those, what did not happen according to the ledger.
    untrue: list[str] = field(default_factory=list)
    missed_cases: list[Planted] = field(default_factory=list)
    planted_cases: Counter[tuple[DepartmentCode, InactionKind]] = field(default_factory=Counter)

    @property
    def missed_habits(self) -> Sequence[tuple[DepartmentCode, InactionKind]]:
        return [
            (code, kind)
            for code, habit in MISBEHAVING.items()
            for kind in sorted(EXPECTED[habit])
            if not self.habits[code][kind]
        ]

    def alarms(self, kind: InactionKind) -> int:
        """How many months of honest departments were suspected of the habit."""
        return sum(self.habits[code][kind] for code in HONEST)


def compare(rows: Iterable[Row], ledger: Ledger, bounds: Bounds) -> Findings:
    found = Findings(planted_cases=Counter((one.department, one.kind) for one in ledger.planted))
    suspected: set[Planted] = set()
    for row in rows:
        one = Planted(row["complaint_id"], row["department"], InactionKind(row["kind"]))
        of_month = _OF_A_MONTH.match(row["evidence"]) is not None
        if of_month and one.kind is not InactionKind.REPEATED_DISSATISFACTION:
            found.habits[one.department][one.kind] += 1
            continue
        found.cases[one.department][one.kind] += 1
        suspected.add(one)
        if not _is_true(one, row, ledger, bounds):
            found.untrue.append(row["evidence"])
    found.missed_cases = sorted(ledger.planted - suspected)
    return found


def _is_true(one: Planted, row: Row, ledger: Ledger, bounds: Bounds) -> bool:
    if one.kind in _BY_DEADLINE:
        clock = Clock(row["clock"])
        if clock is Clock.CONTRIBUTE:
            return True
        return not ledger.in_time(one, clock, row["started_at"], row["due_at"])
    return ledger.bears_out(one, row["started_at"], row["due_at"], bounds.overdue)


def rates(bounds: Bounds) -> Mapping[InactionKind, float]:
    """How often an honest department is suspected of a habit in a month, at most, as the bounds state it."""
    habit = dict.fromkeys(
        (
            InactionKind.NOT_ACKNOWLEDGED,
            InactionKind.NOT_ANSWERED,
            InactionKind.SLOW,
            InactionKind.FALSE_CLOSURE,
            InactionKind.BUCK_PASSING,
            InactionKind.BOILERPLATE,
        ),
        bounds.habit_false_alarms,
    )
    return habit | {InactionKind.SELECTIVE_SILENCE: bounds.false_alarms}


def allowed(rate: float, months: int) -> int:
    """The most alarms in so many months that are no surprise where each comes with probability `rate`."""
    at_most, chance = 0, (1 - rate) ** months
    while chance < 1 - _SURPRISING:
        at_most += 1
        chance += comb(months, at_most) * rate**at_most * (1 - rate) ** (months - at_most)
    return at_most
