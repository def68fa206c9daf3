"""Whichever service is killed in the middle of a transaction, every accepted complaint ends with exactly one case."""

import asyncio

import asyncpg
import pytest

from deploy.local.hotline import ServiceName
from deploy.local.stack import Stack
from tests.faults.feeding import Feed, assert_all_came_through_exactly_once, submissions
from tests.whole_stack import PATIENCE_SECONDS, until

_COUNT = 400
_DONE_BEFORE_THE_KILL = 100

# Into which table a service puts a row for every complaint that it has dealt with.
_TABLES = {"intake": "complaints", "router": "decisions", "tracker": "cases"}

# The outbox comes last: whoever waits for it has written everything else.
_HOLD_UP = "LOCK TABLE outbox IN SHARE MODE"
_HELD_UP = """
SELECT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE usename = current_user AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO outbox%'
)
"""
# As when the machine fails with it: else PostgreSQL would finish the statement for a client that is gone.
_CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND wait_event_type = 'Lock'"
)


@pytest.mark.parametrize("service", _TABLES)
async def test_a_service_that_is_killed_loses_nothing_and_repeats_nothing(stack: Stack, service: ServiceName) -> None:
    name, table, victim = f"kill-{service}", _TABLES[service], getattr(stack, service)
    # As the service, for nobody else may end its statements.
    holder, watcher = [await asyncpg.connect(victim.environment["DATABASE_URL"]) for _connection in range(2)]

    async def done() -> int:
        return int(await watcher.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608  # one of three

    async def held_up() -> bool:
        return bool(await watcher.fetchval(_HELD_UP))

    before = await done()
    feed = Feed(stack, submissions(name, _COUNT))
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        group.create_task(feed.run())
        while await done() < before + _DONE_BEFORE_THE_KILL:
            pass
        async with holder.transaction():
            await holder.execute(_HOLD_UP)
            await until(held_up, f"{service} is in the middle of a transaction")
            await asyncio.to_thread(victim.kill)
            await watcher.execute(_CUT)
            assert await done() < before + _COUNT, "the kill came too late to prove anything"
        await asyncio.to_thread(victim.start)
    for connection in (holder, watcher):
        await connection.close()
    await assert_all_came_through_exactly_once(stack, feed, name)
