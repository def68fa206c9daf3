from datetime import date, time

import pytest

from shared.counting import Counting, Season, Span

WINTER = (Span(time(9), time(17)),)
SUMMER = (Span(time(8), time(12)), Span(time(15), time(18)))


def test_a_span_is_read_as_it_is_written() -> None:
    assert Span.parse(" 08:30 - 12:00 ") == Span(time(8, 30), time(12))
    assert str(Span.parse("08:30-12:00")) == "08:30-12:00"


@pytest.mark.parametrize("written", ["", "08:30", "8-12", "08:30-25:00", "morning"])
def test_what_is_no_span_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValueError, match="no span of office hours; write it as '08:30-12:00'"):
        Span.parse(written)


@pytest.mark.parametrize("written", ["12:00-08:30", "08:30-08:30"])
def test_a_span_ends_after_it_begins(written: str) -> None:
    with pytest.raises(ValueError, match="ends before it begins; write the earlier time first"):
        Span.parse(written)


def test_the_season_of_the_day_decides_its_hours() -> None:
    counting = Counting(office_hours=WINTER, seasons=(Season((5, 1), (9, 30), SUMMER),))
    assert [counting.hours_on(date(2026, *day)) for day in ((4, 30), (5, 1), (9, 30), (10, 1))] == [
        WINTER,
        SUMMER,
        SUMMER,
        WINTER,
    ]


def test_a_season_may_span_the_new_year() -> None:
    season = Season((11, 1), (2, 28), WINTER)
    assert season.holds_on(date(2026, 12, 31))
    assert season.holds_on(date(2026, 1, 1))
    assert not season.holds_on(date(2026, 3, 1))
