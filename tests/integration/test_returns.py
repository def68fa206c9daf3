"""Granted returns and people's decisions on a real database: one decision in force, whatever comes how often."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prometheus_client import REGISTRY

from deploy.local.hotline import POLICY
from services.router.decide import Matcher
from services.router.desks.desk_pages import add_desk_pages
from services.router.desks.desks_api import add_desks_routes
from services.router.desks.placing_api import add_placing_routes
from services.router.desks.standings import FOLLOWED
from services.router.handlers import FollowCases, PlaceComplaints
from services.router.in_service import InService
from shared.auth import Role
from shared.consumer import BatchConsumer
from shared.events import CaseReturnGranted, ComplaintAssigned, ComplaintReceived, Event
from shared.http import create_app
from shared.language import CaseStatus
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.topics import CASES_EVENTS, COMPLAINTS_RECEIVED
from shared.wire import decode
from tests.examples import NOW, message_record, received, record, waiting
from tests.integration.conftest import client_of
from tests.tokens import bearer, verifier

BOAR, VAGUE = "野猪拱了玉米", "在吗"
OPERATOR, SUPERVISOR = bearer(Role.OPERATOR, subject="operator-1"), bearer(Role.SUPERVISOR)


class Router:
    """The router's handlers and API on one database."""

    def __init__(self, pool: Pool, client: httpx.AsyncClient) -> None:
        self._pool, self.client = pool, client
        in_service = InService(POLICY, None)
        relay = Relay(pool, [])
        self._places = BatchConsumer("decisions", [ComplaintReceived], PlaceComplaints(in_service.decide), pool, relay)
        self.returns = BatchConsumer("returns", FOLLOWED, FollowCases(in_service.replace), pool, relay)

    async def receives(self, text: str, **changes: Any) -> UUID:
        complaint = received(text=text, **changes)
        await self.takes(uuid4(), complaint)
        return complaint.complaint_id

    async def takes(self, event_id: UUID, *events: Event) -> None:
        for event in events:
            consumer, topic = (
                (self._places, COMPLAINTS_RECEIVED)
                if isinstance(event, ComplaintReceived)
                else (self.returns, CASES_EVENTS)
            )
            await consumer([record(event, topic=topic, event_id=event_id)])

    async def decisions(self, complaint_id: UUID) -> list[dict[str, Any]]:
        answer = await self.client.get(f"/v1/decisions/{complaint_id}", headers=OPERATOR)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    async def in_force(self, complaint_id: UUID) -> dict[str, Any]:
        [one] = [decision for decision in await self.decisions(complaint_id) if decision["in_force"]]
        return one

    async def places(
        self, complaint_id: UUID, verb: str, who: dict[str, str], department: str, **changes: Any
    ) -> httpx.Response:
        seen = changes.pop("decision_id", None) or (await self.in_force(complaint_id))["decision_id"]
        body = {"decision_id": str(seen), "department": department, "reason": "职责在该单位"} | changes
        return await self.client.post(f"/v1/decisions/{complaint_id}:{verb}", json=body, headers=who)

    async def sent(self, complaint_id: UUID) -> list[ComplaintAssigned]:
        events = [decode(message_record(message)).event for message in await waiting(self._pool)]
        return [e for e in events if isinstance(e, ComplaintAssigned) and e.complaint_id == complaint_id]


@pytest.fixture
async def router(router_pool: Pool, policy: Policy) -> AsyncIterator[Router]:
    app = create_app("Hotline router", verifier())
    add_placing_routes(app, router_pool, Relay(router_pool, []), lambda: policy)
    add_desks_routes(app, router_pool, lambda: policy)
    add_desk_pages(app, lambda: policy)
    async with client_of(app) as client:
        yield Router(router_pool, client)


def granted(complaint_id: UUID, department: str, returns: int = 1, **changes: Any) -> CaseReturnGranted:
    facts = {
        "complaint_id": complaint_id,
        "department": department,
        "status": CaseStatus.RETURN_REQUESTED,
        "version": 2 * returns + 1,
        "at": NOW,
        "reason": "不属于本单位职责",
        "returns": returns,
        "tried": (department,),
    }
    return CaseReturnGranted.model_validate(facts | changes)


async def test_a_granted_return_ends_one_decision_and_sends_the_next(router: Router) -> None:
    complaint = await router.receives(BOAR)
    await router.takes(uuid4(), granted(complaint, "forestry"))
    first, second = await router.decisions(complaint)
    assert (first["department"], first["in_force"], first["hop"]) == ("forestry", False, 1)
    assert (second["in_force"], second["hop"], second["tried"]) == (True, 2, ["forestry"])
    assert second["department"] != "forestry"
    one, other = await router.sent(complaint)
    assert (one.hop, other.hop, other.department) == (1, 2, second["department"])
    assert str(other.decision_id) == second["decision_id"]
    assert other.text == one.text


async def test_the_same_return_under_another_id_places_nothing_again(router: Router) -> None:
    complaint = await router.receives(BOAR)
    cause = uuid4()
    for event_id in (cause, cause, uuid4()):
        await router.takes(event_id, granted(complaint, "forestry"))
    assert len(await router.decisions(complaint)) == len(await router.sent(complaint)) == 2


async def test_two_returns_in_one_batch_are_two_hops(router: Router) -> None:
    complaint = await router.receives(BOAR)
    both = [granted(complaint, "agriculture-rural", 2), granted(complaint, "forestry", 1)]
    await router.returns([record(event, topic=CASES_EVENTS) for event in both])
    hops = [(d["hop"], d["source"]) for d in await router.decisions(complaint)]
    assert hops[0] == (1, "rule")
    assert hops[2] == (3, "arbitration")
    assert [event.hop for event in await router.sent(complaint)] == [1, 2, 3]


async def test_what_came_back_twice_is_placed_by_the_supervision_office_for_good(router: Router) -> None:
    complaint = await router.receives(BOAR)
    await router.takes(uuid4(), granted(complaint, "forestry"))
    await router.takes(uuid4(), granted(complaint, "agriculture-rural", 2))
    assert (await router.in_force(complaint))["department"] == "supervision-office"
    answer = await router.places(complaint, "designate", SUPERVISOR, "forestry")
    assert (answer.status_code, answer.json()["returnable"]) == (200, False), answer.text
    await router.takes(uuid4(), granted(complaint, "forestry", 3))
    last = await router.in_force(complaint)
    assert (last["department"], last["source"], last["placed_by"]) == ("forestry", "arbitration", "test-user")
    assert (await router.sent(complaint))[-1].returnable is False


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_hops_returns_and_the_days_that_they_cost_are_counted(router: Router, router_pool: Pool) -> None:
    names = ("hotline_decision_hops_count", "hotline_decision_hops_sum", "hotline_return_days_lost_count")
    before = {name: counted(name) for name in (*names, "hotline_return_days_lost_sum")}
    returned = {code: counted("hotline_returns_total", department=code) for code in ("forestry", "triage-desk")}
    complaint = await router.receives(BOAR)
    # The department had it for four days before the return was granted, the next one for a day and a half.
    await router_pool.execute("UPDATE decisions SET decided_at = decided_at - interval '4 days' WHERE in_force")
    await router.takes(uuid4(), granted(complaint, "forestry"))
    second = (await router.in_force(complaint))["department"]
    assert second == "triage-desk"
    await router_pool.execute("UPDATE decisions SET decided_at = decided_at - interval '36 hours' WHERE in_force")
    again = uuid4()
    for _ in range(2):
        await router.takes(again, granted(complaint, second, 2))
    rise = {name: counted(name) - value for name, value in before.items()}
    # Placed three times: the first, the second, the third time.
    assert (rise["hotline_decision_hops_count"], rise["hotline_decision_hops_sum"]) == (3, 1 + 2 + 3)
    assert rise["hotline_return_days_lost_count"] == 2
    assert int(rise["hotline_return_days_lost_sum"] * 10) == 55
    for code, value in returned.items():
        assert counted("hotline_returns_total", department=code) - value == 1


async def test_the_triage_desk_places_what_no_rule_places(router: Router) -> None:
    complaint = await router.receives(VAGUE)
    reason = "已与诉求人核实，是供水问题，电话13800000000"
    answer = await router.places(complaint, "assign", OPERATOR, "water-supply", matter="water-failure", reason=reason)
    assert answer.status_code == 200, answer.text
    last = await router.in_force(complaint)
    assert (last["department"], last["matter"], last["source"]) == ("water-supply", "water-failure", "person")
    assert last["placed_by"] == "operator-1"
    assert "13800000000" not in last["reason"]
    [_, event] = await router.sent(complaint)
    assert (event.department, event.decided_by, event.returnable) == ("water-supply", "person", True)


async def test_of_two_who_place_at_once_one_is_told_to_look_again(router: Router) -> None:
    complaint = await router.receives(VAGUE)
    seen = (await router.in_force(complaint))["decision_id"]
    answers = await asyncio.gather(
        *(
            router.places(complaint, "assign", OPERATOR, department, decision_id=seen)
            for department in ("water-supply", "power-supply", "justice")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert len(await router.decisions(complaint)) == len(await router.sent(complaint)) == 2


@pytest.mark.parametrize(
    ("text", "verb", "who", "changes", "status"),
    [
        (VAGUE, "assign", SUPERVISOR, {}, 403),
        (VAGUE, "designate", OPERATOR, {}, 403),
        (VAGUE, "assign", {}, {}, 401),
        (VAGUE, "designate", SUPERVISOR, {}, 409),
        (BOAR, "assign", OPERATOR, {}, 409),
        (VAGUE, "assign", OPERATOR, {"decision_id": UUID(int=5)}, 409),
        (VAGUE, "assign", OPERATOR, {"department": "no-such-office"}, 422),
        (VAGUE, "assign", OPERATOR, {"matter": "no-such-matter"}, 422),
        (VAGUE, "assign", OPERATOR, {"reason": " "}, 422),
        ("城管打人", "designate", SUPERVISOR, {"department": "urban-management"}, 422),
    ],
)
async def test_an_order_out_of_place_changes_nothing(
    router: Router, text: str, verb: str, who: dict[str, str], changes: dict[str, Any], status: int
) -> None:
    complaint = await router.receives(text)
    answer = await router.places(complaint, verb, who, **{"department": "water-supply"} | changes)
    assert answer.status_code == status, answer.text
    assert len(await router.decisions(complaint)) == 1


async def test_an_order_on_an_unknown_complaint_is_not_found(router: Router) -> None:
    answer = await router.places(uuid4(), "assign", OPERATOR, "water-supply", decision_id=uuid4())
    assert answer.status_code == 404


async def test_a_return_of_a_complaint_that_the_router_does_not_keep_is_set_aside(
    router: Router, router_pool: Pool
) -> None:
    complaint = await router.receives(BOAR)
    await router_pool.execute("DELETE FROM complaints")
    await router.takes(uuid4(), granted(complaint, "forestry"))
    assert len(await router_pool.fetch("SELECT FROM decisions WHERE in_force")) == 1
    assert (await waiting(router_pool))[-1].topic == "cases.events.dead"


@pytest.mark.parametrize("seed", range(6))
async def test_through_any_history_each_complaint_has_one_decision_in_force(
    router: Router, router_pool: Pool, policy: Policy, seed: int
) -> None:
    random = Random(seed)  # noqa: S311  # which history it is, is no secret
    departments = sorted(policy.departments)
    matcher = Matcher(policy)
    complaints = [received(text=text) for text in (BOAR, VAGUE, "城管打人", "督查室不作为")]
    for complaint in complaints:
        await router.takes(uuid4(), complaint)
    events: list[tuple[UUID, Event]] = [(uuid4(), complaint) for complaint in complaints]
    for complaint in complaints:
        for returns in (1, 2, 3):
            events += [
                (uuid4(), granted(complaint.complaint_id, random.choice(departments), returns)) for _ in range(2)
            ]
    history = [*events, *random.sample(events, 10)]
    random.shuffle(history)
    for event_id, event in history:
        await router.takes(event_id, event)
        if random.random() < 0.3:
            one = random.choice(complaints).complaint_id
            verb, who = random.choice([("assign", OPERATOR), ("designate", SUPERVISOR)])
            accused = random.choice([None, *departments])
            answer = await router.places(one, verb, who, random.choice(departments), accused=accused)
            assert answer.status_code in (200, 409, 422)
    office, desk = matcher.policy.supervision_office, matcher.policy.triage_desk
    for complaint in complaints:
        decisions = await router.decisions(complaint.complaint_id)
        assert [d["in_force"] for d in decisions] == [False] * (len(decisions) - 1) + [True]
        assert [d["hop"] for d in decisions] == list(range(1, len(decisions) + 1))
        assert all(set(one["tried"]) <= set(other["tried"]) for one, other in pairwise(decisions))
        assert [e.hop for e in await router.sent(complaint.complaint_id)] == [d["hop"] for d in decisions]
        for made in decisions:
            assert made["department"] != made["accused"]
            tried = made["department"] in made["tried"]
            no_neutral_left = {office, desk} <= {*made["tried"], *made["implicated"]}
            assert made["department"] not in made["implicated"] or no_neutral_left
            assert not tried or made["source"] == "arbitration" or no_neutral_left
    assert {m.topic.rpartition(".")[2] for m in await waiting(router_pool)} == {"assigned"}
