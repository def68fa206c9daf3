"""The chapters of one story on one stack: complaints come in, departments act, months pass."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
from aiokafka import ConsumerRecord

from deploy.local import observe
from deploy.local.observe import Seen
from deploy.local.stack import Stack
from shared.policy import Policy
from tests.e2e import story
from tests.e2e.story import Acted, Fed
from tests.whole_stack import traces, until, until_at_rest, whole_stack

# Longer than any term of the county, holidays included.
_DAYS = "60"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with whole_stack() as running:
        yield running


@pytest.fixture(scope="module")
def fed(stack: Stack) -> Fed:
    return asyncio.run(story.feed(stack))


@pytest.fixture(scope="module")
def seen(stack: Stack, fed: Fed) -> Seen:  # noqa: ARG001  # after the feed
    return asyncio.run(observe.look(stack))


@pytest.fixture(scope="module")
def traces_of_feed(stack: Stack, fed: Fed) -> Mapping[str, Counter[str]]:  # noqa: ARG001  # after the feed
    return asyncio.run(traces(stack))


@pytest.fixture(scope="module")
def acted(
    stack: Stack,
    fed: Fed,
    traces_of_feed: Mapping[str, Counter[str]],  # noqa: ARG001  # taken before anybody acts
) -> Acted:
    return asyncio.run(story.act(stack, fed))


@pytest.fixture(scope="module")
def after_months(stack: Stack, acted: Acted) -> Acted:
    """Every deadline that was not met has been missed."""
    stack.tracker.run("clock", _DAYS)

    async def all_has_fired() -> None:
        await until(lambda: observe.timers_have_fired(stack), "what fell due has fired")
        await until_at_rest(stack)

    asyncio.run(all_has_fired())
    return acted


@pytest.fixture(scope="module")
def records(
    stack: Stack,
    policy: Policy,
    after_months: Acted,  # noqa: ARG001  # when all has been said
) -> list[ConsumerRecord[bytes, bytes]]:
    return asyncio.run(story.read_topics(stack, policy))
