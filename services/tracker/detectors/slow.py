"""Slowness (慢作为): a reply that is overdue beyond a bound, and extensions as a habit."""

from datetime import datetime

from services.tracker.detectors.bounds import BOUNDS, Bounds
from services.tracker.detectors.facts import CaseFacts, Finding, Period
from services.tracker.inaction import Suspicion, written_deadline
from shared.language import InactionKind


def slow(case: CaseFacts, now: datetime, bounds: Bounds = BOUNDS) -> Suspicion | None:
    """Whether the reply came, or is still to come, long after it was due, or was put off again and again."""
    told = f"工单{case.ticket_number}由{case.department_name}承办"
    waited = (case.replied_at or now) - case.due_at
    if waited > bounds.overdue and not (case.ended and case.replied_at is None):
        since = "才答复" if case.replied_at else "仍未答复"
        return Suspicion(
            InactionKind.SLOW,
            f"{told}，应于{written_deadline(case.due_at)}前答复，超期{waited.days}日{since}，"
            f"超过{bounds.overdue.days}日的界限。",
        )
    asked = case.extensions + case.extensions_refused
    if asked >= bounds.extensions:
        return Suspicion(
            InactionKind.SLOW,
            f"{told}，先后{asked}次申请延期（获准{case.extensions}次），达到{bounds.extensions}次的界限。",
        )
    return None


def slow_by_habit(period: Period, bounds: Bounds = BOUNDS) -> Finding | None:
    """Whether the department has most of its cases extended."""
    extended = [case for case in period.cases if case.extensions]
    share = len(extended) / len(period.cases) if period.cases else 0.0
    if len(period.cases) < bounds.extended_cases or share <= bounds.extended_share:
        return None
    evidence = (
        f"{period.name}，{period.department_name}应答复的{len(period.cases)}件工单中有{len(extended)}件延期"
        f"（{share:.0%}），超过{bounds.extended_share:.0%}的界限，最近一件为工单{extended[-1].ticket_number}。"
    )
    return Finding(Suspicion(InactionKind.SLOW, evidence), extended[-1], "extensions")
