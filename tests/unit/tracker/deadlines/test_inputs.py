from datetime import UTC, datetime, time, timedelta

import orjson
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import Facts, Pause, count, due
from services.tracker.deadlines.inputs import facts_from, inputs_of
from shared.counting import BY_LAW_ALONE, Counting, Season, Span, Starts
from shared.term import Term, Unit

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # Hypothesis adds the zone
TERMS = st.builds(Term, st.integers(1, 60), st.sampled_from(Unit))
OFFICE = (Span(time(8, 30), time(12)), Span(time(14), time(18)))
COUNTINGS = st.builds(
    Counting,
    close_of_business=st.none() | st.times(),
    starts=st.sampled_from(Starts),
    office_hours=st.sampled_from([(), OFFICE]),
    seasons=st.sampled_from([(), (Season((5, 1), (9, 30), OFFICE),)]),
    ends_on_working_day=st.booleans(),
)
PAUSES = st.lists(st.builds(Pause, INSTANTS, INSTANTS), max_size=3).map(tuple)


@given(
    opened=INSTANTS, term=TERMS, counting=COUNTINGS, pauses=PAUSES, more=st.lists(TERMS).map(tuple),
    warn=st.none() | TERMS,
)  # fmt: skip
def test_facts_come_back_from_json_as_they_were(
    opened: datetime,
    term: Term,
    counting: Counting,
    pauses: tuple[Pause, ...],
    more: tuple[Term, ...],
    warn: Term | None,
) -> None:
    facts = Facts(opened, term, counting, pauses, more)
    inputs = inputs_of(facts, warn)
    read = orjson.loads(orjson.dumps(inputs))
    # By the law alone a term of days ends at 24:00 in Asia/Shanghai.
    due_at = datetime(2026, 1, 5, 16, tzinfo=UTC)
    assert facts_from(opened, term, due_at, read) == (facts, warn)


def test_what_has_only_defaults_has_no_inputs() -> None:
    assert inputs_of(Facts(datetime(2026, 1, 5, tzinfo=UTC), Term.parse("5wd")), None) is None


@given(close=st.none() | st.times(time(0, 1)), days=st.integers(0, 300))
def test_a_deadline_from_before_inputs_is_counted_again_as_it_was(
    calendar: Calendar, close: time | None, days: int
) -> None:
    opened = datetime(2026, 1, 5, 2, tzinfo=UTC) + timedelta(days=days)
    stored = due(opened, Term.parse("5wd"), calendar, Counting(close_of_business=close))
    facts, warn_before = facts_from(opened, stored.term, stored.due_at, None)
    assert count(facts, calendar).due_at == stored.due_at
    assert warn_before is None
    hours = due(opened, Term.parse("2h"), calendar)
    assert facts_from(opened, hours.term, hours.due_at, None)[0].counting == BY_LAW_ALONE
