"""The answer of the ``due`` command: the instant, and the days that lead to it."""

from collections.abc import Iterator

from services.tracker.deadlines.deadlines import Day, Due
from shared.china_time import CHINA_TIME


def format_due(due: Due) -> str:
    """The deadline in ISO 8601 with +08:00 on the first line; below it how it was counted."""
    return "\n".join(_lines(due))


def _lines(due: Due) -> Iterator[str]:
    due_at, opened_at = due.due_at.astimezone(CHINA_TIME), due.opened_at.astimezone(CHINA_TIME)
    yield due_at.isoformat()
    ends = "24:00" if due_at.date() != due.last_day else due_at.strftime("%H:%M")
    yield f"{due.term} opened {opened_at.isoformat()} runs out on {due.last_day:%a %Y-%m-%d} at {ends}, Asia/Shanghai"
    if due.provisional:
        yield "provisional: counts days whose holiday notice is not announced yet"
    yield f"calendar {due.calendar_version}"
    yield ""
    yield from (_line(day) for day in due.timeline)


def _line(day: Day) -> str:
    doubt = ", provisional" if day.provisional else ""
    return f"  {day.date:%Y-%m-%d %a}  {_mark(day):>4}  {day.why}{doubt}"


def _mark(day: Day) -> str:
    if day.ordinal is not None:
        return str(day.ordinal)
    return "runs" if day.counted else "-"
