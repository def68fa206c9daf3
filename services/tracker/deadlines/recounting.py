"""What becomes of a provisional deadline when the holiday notice arrives that decides it."""

from datetime import datetime

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadline_rows import DeadlineRow, StoredDeadline, replacement
from services.tracker.deadlines.deadlines import count
from services.tracker.inaction.inaction import written_deadline
from shared.ids import event_id


def recounted(stored: StoredDeadline, calendar: Calendar, now: datetime) -> DeadlineRow | None:
    """The deadline that takes the place of `stored` by `calendar`; None if it stays as it is.

    It stays where the calendar knows no more about it, and where it would have to end in the past: nobody misses a
    deadline by a notice. Its id follows from the deadline and the calendar, so that it is never made twice.
    """
    due = count(stored.facts, calendar)
    moved = due.due_at != stored.due_at
    if due.due_at <= now or (due.provisional and not moved):
        return None
    what = (
        f"到期时间由{written_deadline(stored.due_at)}改为{written_deadline(due.due_at)}"
        if moved
        else "到期时间不变，现已确定"
    )
    because = f"放假安排公布后重新计算：{what}。"
    return replacement(stored, due, event_id(stored.deadline_id, calendar.version), because, calendar, now)
