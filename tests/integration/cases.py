"""Cases in the tracker's database, opened as the tracker opens them, and its clock moved as a demonstration does."""

from datetime import timedelta

from services.tracker import store
from services.tracker.acts.suspensions import resuming
from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.ladder import TimerKind
from services.tracker.handlers import OpenCases
from services.tracker.moving import Rules
from services.tracker.timers.sweeper import Sweeper
from shared.consumer import BatchConsumer
from shared.events import ComplaintAssigned
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.topics import assigned
from tests.examples import record


def consumer_of(pool: Pool, policy: Policy, calendar: Calendar) -> BatchConsumer:
    return BatchConsumer(
        "cases", [ComplaintAssigned], OpenCases(lambda: Rules(policy, calendar)), pool, Relay(pool, [])
    )


async def open_cases(pool: Pool, policy: Policy, calendar: Calendar, *assignments: ComplaintAssigned) -> None:
    batch = [record(one, topic=assigned(one.department), offset=offset) for offset, one in enumerate(assignments)]
    await consumer_of(pool, policy, calendar)(batch)


def sweeper_of(pool: Pool, policy: Policy, calendar: Calendar) -> Sweeper:
    """The sweeper as the tracker's main module puts it together."""
    sweeper = Sweeper(pool, Relay(pool, []), lambda: policy)
    sweeper.on(TimerKind.RESUME, resuming(lambda: Rules(policy, calendar)))
    return sweeper


async def run_ahead(pool: Pool, ahead: timedelta) -> None:
    await pool.execute(store.SET_SIMULATED_CLOCK, ahead)
