"""The database's clock jumps: nothing fires until it has run evenly for a while or an operator says it is right."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.clock_jumps import STEADY
from services.tracker.timers import timers_store
from services.tracker.timers.sweeper import ClockJumped, Sweeper
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from tests.examples import assigned
from tests.integration.cases import open_cases, run_ahead

HOUR = timedelta(hours=1)
# Sets by how much the database's clock is wrong, and how much time has passed beside that of the test.
SetClocks = Callable[[timedelta, timedelta], None]


@pytest.fixture
def sweeper(tracker_pool: Pool, policy: Policy) -> Sweeper:
    return Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: policy)


@pytest.fixture
async def _timers(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> None:
    """A timer that is due by the real clock, and two that are in half an hour."""
    await open_cases(tracker_pool, policy, calendar, assigned())
    await tracker_pool.execute("UPDATE timers SET fires_at = now() + interval '30 minutes'")
    await tracker_pool.execute("UPDATE timers SET fires_at = now() WHERE kind = 'warning'")


@pytest.fixture
def set_clocks(monkeypatch: pytest.MonkeyPatch) -> SetClocks:
    read_clock = timers_store.read_clock

    def set_clocks(wrong: timedelta, passed: timedelta) -> None:
        async def read(connection: Any) -> timers_store.ClockRow:
            row = await read_clock(connection)
            return replace(row, now=row.now + wrong + passed, wall=row.wall + wrong + passed)

        monkeypatch.setattr(timers_store, "read_clock", read)
        monkeypatch.setattr(
            "services.tracker.timers.sweeper.monotonic", lambda: time.monotonic() + passed.total_seconds()
        )

    return set_clocks


@pytest.mark.usefixtures("_timers")
async def test_a_jump_holds_fire_and_is_told_by_log_metric_and_readiness(
    sweeper: Sweeper, tracker_pool: Pool, set_clocks: SetClocks
) -> None:
    assert await sweeper.sweep() == 1
    await sweeper.check_clock()
    set_clocks(HOUR, timedelta())
    with capture_logs() as logs:
        assert await sweeper.sweep() == 0
        assert await sweeper.sweep() == 0
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("clock_jumped", "error")]
    assert logs[0]["seconds"] == pytest.approx(3600, abs=60)
    assert REGISTRY.get_sample_value("hotline_clock_jump_seconds") == pytest.approx(3600, abs=60)
    with pytest.raises(ClockJumped, match="confirm-clock"):
        await sweeper.check_clock()
    assert await tracker_pool.fetchval("SELECT count(*) FROM timers") == 2


@pytest.mark.usefixtures("_timers")
async def test_an_operator_who_confirms_the_clock_lets_every_replica_fire(
    tracker_pool: Pool, policy: Policy, set_clocks: SetClocks
) -> None:
    replicas = [Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: policy) for _ in range(2)]
    for replica in replicas:
        await replica.sweep()
    set_clocks(HOUR, timedelta())
    assert [await replica.sweep() for replica in replicas] == [0, 0]
    await tracker_pool.execute(timers_store.CONFIRM_CLOCK)
    assert [await replica.sweep() for replica in replicas] == [2, 0]
    for replica in replicas:
        await replica.check_clock()
    assert REGISTRY.get_sample_value("hotline_clock_jump_seconds") == 0


@pytest.mark.usefixtures("_timers")
async def test_a_clock_that_has_run_evenly_for_long_enough_fires_by_itself(
    sweeper: Sweeper, set_clocks: SetClocks
) -> None:
    await sweeper.sweep()
    set_clocks(HOUR, timedelta())
    assert await sweeper.sweep() == 0
    set_clocks(HOUR, STEADY / 2)
    assert await sweeper.sweep() == 0
    set_clocks(HOUR, STEADY)
    assert await sweeper.sweep() == 2


async def test_a_simulated_clock_may_jump_as_it_likes(
    sweeper: Sweeper, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    await open_cases(tracker_pool, policy, calendar, assigned())
    await sweeper.sweep()
    await run_ahead(tracker_pool, timedelta(days=90))
    assert await sweeper.sweep() == 3
    await sweeper.check_clock()
