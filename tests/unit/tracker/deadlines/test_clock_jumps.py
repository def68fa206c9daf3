from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.tracker.deadlines.clock_jumps import STEADY, TOLERANCE, ClockWatch, Reading

START = datetime(2026, 11, 24, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def reading(monotonic: timedelta, ahead: timedelta = timedelta(), confirmations: int = 0) -> Reading:
    """What is read `monotonic` after the start where the clock is `ahead` of the right time."""
    return Reading(START + monotonic + ahead, monotonic, timedelta(), confirmations)


def watched(*readings: Reading, clock: ClockWatch | None = None) -> ClockWatch:
    clock = clock or ClockWatch()
    for one in readings:
        clock = clock.after(one)
    return clock


# Beyond every doubt, forwards and backwards.
JUMPS = st.timedeltas(TOLERANCE + SECOND, timedelta(days=400)).flatmap(lambda far: st.sampled_from([far, -far]))
PAUSES = st.lists(st.timedeltas(timedelta(milliseconds=1), timedelta(hours=30)), max_size=30)


def moments(pauses: Sequence[timedelta]) -> list[timedelta]:
    return [sum(pauses[:n], timedelta()) for n in range(len(pauses) + 1)]


@given(PAUSES, st.data())
def test_a_clock_that_runs_evenly_is_trusted_however_seldom_it_is_read(
    pauses: list[timedelta], data: st.DataObject
) -> None:
    jitter = st.timedeltas(-TOLERANCE / 2, TOLERANCE / 2)
    clock = ClockWatch()
    for moment in moments(pauses):
        clock = clock.after(reading(moment, data.draw(jitter)))
        assert clock.jump is None


@given(PAUSES, JUMPS, st.timedeltas(timedelta(), timedelta(hours=1)))
def test_a_jump_holds_fire_at_once_and_says_by_how_much(
    pauses: list[timedelta], jump: timedelta, later: timedelta
) -> None:
    *_, last = moments(pauses)
    clock = watched(*map(reading, moments(pauses)), reading(last + later, jump))
    assert clock.jump == jump


@given(JUMPS, st.lists(st.timedeltas(timedelta(), STEADY - SECOND), min_size=1, max_size=10))
def test_fire_is_held_until_the_clock_has_run_evenly_for_long_enough(jump: timedelta, looks: list[timedelta]) -> None:
    clock = watched(reading(timedelta()), reading(SECOND, jump))
    for look in sorted(looks):
        clock = clock.after(reading(SECOND + look, jump))
        assert clock.jump == jump
    assert clock.after(reading(SECOND + STEADY, jump)).jump is None


@given(JUMPS)
def test_who_sets_the_clock_right_makes_it_jump_again_and_the_wait_begins_anew(jump: timedelta) -> None:
    nearly = STEADY - SECOND
    clock = watched(reading(timedelta()), reading(SECOND, jump), reading(nearly))
    assert clock.jump == -jump
    clock = clock.after(reading(nearly + STEADY - SECOND))
    assert clock.jump == -jump
    assert clock.after(reading(nearly + STEADY)).jump is None


@given(JUMPS)
def test_an_operators_word_lets_it_fire_at_once_and_only_for_jumps_before_it(jump: timedelta) -> None:
    held = watched(reading(timedelta(), confirmations=3), reading(SECOND, jump, confirmations=3))
    assert held.after(reading(2 * SECOND, jump, confirmations=3)).jump == jump
    trusted = held.after(reading(2 * SECOND, jump, confirmations=4))
    assert trusted.jump is None
    assert trusted.after(reading(3 * SECOND, confirmations=4)).jump == -jump


def test_many_small_steps_within_minutes_are_a_jump_too() -> None:
    step = TOLERANCE / 4
    clock = watched(*(reading(n * 30 * SECOND, n * step) for n in range(5)))
    assert clock.jump is None
    assert clock.after(reading(5 * 30 * SECOND, 5 * step)).jump == 5 * step


def test_what_an_answer_took_is_no_jump() -> None:
    slow = Reading(START + timedelta(seconds=60), timedelta(seconds=30), timedelta(seconds=60), 0)
    assert watched(reading(timedelta()), slow).jump is None
