from datetime import date
from typing import Any

import pytest
import yaml
from holidays import HolidayBase
from pydantic import ValidationError

from services.tracker.deadlines.calendar import Calendar, DayKind, DayStatus
from shared.notices import LAST_YEAR, CalendarFile, Notice
from tests.notices import NOTICE_2027
from tests.unit.tracker.days import every_day

AS_WRITTEN = """
notices:
  - year: 2026
    source: 国务院办公厅2025年11月4日通知
    breaks:
      - {name: 元旦, first: 2026-01-01, last: 2026-01-03, worked: [2026-01-04]}
      - {name: 春节, first: 2026-02-15, last: 2026-02-23, worked: [2026-02-14, 2026-02-28]}
      - {name: 清明节, first: 2026-04-04, last: 2026-04-06}
      - {name: 劳动节, first: 2026-05-01, last: 2026-05-05, worked: [2026-05-09]}
      - {name: 端午节, first: 2026-06-19, last: 2026-06-21}
      - {name: 中秋节, first: 2026-09-25, last: 2026-09-27}
      - {name: 国庆节, first: 2026-10-01, last: 2026-10-07, worked: [2026-09-20, 2026-10-10]}
"""
NOTICE_2026 = CalendarFile.model_validate(yaml.safe_load(AS_WRITTEN)).notices[0]


def off(name: str, first: str, last: str, *worked: str) -> dict[str, Any]:
    return {"name": name, "first": first, "last": last, "worked": worked}


def test_the_notice_for_2026_written_by_hand_gives_the_days_that_the_library_knows(calendar: Calendar) -> None:
    own = Calendar.of_china([NOTICE_2026])
    for day in every_day(date(2025, 12, 1), date(2027, 1, 31)):
        assert own.explain(day) == calendar.explain(day), day


def test_the_last_year_is_that_of_the_library() -> None:
    assert HolidayBase.end_year == LAST_YEAR


def test_a_notice_makes_its_year_announced_and_settles_the_end_of_the_year_before(calendar: Calendar) -> None:
    own = Calendar.of_china([NOTICE_2027])
    assert own.explain(date(2026, 12, 31)) == DayStatus(DayKind.HOLIDAY, "元旦", provisional=False)
    assert own.explain(date(2027, 1, 9)) == DayStatus(DayKind.MAKEUP_WORKDAY, "元旦", provisional=False)
    assert own.explain(date(2027, 10, 7)) == DayStatus(DayKind.HOLIDAY, "国庆节", provisional=False)
    assert own.provisional(date(2027, 12, 29))
    assert own.explain(date(2026, 12, 28)) == calendar.explain(date(2026, 12, 28))
    assert own.explain(date(2028, 1, 3)) == calendar.explain(date(2028, 1, 3))


def test_a_notice_replaces_what_was_computed_for_its_year(calendar: Calendar) -> None:
    shortened = tuple(
        one.model_copy(update={"last": date(2027, 5, 2)}) if one.name == "劳动节" else one for one in NOTICE_2027.breaks
    )
    own = Calendar.of_china([NOTICE_2027.model_copy(update={"breaks": shortened})])
    assert not calendar.is_working_day(date(2027, 5, 3))
    assert own.is_working_day(date(2027, 5, 3))


def test_a_notice_leaves_the_december_that_the_notice_after_it_settled() -> None:
    written = [
        off("元旦", "2018-01-01", "2018-01-01"),
        off("春节", "2018-02-15", "2018-02-21"),
        off("清明节", "2018-04-05", "2018-04-05"),
        off("劳动节", "2018-05-01", "2018-05-01"),
        off("端午节", "2018-06-18", "2018-06-18"),
        off("中秋节", "2018-09-24", "2018-09-24"),
        off("国庆节", "2018-10-01", "2018-10-07"),
    ]
    own = Calendar.of_china([Notice.model_validate({"year": 2018, "source": "a shortened notice", "breaks": written})])
    assert own.is_working_day(date(2018, 4, 6))
    assert own.is_working_day(date(2018, 12, 29))
    assert not own.is_working_day(date(2018, 12, 31))


def test_the_version_changes_with_the_content_of_a_notice(calendar: Calendar) -> None:
    one = Calendar.of_china([NOTICE_2027])
    other = Calendar.of_china([NOTICE_2027.model_copy(update={"source": "another"})])
    assert one.version.startswith(f"{calendar.version}+notices-2027-")
    assert len({calendar.version, one.version, other.version}) == 3


def test_a_notice_that_forgets_a_day_of_the_law_is_refused() -> None:
    forgetful = NOTICE_2027.model_dump() | {"breaks": NOTICE_2027.breaks[:-2]}
    with pytest.raises(ValidationError, match=r"for 2027 leaves out .*: 2027-09-15 \(中秋节\), 2027-10-01 \(国庆节\)"):
        Notice.model_validate(forgetful)


def test_a_notice_for_a_year_outside_of_the_calendar_is_refused() -> None:
    with pytest.raises(ValidationError, match="reaches from 2004 to 2100, not 1999"):
        Notice(year=1999, source="an invented notice", breaks=())


@pytest.mark.parametrize(
    ("breaks", "problem"),
    [
        ([off("元旦", "2027-01-03", "2027-01-01")], "last day off 2027-01-01 is before the first 2027-01-03"),
        ([off("元旦", "2027-01-01", "2027-01-03", "2027-01-04")], "2027-01-04 is no Saturday or Sunday"),
        ([off("元旦", "2028-01-01", "2028-01-03")], "the notice for 2027 cannot settle 2028-01-01"),
        ([off("元旦", "2026-12-28", "2027-01-03")], "the notice for 2027 cannot settle 2026-12-28"),
        (
            [off("中秋节", "2027-10-01", "2027-10-01"), off("国庆节", "2027-10-01", "2027-10-07")],
            "claim the same day off",
        ),
        ([off("国庆节", "2027-10-01", "2027-10-07", "2027-10-02")], "2027-10-02 is both a day off and a make-up"),
        ([off("元旦", "2027-01-01", "2027-01-03") | {"work": []}], "Extra inputs are not permitted"),
    ],
)
def test_a_notice_that_contradicts_itself_is_refused(breaks: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Notice.model_validate({**NOTICE_2027.model_dump(), "breaks": breaks})


def test_a_year_has_one_notice() -> None:
    with pytest.raises(ValidationError, match="2027 has more than one notice"):
        CalendarFile.model_validate({"notices": [NOTICE_2027.model_dump(), NOTICE_2027.model_dump()]})
