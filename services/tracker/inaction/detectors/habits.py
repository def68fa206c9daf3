"""Habits: what happens to every department now and then, in a larger share of a month than chance explains.

Each share is tested against the one that the policy tolerates, exactly and one-sided (binomial test); so a department
that keeps to what is tolerated is suspected of each with a known probability at most, however many cases it has.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from services.tracker.inaction.detectors.chance import at_least_if_tolerated
from services.tracker.inaction.detectors.facts import CaseFacts, Finding, Period
from services.tracker.inaction.detectors.false_closure import false_closure
from services.tracker.inaction.inaction import Suspicion
from shared.detection import BOUNDS, Bounds
from shared.language import InactionKind


class _Habit(NamedTuple):
    """`hits` of `total` stand in the cases of `told`; `what` is written in evidence, `cause` in the id."""

    kind: InactionKind
    cause: str
    what: str
    hits: int
    total: int
    tolerated: float
    told: Sequence[CaseFacts]


def habits(period: Period, bounds: Bounds = BOUNDS) -> Sequence[Finding]:
    """A finding for each share of the month that is beyond what is tolerated, and beyond chance."""
    return [
        _finding(period, habit, chance, bounds)
        for habit in _habits(period, bounds)
        if habit.hits >= bounds.habit_cases
        and habit.hits > habit.tolerated * habit.total
        and (chance := at_least_if_tolerated(habit.hits, habit.total, habit.tolerated)) <= bounds.habit_false_alarms
    ]


def _habits(period: Period, bounds: Bounds) -> Iterator[_Habit]:
    cases = period.cases
    unseen = [case for case in cases if case.acknowledged_late]
    yield _of_cases(
        InactionKind.NOT_ACKNOWLEDGED, "acknowledgements", "工单逾期未签收", unseen, cases, bounds.tolerated_late
    )
    late = [case for case in cases if case.missed]
    yield _of_cases(InactionKind.NOT_ANSWERED, "answers", "工单逾期未答复", late, cases, bounds.tolerated_late)
    extended = [case for case in cases if case.extensions]
    yield _of_cases(InactionKind.SLOW, "extensions", "工单延期", extended, cases, bounds.tolerated_extensions)
    closed = [case for case in cases if case.closed]
    untrue = [case for case in closed if false_closure(case)]
    yield _of_cases(
        InactionKind.FALSE_CLOSURE, "closures", "已办结工单涉嫌虚假办结", untrue, closed, bounds.tolerated_closures
    )
    refused = [case for case in cases if case.returns_refused]
    # Among all its cases: those that it gave back with leave are another's by now, and not among them.
    yield _of_cases(
        InactionKind.BUCK_PASSING, "returns", "工单申请退单被驳回", refused, cases, bounds.tolerated_refusals
    )


def _of_cases(
    kind: InactionKind,
    cause: str,
    what: str,
    told: Sequence[CaseFacts],
    among: Sequence[CaseFacts],
    tolerated: float,
) -> _Habit:
    return _Habit(kind, cause, what, len(told), len(among), tolerated, told)


def _finding(period: Period, habit: _Habit, chance: float, bounds: Bounds) -> Finding:
    evidence = (
        f"{period.name}，{period.department_name}{habit.what}{habit.hits}件次，占{habit.total}件次的"
        f"{habit.hits / habit.total:.0%}，超过容许的{habit.tolerated:.0%}；单侧二项精确检验p={chance:.2g}，"
        f"不高于误报率界限{bounds.habit_false_alarms:.1%}，最近一件为工单{habit.told[-1].ticket_number}。"
    )
    return Finding(Suspicion(habit.kind, evidence), habit.told[-1], habit.cause)
