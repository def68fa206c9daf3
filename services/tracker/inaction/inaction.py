"""What a deadline that nobody met looks like, in one sentence of evidence.

Inaction is only ever suspected here; a person confirms or dismisses it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import assert_never

from services.tracker.deadlines.deadlines import ending_day
from shared.china_time import CHINA_TIME
from shared.language import Clock, InactionKind

KIND_IN_CHINESE: Mapping[InactionKind, str] = {
    InactionKind.NOT_ACKNOWLEDGED: "未签收",
    InactionKind.NOT_ANSWERED: "未答复",
    InactionKind.SLOW: "慢作为",
    InactionKind.BUCK_PASSING: "推诿",
    InactionKind.BOILERPLATE: "模板化答复",
    InactionKind.FALSE_CLOSURE: "虚假办结",
    InactionKind.REPEATED_DISSATISFACTION: "反复不满意",
    InactionKind.SELECTIVE_SILENCE: "选择性不作为",
}


@dataclass(frozen=True, slots=True)
class Suspicion:
    """`evidence` is one Chinese sentence that names ticket, department, what was due when, and what is missing."""

    kind: InactionKind
    evidence: str


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
    kind = InactionKind.NOT_ACKNOWLEDGED if clock is Clock.ACKNOWLEDGE else InactionKind.NOT_ANSWERED
    missing = what_is_missing(clock, opened_at, due_at, met_at, department_name, ticket_number, legal_basis)
    return Suspicion(kind, f"{missing}。")


def what_is_missing(
    clock: Clock,
    opened_at: datetime,
    due_at: datetime,
    met_at: datetime | None,
    department_name: str,
    ticket_number: str,
    legal_basis: str | None = None,
) -> str:
    """Ticket, department, what was due when, and what became of it; a sentence without its full stop."""
    duty = _duty(clock)
    since = f"至今未{duty}" if met_at is None else f"{_written(met_at)}才{duty}"
    opened, due = _written(opened_at), written_deadline(due_at)
    if clock is Clock.EXPLAIN:
        return f"工单{ticket_number}于{opened}被列为疑似不作为，{department_name}应于{due}前{duty}，{since}"
    if legal_basis is not None:
        return (
            f"工单{ticket_number}于{opened}收到，由{department_name}承办，依照{legal_basis}应于{due}前{duty}，{since}，"
            "已超过法定时限"
        )
    return f"工单{ticket_number}于{opened}派至{department_name}，应于{due}前{duty}，{since}"


def _duty(clock: Clock) -> str:
    match clock:
        case Clock.ACKNOWLEDGE:
            return "签收"
        case Clock.REPLY:
            return "答复"
        case Clock.CONTRIBUTE:
            return "提交协办意见"
        case Clock.EXPLAIN:
            return "作出说明"
        case _:
            assert_never(clock)


def _written(at: datetime) -> str:
    local = at.astimezone(CHINA_TIME)
    return f"{local.year}年{local.month}月{local.day}日{local.hour}时{local.minute:02}分"


# The deadlines of a day's end are the same for thousands of cases.
@lru_cache(maxsize=256)
def written_deadline(due_at: datetime) -> str:
    """The deadline in Chinese, by the clock in Asia/Shanghai; one at the end of a day is at its 24:00."""
    local = due_at.astimezone(CHINA_TIME)
    if local.time() != time.min:
        return _written(due_at)
    day = ending_day(due_at)
    return f"{day.year}年{day.month}月{day.day}日24时"
