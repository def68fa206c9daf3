from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.intake.identity.retention import until_night
from shared.china_time import CHINA_TIME


@given(st.datetimes(datetime(2026, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_next_night_is_at_three_in_china_and_at_most_a_day_away(now: datetime) -> None:
    wait = until_night(now)
    assert timedelta() < wait <= timedelta(days=1)
    assert (now + wait).astimezone(CHINA_TIME).time() == time(3)


def test_at_three_itself_it_is_a_day_away() -> None:
    assert until_night(datetime(2026, 11, 24, 3, tzinfo=CHINA_TIME)) == timedelta(days=1)
