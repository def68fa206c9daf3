"""What was merged wrongly is parted again: what came together goes back together, and stays apart from then on."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.events import ComplaintReceived, IncidentMembershipChanged
from shared.postgres import Pool
from tests.integration.gathered import Router, told
from tests.integration.test_incidents_api import REASON, an_hour_ago, api, mended

__all__ = ["api"]

HOME, SHOP, BOTH = (
    "新街从早上七点停水，家里没法做饭。",
    "新街的饭店停水开不了门，损失大。",
    "新街停水，家里没法做饭，饭店也开不了门。",
)


def at(hours: float, text: str, first: datetime) -> ComplaintReceived:
    return told(text).model_copy(update={"accepted_at": first + timedelta(hours=hours)})


class Merged:
    """Two incidents that one complaint between them has merged: of homes, and of shops a hundred hours later."""

    def __init__(self, router: Router, homes: list[ComplaintReceived], shops: list[ComplaintReceived]) -> None:
        self.router, self.homes, self.shops = router, homes, shops
        self.stays, self.former = sorted((homes[0].complaint_id, shops[0].complaint_id))

    @property
    def moved(self) -> list[ComplaintReceived]:
        return self.homes if self.former == self.homes[0].complaint_id else self.shops

    async def parts(self, *more: ComplaintReceived) -> set[frozenset[UUID]]:
        return await self.router.partition([*self.homes, *self.shops, *more])


def ids(complaints: list[ComplaintReceived]) -> frozenset[UUID]:
    return frozenset(one.complaint_id for one in complaints)


async def merged(pool: Pool) -> tuple[Merged, ComplaintReceived]:
    first = an_hour_ago() - timedelta(hours=100)
    router = Router(pool)
    homes, shops = [at(n, HOME, first) for n in (0, 1)], [at(99 + n, SHOP, first) for n in (0, 1)]
    for one in (*homes, *shops):
        await router.take_in(one)
    found = Merged(router, homes, shops)
    assert len(await found.parts()) == 2
    between = at(50, BOTH, first)
    await router.take_in(between)
    assert len(await found.parts(between)) == 1
    return found, between


async def split(api: httpx.AsyncClient, incident_id: UUID, former: UUID) -> httpx.Response:
    return await api.post(f"/v1/incidents/{incident_id}:split", json={"former": str(former), "reason": REASON})


async def former_of(api: httpx.AsyncClient, incident_id: UUID) -> list[tuple[str, int]]:
    shown: dict[str, Any] = (await api.get(f"/v1/incidents/{incident_id}")).json()
    return [(one["incident_id"], one["complaints"]) for one in shown["former"]]


async def test_what_came_with_a_merging_goes_back_together_and_the_tracker_is_told(
    api: httpx.AsyncClient, router_pool: Pool
) -> None:
    found, between = await merged(router_pool)
    assert await former_of(api, found.stays) == [(str(found.former), 2)]
    answer = await split(api, found.stays, found.former)
    assert (answer.status_code, answer.json()["complaints"]) == (200, 2)
    stayed = found.shops if found.moved is found.homes else found.homes
    assert await found.parts(between) == {ids(found.moved), ids([*stayed, between])}
    said = await found.router.sent(IncidentMembershipChanged)
    last = {event.complaint_id: (event.incident_id, event.incident_version) for event in said}
    assert {last[one] for one in ids(found.moved)} == {(found.former, 3)}
    history = (await api.get(f"/v1/incidents/{found.stays}/history")).json()["items"]
    assert (history[0]["incident_id"], history[0]["complaints"], history[0]["because"]) == (
        str(found.former),
        2,
        REASON,
    )
    assert await former_of(api, found.stays) == await former_of(api, found.former) == []


async def test_what_was_parted_is_not_merged_again_and_both_go_on_to_grow(
    api: httpx.AsyncClient, router_pool: Pool
) -> None:
    found, _ = await merged(router_pool)
    await split(api, found.stays, found.former)
    first = found.homes[0].accepted_at
    # The window is 72 hours: neither is compared with those between.
    home, shop, between = at(-23, HOME, first), at(125, SHOP, first), at(51, BOTH, first)
    for one in (between, home, shop):
        await found.router.take_in(one)
    assert len(await found.parts()) == 2
    of = {complaint_id: part for part in await found.parts(home, shop, between) for complaint_id in part}
    assert home.complaint_id in of[found.homes[0].complaint_id]
    assert shop.complaint_id in of[found.shops[0].complaint_id]


async def test_an_incident_that_takes_another_in_takes_over_what_that_is_kept_apart_from(
    api: httpx.AsyncClient, router_pool: Pool
) -> None:
    found, _ = await merged(router_pool)
    await split(api, found.stays, found.former)
    # A lower id than both; what is between it and the shops merges these two.
    first = found.shops[0].accepted_at + timedelta(hours=100)
    lowest = [at(n, HOME, first).model_copy(update={"complaint_id": UUID(int=n + 1)}) for n in (0, 1)]
    await found.router.take_in(*lowest)
    await found.router.take_in(at(-50, BOTH, first))
    assert ids([*found.shops, *lowest]) in await found.parts(*lowest)
    pairs = await router_pool.fetch("SELECT one, other FROM kept_apart")
    assert {(UUID(int=1), found.homes[0].complaint_id), (found.homes[0].complaint_id, UUID(int=1))} <= {
        (row["one"], row["other"]) for row in pairs
    }


async def test_whom_a_person_has_moved_since_stays_there(api: httpx.AsyncClient, router_pool: Pool) -> None:
    found, _ = await merged(router_pool)
    taken_out, back = found.moved
    path = f"/v1/incidents/{found.stays}"
    for verb in ("remove", "join"):
        body = {"complaint_ids": [str(taken_out.complaint_id)], "reason": REASON}
        assert (await api.post(f"{path}:{verb}", json=body)).status_code == 200
    assert (await split(api, found.stays, found.former)).json()["complaints"] == 1
    of = {complaint_id: part for part in await found.parts() for complaint_id in part}
    assert of[back.complaint_id] == {back.complaint_id}
    assert len(of[taken_out.complaint_id]) == 3


async def test_where_nothing_was_merged_nothing_is_split(api: httpx.AsyncClient, router_pool: Pool) -> None:
    found, between = await merged(router_pool)
    refused = await split(api, found.stays, uuid4())
    assert refused.status_code == 409
    assert (await split(api, uuid4(), found.former)).status_code == 404
    assert len(await found.parts(between)) == 1
    # Split by mistake: people join them again.
    await split(api, found.stays, found.former)
    keeper = next(one for one in (*found.homes, *found.shops) if one.complaint_id == found.stays)
    assert (await mended(api, "join", keeper, *found.moved)).status_code == 200
    assert len(await found.parts(between)) == 1
