"""Whichever service is killed in the middle of its work, every accepted complaint ends with exactly one case."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from deploy.local.hotline import ServiceName
from deploy.local.stack import Stack
from tests.faults.feeding import Feed, assert_all_came_through_exactly_once, submissions
from tests.whole_stack import fetch

_COUNT = 400
_DONE_BEFORE_THE_KILL = 100

# What a service has done, in its own words.
_WORK = {
    "intake": "SELECT count(*) FROM complaints",
    "router": "SELECT count(*) FROM decisions",
    "tracker": "SELECT count(*) FROM cases",
}


def work_of(stack: Stack, service: ServiceName) -> Callable[[], Awaitable[int]]:
    async def done() -> int:
        [row] = await fetch(stack.database_urls[service], _WORK[service])
        return int(row[0])

    return done


@pytest.mark.parametrize("service", ["intake", "router", "tracker"])
async def test_a_service_that_is_killed_loses_nothing_and_repeats_nothing(stack: Stack, service: ServiceName) -> None:
    name = f"kill-{service}"
    victim, done = getattr(stack, service), work_of(stack, service)
    feed = Feed(stack, submissions(name, _COUNT))
    before = await done()
    async with asyncio.TaskGroup() as group:
        group.create_task(feed.run())
        while await done() < before + _DONE_BEFORE_THE_KILL:
            pass
        await asyncio.to_thread(victim.kill)
        assert await done() < before + _COUNT, "the kill came too late to prove anything"
        await asyncio.to_thread(victim.start)
    await assert_all_came_through_exactly_once(stack, feed, name)
