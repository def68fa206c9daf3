"""The hours of the year: the moments at which the simulation looks, and those among them at which people work."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from services.tracker.deadlines.calendar import Calendar
from shared.china_time import CHINA_TIME

EVERY = timedelta(minutes=30)
_OPENS, _CLOSES = time(9), time(17, 30)
_FIRST, _LAST = time(8), time(22)
# Midnight, when most deadlines end, and the hour of the nightly detection.
AT_NIGHT = time(2)
_BY_NIGHT = (time(0), AT_NIGHT)


class WorkTime:
    """Moments of `days` days from `first` on, by the clock in Asia/Shanghai."""

    def __init__(self, first: date, days: int, calendar: Calendar) -> None:
        by_day = _between(_FIRST, _LAST)
        self.moments: Sequence[datetime] = [
            datetime.combine(first + timedelta(days=n), at, CHINA_TIME)
            for n in range(days)
            for at in (*_BY_NIGHT, *by_day)
        ]
        self._at_work = [
            at for at in self.moments if calendar.is_working_day(at.date()) and _OPENS <= at.time() <= _CLOSES
        ]
        self._a_day = len(_between(_OPENS, _CLOSES))

    def after(self, now: datetime, working_days: float) -> datetime | None:
        """The moment so many working days after `now` at which somebody is at work; None after the end of time."""
        place = bisect_left(self._at_work, now + EVERY) + round(working_days * self._a_day)
        return self._at_work[place] if place < len(self._at_work) else None

    def working_days(self, first: datetime, last: datetime) -> float:
        """How many working days there are from `first` to `last`."""
        return (bisect_left(self._at_work, last) - bisect_left(self._at_work, first)) / self._a_day

    def soon_after(self, now: datetime, working_days: float) -> datetime | None:
        """The same for those who work by day and by night."""
        place = bisect_left(self.moments, now + max(1, round(working_days * self._a_day)) * EVERY)
        return self.moments[place] if place < len(self.moments) else None


def _between(first: time, last: time) -> Sequence[time]:
    start = datetime.combine(date.min, first)
    number = (datetime.combine(date.min, last) - start) // EVERY
    return [(start + n * EVERY).time() for n in range(number + 1)]
