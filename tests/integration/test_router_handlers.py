"""The router takes received complaints in: one decision each, kept with its reasons, and one assignment each."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
import pytest

from deploy.local.hotline import POLICY
from deploy.local.postgres import ExternalPostgres, LocalPostgres
from services.router.api import add_routes
from services.router.decide import Matcher
from services.router.decision import Decision
from services.router.handlers import PlaceComplaints
from services.router.in_service import Routing
from shared.auth import Role
from shared.consumer import BatchConsumer
from shared.events import ComplaintAssigned, ComplaintReceived
from shared.http import create_app
from shared.ids import event_id
from shared.language import DecisionSource
from shared.outbox import Relay
from shared.policy import Policy
from shared.policy_files import load_policy
from shared.postgres import Pool
from shared.topics import COMPLAINTS_INCIDENTS, COMPLAINTS_RECEIVED, SUPERVISION_ALERTS
from shared.wire import decode
from tests.examples import message_record, received, record, waiting
from tests.integration.conftest import client_of
from tests.tokens import bearer, verifier

TO_THE_LIGHTS = Decision(
    department="urban-management",
    source=DecisionSource.RULE,
    rule="street-lamps",
    matter="street-lamps",
    reason="提到“路灯”，转城市管理局。",
    policy_hash="a" * 64,
)


COUNTY = load_policy(POLICY)


def consumer_of(pool: Pool, decisions: Mapping[UUID, Decision] | None = None) -> BatchConsumer:
    """The router's consumer, deciding as told, else always alike."""

    def decide_as_told(complaints: Sequence[ComplaintReceived]) -> list[Decision]:
        return [(decisions or {}).get(complaint.complaint_id, TO_THE_LIGHTS) for complaint in complaints]

    return BatchConsumer("decisions", [ComplaintReceived], PlaceComplaints(decide_as_told), pool, Relay(pool, []))


async def in_force(pool: Pool) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch("SELECT * FROM decisions WHERE in_force ORDER BY decided_at")]


async def topics_of(pool: Pool) -> list[str]:
    """Where something goes; what many equal complaints make of an incident is another test's (test_incidents.py)."""
    beside = (COMPLAINTS_INCIDENTS, SUPERVISION_ALERTS)
    return [message.topic for message in await waiting(pool) if message.topic not in beside]


async def test_each_complaint_of_a_batch_is_decided_and_assigned(router_pool: Pool) -> None:
    complaints = [received() for _ in range(50)]
    await consumer_of(router_pool)([record(one, topic=COMPLAINTS_RECEIVED) for one in complaints])
    assert {row["complaint_id"] for row in await in_force(router_pool)} == {one.complaint_id for one in complaints}
    assert await topics_of(router_pool) == ["departments.urban-management.assigned"] * 50


async def test_the_assignment_goes_to_the_departments_own_topic_under_the_complaints_key(router_pool: Pool) -> None:
    lights, water = received(title="路灯"), received(title="停水", place="城关镇")
    to_the_water = Decision("water-supply", DecisionSource.TRIAGE, "转供水公司。", "a" * 64)
    consumer = consumer_of(router_pool, {water.complaint_id: to_the_water})
    await consumer([record(one, topic=COMPLAINTS_RECEIVED) for one in (lights, water)])
    first, second = await waiting(router_pool)
    assert (first.topic, first.key) == ("departments.urban-management.assigned", str(lights.complaint_id).encode())
    assert (second.topic, second.key) == ("departments.water-supply.assigned", str(water.complaint_id).encode())


async def test_the_assignment_carries_the_complaint_and_why_it_went_there(router_pool: Pool) -> None:
    complaint, cause = received(title="路灯", place="城关镇"), uuid4()
    await consumer_of(router_pool)([record(complaint, topic=COMPLAINTS_RECEIVED, event_id=cause)])
    [message] = await waiting(router_pool)
    sent = decode(message_record(message))
    assert isinstance(sent.event, ComplaintAssigned)
    [kept] = await in_force(router_pool)
    assert sent.id == sent.event.decision_id == kept["decision_id"] == event_id(cause, ComplaintAssigned.event_type)
    shared_fields = set(ComplaintReceived.model_fields) & set(ComplaintAssigned.model_fields)
    assert {"ticket_number", "text", "place", "accepted_at"} <= shared_fields
    assert sent.event.model_dump(include=shared_fields) == complaint.model_dump(include=shared_fields)
    assert (sent.event.department, sent.event.rule, sent.event.policy_hash) == (
        "urban-management",
        "street-lamps",
        "a" * 64,
    )
    assert sent.event.assigned_at == kept["decided_at"]


async def test_the_same_event_again_decides_nothing_again(router_pool: Pool) -> None:
    batch = [record(received(), topic=COMPLAINTS_RECEIVED) for _ in range(3)]
    for _delivery in range(2):
        await consumer_of(router_pool)([*batch, *batch])
    assert len(await in_force(router_pool)) == 3
    assert len(await waiting(router_pool)) == 3


@pytest.mark.parametrize("together", [True, False])
async def test_two_events_of_one_complaint_leave_one_decision_and_one_assignment(
    router_pool: Pool, *, together: bool
) -> None:
    complaint = received()
    first, second = (record(complaint, topic=COMPLAINTS_RECEIVED) for _ in range(2))
    for batch in [[first, second]] if together else [[first], [second]]:
        await consumer_of(router_pool)(batch)
    [kept] = await in_force(router_pool)
    [message] = await waiting(router_pool)
    assert message.headers["ce_id"] == str(kept["decision_id"])


async def test_the_database_itself_refuses_a_second_decision_in_force(router_pool: Pool) -> None:
    await consumer_of(router_pool)([record(received(), topic=COMPLAINTS_RECEIVED)])
    copied = """
    INSERT INTO decisions
    SELECT gen_random_uuid(), complaint_id, department, source, rule, matter, accused, lawful_channel,
        reason, evidence, policy_hash, decided_at, $1, hop + 1 FROM decisions
    """
    with pytest.raises(asyncpg.UniqueViolationError, match="one_decision_in_force"):
        await router_pool.execute(copied, True)
    await router_pool.execute(copied, False)
    assert len(await in_force(router_pool)) == 1


async def test_a_decision_that_fails_sets_its_complaint_aside_and_no_other(router_pool: Pool) -> None:
    poison = received()

    def decide_or_fail(complaints: Sequence[ComplaintReceived]) -> list[Decision]:
        if poison in complaints:
            raise LookupError("no decision")
        return [TO_THE_LIGHTS for _ in complaints]

    consumer = BatchConsumer(
        "decisions",
        [ComplaintReceived],
        PlaceComplaints(decide_or_fail),
        router_pool,
        Relay(router_pool, []),
    )
    await consumer([record(one, topic=COMPLAINTS_RECEIVED) for one in (received(), poison, received())])
    assert len(await in_force(router_pool)) == 2
    assert sorted(await topics_of(router_pool)) == [
        "complaints.received.dead",
        *["departments.urban-management.assigned"] * 2,
    ]


async def test_a_database_that_was_started_anew_meanwhile_sets_nothing_aside(
    router_pool: Pool, postgres: LocalPostgres | ExternalPostgres
) -> None:
    consumer = consumer_of(router_pool)
    await consumer([record(received(), topic=COMPLAINTS_RECEIVED)])
    superuser = await asyncpg.connect(postgres.url)
    await superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'router_service'")
    await superuser.close()
    await consumer([record(received(), topic=COMPLAINTS_RECEIVED) for _ in range(5)])
    assert len(await in_force(router_pool)) == 6
    assert set(await topics_of(router_pool)) == {"departments.urban-management.assigned"}


async def test_the_countys_policy_decides_here_as_it_says_in_a_preview(router_pool: Pool, policy: Policy) -> None:
    routing = Routing(Matcher(policy))
    complaint = received(text="家里自来水停水三天了，打供水公司电话没有人接。")
    consumer = BatchConsumer(
        "decisions",
        [ComplaintReceived],
        PlaceComplaints(routing.decide),
        router_pool,
        Relay(router_pool, []),
    )
    await consumer([record(complaint, topic=COMPLAINTS_RECEIVED)])
    app = create_app("Hotline router", verifier())
    add_routes(app, lambda: routing)
    async with client_of(app, bearer(Role.OPERATOR)) as client:
        preview = (await client.post("/v1/decisions:preview", json={"text": complaint.text})).json()
    [kept] = await in_force(router_pool)
    same = ("department", "source", "rule", "matter", "accused", "reason", "policy_hash")
    assert {name: kept[name] for name in same} == {name: preview.get(name) for name in same}
    assert kept["policy_hash"] == policy.hash
    assert orjson.loads(kept["evidence"])
    assert len(await waiting(router_pool)) == 1


class TestPreview:
    @pytest.fixture
    async def router(self, policy: Policy) -> Any:
        app = create_app("Hotline router", verifier())
        add_routes(app, lambda: Routing(Matcher(policy)))
        async with client_of(app, bearer(Role.OPERATOR)) as client:
            yield client

    async def test_names_the_department(self, router: httpx.AsyncClient, policy: Policy) -> None:
        answer = (await router.post("/v1/decisions:preview", json={"text": "路灯坏了半个月没人修"})).json()
        assert answer["department_name"] == policy.departments[answer["department"]].name

    @pytest.mark.parametrize(
        "wrong", [{"text": ""}, {"text": " "}, {}, {"text": "x", "accused": "no-such-office"}, {"text": "x", "a": 1}]
    )
    async def test_refuses_what_is_no_question(self, router: httpx.AsyncClient, wrong: dict[str, Any]) -> None:
        response = await router.post("/v1/decisions:preview", json=wrong)
        assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
