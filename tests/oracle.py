"""The same question put to our engine as to the naive one."""

from datetime import UTC, datetime, time

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import Due, Facts, Pause, count
from shared.china_time import CHINA_TIME
from shared.counting import Counting, Season, Span, Starts
from shared.term import Term
from tests.naive_deadlines import Case, Spans

_WHOLE_DAY = 24 * 60


def facts_of(case: Case) -> Facts:
    first, *further = (Term.parse(f"{amount}{unit}") for amount, unit in case.terms)
    return Facts(
        _instant(case.opened),
        first,
        Counting(
            close_of_business=None if case.close == _WHOLE_DAY else _time(case.close),
            starts=Starts.NEXT_WORKING_MOMENT if case.next_working_moment else Starts.AT_ONCE,
            office_hours=_spans(case.hours),
            seasons=(Season((5, 1), (9, 30), _spans(case.summer_hours)),) if case.summer_hours else (),
            ends_on_working_day=case.ends_on_working_day,
        ),
        tuple(Pause(_instant(begin), _instant(end)) for begin, end in case.pauses),
        tuple(further),
    )


def ours(case: Case, calendar: Calendar) -> Due:
    return count(facts_of(case), calendar)


def by_the_clock_in_china(instant: datetime) -> datetime:
    return instant.astimezone(CHINA_TIME).replace(tzinfo=None)


def _instant(local: datetime) -> datetime:
    return local.replace(tzinfo=CHINA_TIME).astimezone(UTC)


def _time(minute: int) -> time:
    return time(minute // 60, minute % 60)


def _spans(spans: Spans) -> tuple[Span, ...]:
    return tuple(Span(_time(opens), _time(closes)) for opens, closes in spans)
