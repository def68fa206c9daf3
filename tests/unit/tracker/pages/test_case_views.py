import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import due
from services.tracker.lifecycle import Action, Role
from services.tracker.pages.case_views import HAPPENED, ROLES, day_in_chinese, local, opening_words, running
from services.tracker.record.record import Fired, Joint, Judged
from shared.china_time import CHINA_TIME
from shared.counting import Counting
from shared.term import Term

OPENED = datetime(2025, 9, 24, 10, 0, tzinfo=CHINA_TIME)


@pytest.mark.parametrize("term", ["10wd", "20wd", "30d", "48h", "16wh"])
def test_no_english_is_left_in_why_a_day_counted(term: str, calendar: Calendar) -> None:
    for offset in range(20):
        counted = due(OPENED + timedelta(days=offset), Term.parse(term), calendar, Counting())
        for day in counted.timeline:
            said = day_in_chinese(day.why)
            assert not re.search(r"[A-Za-z]", said), (day.why, said)


def test_a_suspension_is_said_with_its_days() -> None:
    why = "suspended, 2026-03-02 10:00 to 2026-03-04 10:00"
    assert day_in_chinese(why) == "中止，2026-03-02 10:00至2026-03-04 10:00"


def test_times_are_told_by_the_clock_of_china() -> None:
    assert local("2026-11-24T16:30:00+00:00") == "2026-11-25 00:30"
    assert local(None) == "—"


def deadline(due_at: str, clock: str = "reply", nature: str = "committed", **outcomes: str) -> dict[str, object]:
    return {"clock": clock, "nature": nature, "due_at": due_at, "outcomes": outcomes}


def test_the_nearest_running_deadline_comes_first_with_how_pressing_it_is() -> None:
    shown = running(
        [
            deadline("2026-12-08T16:00:00+00:00"),
            deadline("2026-11-25T10:00:00+00:00", "acknowledge", missed="2026-11-25T10:00:00+00:00"),
            deadline("2026-12-09T16:00:00+00:00", nature="statutory"),
            deadline("2026-12-01T16:00:00+00:00", met="2026-11-30T16:00:00+00:00"),
        ]
    )
    assert [(one.clock, one.tone) for one in shown] == [("签收", "late"), ("答复", "ok")]


@given(st.text(min_size=1), st.none() | st.text(min_size=1))
def test_a_case_is_one_short_line_of_its_queue(text: str, title: str | None) -> None:
    line = opening_words({"title": title, "text": text})
    assert len(line) <= 41
    assert (title or text).startswith(line.removesuffix("…"))


def test_everything_that_a_record_tells_has_its_chinese_words() -> None:
    assert HAPPENED.keys() >= {*Action, *Fired, *Joint, *Judged}
    assert ROLES.keys() == {*Role}
