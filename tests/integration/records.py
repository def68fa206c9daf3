"""The tracker's record in a real database: cases with a history, a superuser who tampers with it, and the check."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg

from deploy.local.database import with_database
from services.tracker.casework import Casework
from services.tracker.deadlines.calendar import Calendar
from services.tracker.lifecycle import Actor, Role
from services.tracker.moving import Rules
from services.tracker.record import verifying
from services.tracker.record.record import Broken
from services.tracker.record.verifying import Whole
from services.tracker.timers.sweeper import Sweeper
from shared.events import ComplaintAssigned
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Connection, Pool
from tests.examples import assigned
from tests.integration.cases import open_cases, run_ahead


async def lively_cases(pool: Pool, policy: Policy, calendar: Calendar) -> Sequence[ComplaintAssigned]:
    """Ten cases: the even ones acknowledged and answered in time, the odd ones never, three months on."""
    cases = sorted((assigned() for _ in range(10)), key=lambda case: case.complaint_id)
    await open_cases(pool, policy, calendar, *cases)
    casework = Casework(pool, Relay(pool, []), lambda: Rules(policy, calendar))
    for case in cases[::2]:
        officer = Actor(Role.OFFICER, case.department)
        await casework.acknowledge(case.complaint_id, officer, 1)
        await casework.reply(case.complaint_id, officer, 2, "路灯已经修好。")
    await run_ahead(pool, timedelta(days=90))
    await Sweeper(pool, Relay(pool, []), lambda: policy).sweep()
    return cases


@asynccontextmanager
async def superuser(superuser_url: str, service_url: str) -> AsyncIterator[Connection]:
    """Somebody with every right in the service's database, for whom no trigger fires."""
    database = service_url.rpartition("/")[2]
    connection = await asyncpg.connect(with_database(superuser_url, database))
    await connection.execute("SET search_path = tracker; SET session_replication_role = replica")
    yield connection
    await connection.close()


async def checked(url: str, exported: Sequence[str] = ()) -> Whole | Broken | str:
    async with verifying.snapshot(url) as connection:
        return await verifying.verify(connection, exported)
