"""When the periodic detection looks, and at which months; all by the clock in Asia/Shanghai."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from shared.china_time import CHINA_TIME

# When little is asked of the database, and after the last deadlines of a day have been seen to.
_AT_NIGHT = time(2)
# By then the outcome of the last deadlines of a month is in the tables.
_SETTLED = timedelta(days=1)


def last_night(now: datetime) -> datetime:
    """The last two o'clock at night."""
    local = now.astimezone(CHINA_TIME)
    night = datetime.combine(local.date(), _AT_NIGHT, CHINA_TIME)
    return night if night <= local else night - timedelta(days=1)


def bounds_of(month: date) -> tuple[datetime, datetime]:
    """When the month of this first day begins and ends."""
    return datetime.combine(month, time.min, CHINA_TIME), datetime.combine(_next(month), time.min, CHINA_TIME)


def months_to_look_at(last: date | None, now: datetime) -> Iterator[date]:
    """The first days of the complete months since `last`; where there was none, of the last complete one alone."""
    newest = _before((now - _SETTLED).astimezone(CHINA_TIME).date().replace(day=1))
    month = newest if last is None else _next(last)
    while month <= newest:
        yield month
        month = _next(month)


def written(month: date) -> str:
    return f"{month.year}年{month.month}月"


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)
