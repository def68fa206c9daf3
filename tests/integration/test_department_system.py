"""A department's own system against the tracker, through the real broker: the program of docs/departments.md."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.kafka import ApacheKafka
from services.router import broker_logins
from services.tracker.casework import Casework
from services.tracker.deadlines.calendar import Calendar
from services.tracker.departments.action_taking import actions_consumer
from services.tracker.handlers import OpenCases
from services.tracker.moving import Rules
from shared.consumer import BatchConsumer
from shared.events import ActionRefused, ComplaintAssigned, DepartmentActionReply, Event
from shared.kafka import Subscriptions, create_topics
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.topics import ACTIONS_PATTERN, ASSIGNED_PATTERN, actions, all_topics, refusals
from shared.topics import assigned as queue_of
from shared.wire import decode
from tests.examples import assigned, record
from tests.integration.brokers import consuming, new_name, producing, receive
from tests.integration.cases import open_cases

EXAMPLE = Path(__file__).parents[2] / "examples" / "department_consumer.py"
OURS, THEIRS = "urban-management", "water-supply"


@asynccontextmanager
async def running_tracker(broker: ApacheKafka, pool: Pool, policy: Policy, calendar: Calendar) -> AsyncIterator[None]:
    """Its consumers and its relay, as its main module puts them together."""
    relay = Relay(pool, [broker.bootstrap_servers])
    subscriptions = Subscriptions([broker.bootstrap_servers], new_name("tracker"))
    opening = BatchConsumer("cases", [ComplaintAssigned], OpenCases(lambda: Rules(policy, calendar)), pool, relay)
    subscriptions.add(opening, pattern=ASSIGNED_PATTERN)
    subscriptions.add(actions_consumer(Casework(pool, relay, lambda: Rules(policy, calendar))), pattern=ACTIONS_PATTERN)
    tasks = [asyncio.create_task(work) for work in (relay.run(), subscriptions.run())]
    yield
    for task in tasks:
        assert not task.done()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def running_example(broker: ApacheKafka, department: str) -> AsyncIterator[None]:
    password = await asyncio.to_thread(broker_logins.grant, [broker.bootstrap_servers], department)
    environment = os.environ | {"KAFKA": broker.departments_servers, "DEPARTMENT": department, "PASSWORD": password}
    program = await asyncio.create_subprocess_exec(sys.executable, str(EXAMPLE), env=environment)
    yield
    assert program.returncode is None
    program.terminate()
    await program.wait()


@pytest.fixture
async def topics(broker: ApacheKafka) -> None:
    await create_topics([broker.bootstrap_servers], all_topics([OURS, THEIRS]))


async def publish(broker: ApacheKafka, topic: str, *events: Event) -> None:
    async with producing(broker) as producer:
        for event in events:
            one = record(event, topic=topic)
            await producer.send_and_wait(topic, one.value, key=one.key, headers=list(one.headers))


@pytest.mark.usefixtures("topics")
async def test_the_example_acknowledges_its_queue_and_leaves_to_the_lead_what_is_the_leads(
    broker: ApacheKafka, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    cases = [assigned() for _ in range(20)]
    joint = assigned(department=THEIRS, co_handlers=(OURS,))
    helping = joint.model_copy(update={"department": OURS, "lead": THEIRS, "co_handlers": (), "decision_id": uuid4()})
    acknowledged = "SELECT count(*) FROM cases WHERE status = 'in_progress' AND department = $1"
    async with running_tracker(broker, tracker_pool, policy, calendar), running_example(broker, OURS):
        await publish(broker, queue_of(THEIRS), joint)
        await publish(broker, queue_of(OURS), helping, *cases)
        async with asyncio.timeout(60):
            while await tracker_pool.fetchval(acknowledged, OURS) < len(cases):  # noqa: ASYNC110  # Kafka is between
                await asyncio.sleep(0.05)
    assert await tracker_pool.fetchval(acknowledged, THEIRS) == 0


@pytest.mark.usefixtures("topics")
async def test_a_refusal_comes_back_to_the_department_and_to_nobody_else(
    broker: ApacheKafka, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    case = assigned()
    await open_cases(tracker_pool, policy, calendar, case)
    reply = DepartmentActionReply(complaint_id=case.complaint_id, version=1, text="路灯已经修好。")
    async with running_tracker(broker, tracker_pool, policy, calendar), consuming(broker, refusals(OURS)) as answers:
        await publish(broker, actions(OURS), reply)
        [answer] = await receive(answers, 1)
    refused = decode(answer).event
    assert isinstance(refused, ActionRefused)
    assert (refused.complaint_id, refused.why) == (case.complaint_id, "illegal_move")
    assert refused.legal == ("acknowledge", "request_return")
