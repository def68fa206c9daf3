"""Complaints come together as they arrive, on a real database: once, in whatever order and batches."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from random import Random

import pytest

from services.router.incidents import gatherer
from services.router.incidents.forgetting import Forgetting
from services.router.incidents.gathering import gather
from services.router.placement import Decided
from shared.events import ComplaintAssigned, HotspotRaised, IncidentMembershipChanged
from shared.language import Channel
from shared.policy import Policy
from shared.postgres import Connection, Pool
from shared.topics import COMPLAINTS_INCIDENTS, SUPERVISION_ALERTS
from tests.examples import NOW, waiting
from tests.integration.gathered import WATER, Router, crowd, told


async def test_what_tells_of_one_incident_comes_together_across_channels(router_pool: Pool) -> None:
    router = Router(router_pool)
    first = told(WATER[0])
    second = told(WATER[1], 1, channel=Channel.WEB_PORTAL)
    elsewhere = told(WATER[0], 1, place="城关镇北街").model_copy(update={"text": WATER[0].replace("新街", "北街")})
    for one in (first, second, elsewhere):
        await router.take_in(one)
    assert await router.partition([first, second, elsewhere]) == {
        frozenset({first.complaint_id, second.complaint_id}),
        frozenset({elsewhere.complaint_id}),
    }


async def test_who_joins_and_who_opened_are_said_when_both_are_there(router_pool: Pool) -> None:
    router = Router(router_pool)
    first, second = told(WATER[0]), told(WATER[1], 1)
    await router.take_in(first)
    assert await router.sent(IncidentMembershipChanged) == []
    await router.take_in(second)
    said = {
        (event.complaint_id, event.incident_id, event.incident_version)
        for event in await router.sent(IncidentMembershipChanged)
    }
    assert said == {(one.complaint_id, first.complaint_id, 1) for one in (first, second)}
    assert [m.topic for m in await waiting(router_pool)].count(COMPLAINTS_INCIDENTS) == 2


async def test_what_was_kept_before_happenings_were_told_is_compared_all_the_same(router_pool: Pool) -> None:
    router = Router(router_pool)
    first, second = told(WATER[0]), told(WATER[1], 1)
    await router.take_in(first)
    await router_pool.execute("UPDATE fingerprints SET happenings = DEFAULT")
    await router.take_in(second)
    assert await router.partition([first, second]) == {frozenset({first.complaint_id, second.complaint_id})}


async def test_what_is_placed_first_waits_for_nobody_to_be_compared(router_pool: Pool) -> None:
    router = Router(router_pool)
    complaints = crowd(4)
    await router.place(*complaints)
    assert len(await router.sent(ComplaintAssigned)) == 4
    assert await router.gather(patience=timedelta(seconds=10)) == 0, "something was placed an instant ago"
    assert await router.sent(IncidentMembershipChanged) == []
    assert await router.gather(patience=timedelta()) == 4
    assert {event.incident_id for event in await router.sent(IncidentMembershipChanged)} == {complaints[0].complaint_id}


async def test_one_that_cannot_be_compared_keeps_no_other_waiting(
    router_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    router = Router(router_pool)
    complaints = crowd(4)
    broken = complaints[1].complaint_id

    async def fails(connection: Connection, decided: Sequence[Decided], policy: Policy, now: datetime) -> None:
        if broken in {one.complaint.complaint_id for one in decided}:
            raise ValueError("it has no letters")
        await gather(connection, decided, policy, now)

    monkeypatch.setattr(gatherer, "gather", fails)
    await router.place(*complaints)
    with pytest.raises(ValueError, match="no letters"):
        await router.gather(patience=timedelta())
    assert await router.gatherer.gather_singly(timedelta()) == 4
    told_of = {event.complaint_id for event in await router.sent(IncidentMembershipChanged)}
    assert told_of == {one.complaint_id for one in complaints} - {broken}


async def test_delivered_again_it_is_said_once(router_pool: Pool) -> None:
    router = Router(router_pool)
    complaints = crowd(3)
    for _delivery in range(3):
        await router.take_in(*complaints)
    assert await router_pool.fetchval("SELECT count(*) FROM memberships") == 3
    assert await router_pool.fetchval("SELECT count(*) FROM fingerprints") == 3


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_every_order_leaves_the_same_together(router_pool: Pool, order: tuple[int, ...]) -> None:
    """The third links the first two; the fourth is another week's."""
    complaints = [
        told("新街从早上七点停水，家里没法做饭。", 0),
        told("新街的饭店停水开不了门，损失大。", 100),
        told("新街停水，家里没法做饭，饭店也开不了门。", 50),
        told("新街从早上七点停水，家里没法做饭。", 400),
    ]
    router = Router(router_pool)
    for place in order:
        await router.take_in(complaints[place])
    one, other, between, later = (each.complaint_id for each in complaints)
    assert await router.partition(complaints) == {frozenset({one, other, between}), frozenset({later})}


async def test_incidents_that_turn_out_to_be_one_are_merged_and_their_history_stays(router_pool: Pool) -> None:
    router = Router(router_pool)
    early = [told("新街从早上七点停水，家里没法做饭。", hour) for hour in (0, 1)]
    late = [told("新街的饭店停水开不了门，损失大。", hour) for hour in (99, 100)]
    for one in (*early, *late):
        await router.take_in(one)
    assert len(await router.partition([*early, *late])) == 2
    await router.take_in(told("新街停水，家里没法做饭，饭店也开不了门。", 50))
    assert len(await router.partition([*early, *late])) == 1
    rows = await router_pool.fetch("SELECT * FROM memberships WHERE NOT in_force")
    assert len(rows) == 2
    moved = {event.complaint_id: event.incident_version for event in await router.sent(IncidentMembershipChanged)}
    assert sorted(moved.values())[-2:] == [2, 2]


async def test_batches_and_single_ones_and_two_routers_at_once_leave_the_same(router_pool: Pool) -> None:
    complaints = [
        *crowd(12),
        *(one.model_copy(update={"place": "城关镇北街", "text": one.text.replace("新街", "北街")}) for one in crowd(6)),
    ]
    Random(4).shuffle(complaints)  # noqa: S311  # an order, not a secret
    one, other = Router(router_pool), Router(router_pool)
    await asyncio.gather(
        *(router.take_in(*batch) for router, batch in ((one, complaints[:5]), (other, complaints[5:9]))),
        *(router.take_in(single) for router, single in zip((one, other) * 5, complaints[9:], strict=False)),
    )
    assert sorted(map(len, await one.partition(complaints))) == [6, 12]


async def test_a_complaint_that_accuses_is_never_together_with_one_that_does_not(router_pool: Pool) -> None:
    router = Router(router_pool)
    plain, accusing = (
        told("新街城管占道摊点没人清理。"),
        told("新街城管队员打人，抢走摊点的秤。", 1, accused="urban-management"),
    )
    await router.take_in(plain, accusing)
    assert len(await router.partition([plain, accusing])) == 2


async def test_each_level_of_a_hot_spot_is_raised_once(router_pool: Pool) -> None:
    router = Router(router_pool)
    complaints = crowd(24)
    for start in range(0, 24, 3):
        await router.take_in(*complaints[start : start + 3])
    raised = await router.sent(HotspotRaised)
    assert [(event.level, event.complaints) for event in raised] == [(1, 5), (2, 20)]
    assert {event.incident_id for event in raised} == {complaints[0].complaint_id}
    alerts = [message for message in await waiting(router_pool) if message.topic == SUPERVISION_ALERTS]
    assert {message.key for message in alerts} == {raised[0].department.encode()}
    assert "新街" in raised[0].note


async def test_all_at_once_raise_the_same_levels(router_pool: Pool) -> None:
    router = Router(router_pool)
    await router.take_in(*crowd(24))
    assert [event.level for event in await router.sent(HotspotRaised)] == [1, 2]


async def test_what_comes_slowly_is_no_hot_spot(router_pool: Pool) -> None:
    router = Router(router_pool)
    for day in range(8):
        await router.take_in(told(WATER[day % 3], 24.5 * day))
    assert await router.sent(HotspotRaised) == []


async def test_what_is_too_old_is_forgotten_and_the_rest_stays(router_pool: Pool) -> None:
    router = Router(router_pool)
    await router.take_in(*crowd(3), *crowd(3, NOW - timedelta(days=60)))
    await Forgetting(router_pool, lambda: router.policy).forget(NOW)
    assert await router_pool.fetchval("SELECT count(*) FROM fingerprints") == 3
    assert await router_pool.fetchval("SELECT count(*) FROM fingerprint_keys WHERE at < $1", NOW) == 0
    assert await router_pool.fetchval("SELECT count(*) FROM memberships") == 6
