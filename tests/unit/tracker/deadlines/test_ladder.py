from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import before, due
from services.tracker.deadlines.ladder import Timer, TimerKind, after, timers
from shared.china_time import CHINA_TIME
from shared.escalation import PLAIN, Ahead, Behind, Ladder, Said
from shared.language import Addressee, Clock
from shared.term import Term, Unit

# Wednesday before the National Day holiday: five working days run out at the end of 14 October.
OPENED = datetime(2026, 9, 30, 16, 5, tzinfo=CHINA_TIME)
WHOLE = Ladder(
    urge=Ahead(to=Addressee.DEPARTMENT_HEAD, before=Term.parse("1wd")),
    missed=Said(to=Addressee.CENTRE),
    supervise=Behind(to=Addressee.SUPERVISION_OFFICE, after=Term.parse("1wd")),
    notice=Behind(to=Addressee.DEPARTMENT_HEAD, after=Term.parse("3wd")),
)
SHORT = Ladder(urge=Ahead(before=Term.parse("4h")), supervise=Behind(after=Term.parse("30m")))


def shanghai(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=CHINA_TIME)


def test_a_reply_climbs_the_whole_ladder_in_working_days(calendar: Calendar) -> None:
    reply = due(OPENED, Term.parse("5wd"), calendar)
    warn_at = before(reply, Term.parse("2wd"), calendar)
    # Saturday the 10th is worked in exchange for the holiday, Sunday the 11th is not.
    assert timers(Clock.REPLY, reply, warn_at, WHOLE, calendar) == (
        Timer(TimerKind.WARNING, shanghai("2026-10-11"), Addressee.DEPARTMENT),
        Timer(TimerKind.URGE, shanghai("2026-10-13"), Addressee.DEPARTMENT_HEAD),
        Timer(TimerKind.DUE, shanghai("2026-10-14"), Addressee.CENTRE),
        Timer(TimerKind.SUPERVISE, shanghai("2026-10-15"), Addressee.SUPERVISION_OFFICE),
        Timer(TimerKind.NOTICE, shanghai("2026-10-17"), Addressee.DEPARTMENT_HEAD),
    )


def test_an_acknowledgement_climbs_its_own_ladder_and_is_not_warned_of(calendar: Calendar) -> None:
    acknowledge = due(OPENED, Term.parse("1wd"), calendar)
    assert timers(Clock.ACKNOWLEDGE, acknowledge, acknowledge.opened_at, SHORT, calendar) == (
        Timer(TimerKind.URGE, shanghai("2026-10-08 20:00"), Addressee.DEPARTMENT),
        Timer(TimerKind.DUE, shanghai("2026-10-09"), Addressee.DEPARTMENT),
        Timer(TimerKind.SUPERVISE, shanghai("2026-10-09 00:30"), Addressee.DEPARTMENT),
    )


def test_a_step_that_would_come_with_the_case_is_left_out(calendar: Calendar) -> None:
    reply = due(OPENED, Term.parse("2h"), calendar)
    assert [timer.kind for timer in timers(Clock.REPLY, reply, None, WHOLE, calendar)] == [
        TimerKind.DUE,
        TimerKind.SUPERVISE,
        TimerKind.NOTICE,
    ]


@pytest.mark.parametrize(
    ("clock", "kinds"),
    [
        (Clock.REPLY, [TimerKind.WARNING, TimerKind.DUE]),
        (Clock.ACKNOWLEDGE, [TimerKind.DUE]),
        (Clock.CONTRIBUTE, [TimerKind.DUE]),
        (Clock.EXPLAIN, [TimerKind.DUE]),
    ],
)
def test_without_a_ladder_a_reply_is_warned_of_and_every_deadline_missed(
    calendar: Calendar, clock: Clock, kinds: list[TimerKind]
) -> None:
    reply = due(OPENED, Term.parse("5wd"), calendar)
    watched = timers(clock, reply, reply.opened_at, PLAIN, calendar)
    assert [(timer.kind, timer.addressee) for timer in watched] == [(kind, Addressee.DEPARTMENT) for kind in kinds]


INSTANTS = st.datetimes(datetime(2004, 1, 2), datetime(2040, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # Hypothesis adds the zone
TERMS = st.builds(Term, st.integers(1, 60), st.sampled_from(sorted(set(Unit) - {Unit.WORKING_HOUR})))


@given(opened=INSTANTS, term=TERMS, urge=TERMS, supervise=TERMS, longer=st.integers(1, 20))
def test_every_step_comes_once_and_those_of_one_unit_in_the_order_of_the_ladder(
    calendar: Calendar, opened: datetime, term: Term, urge: Term, supervise: Term, longer: int
) -> None:
    notice = Term(supervise.amount + longer, supervise.unit)
    ladder = Ladder(urge=Ahead(before=urge), supervise=Behind(after=supervise), notice=Behind(after=notice))
    reply = due(opened, term, calendar)
    watched = timers(Clock.REPLY, reply, reply.opened_at, ladder, calendar)
    kinds, moments = [timer.kind for timer in watched], [timer.at for timer in watched]
    assert kinds == [kind for kind in TimerKind if kind in kinds]
    assert moments == sorted(moments)
    assert set(TimerKind) - {TimerKind.RESUME} - set(kinds) <= {TimerKind.URGE}
    assert all(timer.at > reply.opened_at for timer in watched if timer.kind is not TimerKind.WARNING)


@given(opened=INSTANTS, term=TERMS, amount=st.integers(1, 60))
def test_working_days_after_a_deadline_are_counted_from_its_last_day_at_its_time_of_day(
    calendar: Calendar, opened: datetime, term: Term, amount: int
) -> None:
    deadline = due(opened, term, calendar)
    later = after(deadline, Term(amount, Unit.WORKING_DAY), calendar)
    days = (later - deadline.due_at).days
    assert later - deadline.due_at == timedelta(days=days)
    passed = [deadline.last_day + timedelta(days=n) for n in range(1, days + 1)]
    assert sum(map(calendar.is_working_day, passed)) == amount
    assert calendar.is_working_day(passed[-1])
