"""What a missed deadline looks like, in one sentence of evidence, and which timers watch a deadline.

Inaction is only ever suspected here; a person confirms or dismisses it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import assert_never

from services.tracker.deadlines import ending_day
from shared.china_time import CHINA_TIME
from shared.language import Clock, InactionKind


class TimerKind(StrEnum):
    WARNING = "warning"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Timer:
    kind: TimerKind
    at: datetime


@dataclass(frozen=True, slots=True)
class Suspicion:
    """`evidence` is one Chinese sentence that names ticket, department, what was due when, and what is missing."""

    kind: InactionKind
    evidence: str


def timers(clock: Clock, due_at: datetime, warn_at: datetime | None) -> tuple[Timer, ...]:
    """The timers of a running clock, in the order in which they fire.

    Only the reply clock warns. Inaction is suspected at the very moment the deadline is missed.
    """
    return tuple(_timers(clock, due_at, warn_at))


def _timers(clock: Clock, due_at: datetime, warn_at: datetime | None) -> Iterator[Timer]:
    if clock is Clock.REPLY and warn_at is not None:
        yield Timer(TimerKind.WARNING, warn_at)
    yield Timer(TimerKind.DUE, due_at)


def suspect(
    clock: Clock,
    opened_at: datetime,
    due_at: datetime,
    met_at: datetime | None,
    department_name: str,
    ticket_number: str,
    legal_basis: str | None = None,
) -> Suspicion:
    """The suspicion when `clock` ran out at `due_at`; `met_at` is when it was stopped too late, if it was.

    `legal_basis` is the law that set the deadline, where it was the law: then it ran from the receipt.
    """
    match clock:
        case Clock.ACKNOWLEDGE:
            kind, duty = InactionKind.NOT_ACKNOWLEDGED, "签收"
        case Clock.REPLY:
            kind, duty = InactionKind.NOT_ANSWERED, "答复"
        case Clock.CONTRIBUTE:
            kind, duty = InactionKind.NOT_ANSWERED, "提交协办意见"
        case Clock.EXPLAIN:
            kind, duty = InactionKind.NOT_ANSWERED, "作出说明"
        case _:
            assert_never(clock)
    opened = _written(opened_at.astimezone(CHINA_TIME))
    since = f"至今未{duty}" if met_at is None else f"{_written(met_at.astimezone(CHINA_TIME))}才{duty}"
    if legal_basis is not None:
        return Suspicion(
            kind,
            f"工单{ticket_number}于{opened}收到，由{department_name}承办，依照{legal_basis}应于{written_deadline(due_at)}"
            f"前{duty}，{since}，已超过法定时限。",
        )
    return Suspicion(
        kind,
        f"工单{ticket_number}于{opened}派至{department_name}，应于{written_deadline(due_at)}前{duty}，{since}。",
    )


def _written(local: datetime) -> str:
    return f"{local.year}年{local.month}月{local.day}日{local.hour}时{local.minute:02}分"


def written_deadline(due_at: datetime) -> str:
    """The deadline in Chinese, by the clock in Asia/Shanghai; one at the end of a day is at its 24:00."""
    local = due_at.astimezone(CHINA_TIME)
    if local.time() != time.min:
        return _written(local)
    day = ending_day(due_at)
    return f"{day.year}年{day.month}月{day.day}日24时"
