"""Selective silence (选择性不作为): a place or a matter that is late beyond what chance explains.

Each town and each matter of a period is tested against the rest of the department's own cases, exactly and one-sided
(hypergeometric), all tests of the department together corrected by Benjamini and Hochberg.
"""

from collections.abc import Sequence
from typing import NamedTuple

from services.tracker.inaction.detectors.chance import at_least_by_chance, beyond_chance
from services.tracker.inaction.detectors.facts import CaseFacts, Finding, Period
from services.tracker.inaction.inaction import Suspicion
from shared.detection import BOUNDS, Bounds
from shared.language import InactionKind


class _Group(NamedTuple):
    """`name` is written in evidence, `cause` in the id."""

    name: str
    cause: str
    cases: Sequence[CaseFacts]
    late: Sequence[CaseFacts]


def selective_silence(period: Period, bounds: Bounds = BOUNDS) -> Sequence[Finding]:
    """A finding for each place and each matter where chance does not explain how often it is late."""
    groups = _groups(period)
    in_all, late_in_all = len(period.cases), sum(case.missed for case in period.cases)
    chances = [at_least_by_chance(len(one.late), len(one.cases), late_in_all, in_all) for one in groups]
    return [
        _finding(period, groups[at], chances[at], len(groups), late_in_all, bounds)
        for at in sorted(beyond_chance(chances, bounds.false_alarms))
        if len(groups[at].late) >= bounds.silent_cases
    ]


def _groups(period: Period) -> Sequence[_Group]:
    by_name: dict[tuple[str, str], list[CaseFacts]] = {}
    for case in period.cases:
        if case.town is not None:
            by_name.setdefault((case.town, f"town/{case.town}"), []).append(case)
        if case.matter is not None:
            by_name.setdefault((f"事项“{case.matter_name or case.matter}”", f"matter/{case.matter}"), []).append(case)
    return [
        _Group(name, cause, cases, [case for case in cases if case.missed])
        for (name, cause), cases in sorted(by_name.items())
    ]


def _finding(period: Period, group: _Group, chance: float, tests: int, late_in_all: int, bounds: Bounds) -> Finding:
    in_all, late, cases = len(period.cases), len(group.late), len(group.cases)
    evidence = (
        f"{period.name}，{period.department_name}对{group.name}的{cases}件工单有{late}件超期（{late / cases:.0%}），"
        f"而其全部{in_all}件中有{late_in_all}件（{late_in_all / in_all:.0%}）；单侧超几何精确检验p={chance:.2g}，"
        f"共{tests}项检验，经Benjamini-Hochberg校正（错误发现率{bounds.false_alarms:.0%}）仍显著，"
        f"最近一件为工单{group.late[-1].ticket_number}。"
    )
    return Finding(Suspicion(InactionKind.SELECTIVE_SILENCE, evidence), group.late[-1], group.cause)
