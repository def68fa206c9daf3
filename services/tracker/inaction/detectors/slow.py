"""Slowness (慢作为): a reply that is overdue beyond a bound, and extensions without end."""

from datetime import datetime

from services.tracker.inaction.detectors.facts import CaseFacts
from services.tracker.inaction.inaction import Suspicion, written_deadline
from shared.detection import BOUNDS, Bounds
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
