from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadline_rows import StoredDeadline
from services.tracker.deadlines.deadlines import Facts, count
from services.tracker.deadlines.ladder import TimerKind
from services.tracker.deadlines.recounting import recounted
from shared.escalation import PLAIN
from shared.language import Clock, Nature
from shared.notices import Notice
from shared.term import Term
from tests.notices import NOTICE_2027

# Thursday, 11:00 in Shanghai; five days are counted out on 31 December, or on 4 January if that is a day off.
OPENED = datetime(2026, 12, 24, 3, tzinfo=UTC)
NOW = datetime(2026, 12, 25, tzinfo=UTC)
END_OF_DECEMBER, END_OF_4_JANUARY = datetime(2026, 12, 31, 16, tzinfo=UTC), datetime(2027, 1, 4, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
def announced() -> Calendar:
    return Calendar.of_china([NOTICE_2027])


def stored(
    calendar: Calendar, *, term: str = "5wd", warned: bool = False, warn_before: str | None = "3wd"
) -> StoredDeadline:
    facts = Facts(OPENED, Term.parse(term))
    due = count(facts, calendar)
    return StoredDeadline(
        deadline_id=UUID(int=1),
        complaint_id=UUID(int=2),
        clock=Clock.REPLY,
        nature=Nature.COMMITTED,
        legal_basis=None,
        facts=facts,
        warn_before=Term.parse(warn_before) if warn_before else None,
        due_at=due.due_at,
        warn_at=NOW,
        provisional=due.provisional,
        policy_hash="0" * 64,
        calendar_version=calendar.version,
        warned=warned,
        urged=False,
        ladder=PLAIN,
        department=None,
    )


def test_a_deadline_that_the_notice_moves_is_replaced_and_keeps_its_policy(
    calendar: Calendar, announced: Calendar
) -> None:
    old = stored(calendar)
    assert old.due_at == END_OF_DECEMBER
    row = recounted(old, announced, NOW)
    assert row is not None
    assert (row.due.due_at, row.due.provisional) == (END_OF_4_JANUARY, False)
    assert (row.replaces, row.policy_hash) == (old.deadline_id, old.policy_hash)
    assert row.replaced_because == "放假安排公布后重新计算：到期时间由2026年12月31日24时改为2027年1月4日24时。"
    assert row == recounted(old, announced, NOW)


def test_a_deadline_that_is_now_certain_is_settled(calendar: Calendar, announced: Calendar) -> None:
    row = recounted(stored(calendar, term="3wd"), announced, NOW)
    assert row is not None
    assert row.replaced_because == "放假安排公布后重新计算：到期时间不变，现已确定。"


def test_a_deadline_of_which_the_calendar_knows_no_more_stays(calendar: Calendar) -> None:
    assert recounted(stored(calendar), calendar, NOW) is None


def test_no_deadline_is_moved_into_the_past(announced: Calendar) -> None:
    breaks = [one.model_dump(mode="json") for one in NOTICE_2027.breaks]
    breaks[0] |= {"first": date(2027, 1, 1), "worked": ()}
    worked_after_all = Calendar.of_china([Notice(year=2027, source="an amendment", breaks=breaks)])
    late = datetime(2027, 1, 2, tzinfo=UTC)
    assert recounted(stored(announced), worked_after_all, late) is None
    moved = recounted(stored(announced), worked_after_all, NOW)
    assert moved is not None
    assert moved.due.due_at == END_OF_DECEMBER


def test_a_warning_that_was_given_is_given_again_only_if_it_is_now_later(
    calendar: Calendar, announced: Calendar
) -> None:
    def kinds(now: datetime) -> list[TimerKind]:
        row = recounted(stored(calendar, warned=True), announced, now)
        assert row is not None
        return [timer.kind for timer in row.timers]

    # Three days ahead of the 4th is the 28th, 24:00.
    assert kinds(NOW) == [TimerKind.WARNING, TimerKind.DUE]
    assert kinds(datetime(2026, 12, 31, tzinfo=UTC)) == [TimerKind.DUE]


def test_a_warning_that_was_stored_without_its_term_stays_where_it_was(calendar: Calendar, announced: Calendar) -> None:
    row = recounted(stored(calendar, warn_before=None), announced, NOW)
    assert row is not None
    assert row.warn_at == NOW
