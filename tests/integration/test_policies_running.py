"""The three services as processes on one layout of policies: a switch holds everywhere, without a restart.

So does the switch of a model, which the router alone works with.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from deploy.local.hotline import HotlineService, ServiceName
from deploy.local.kafka import ApacheKafka
from deploy.local.ports import free_ports
from services.router.policies.policy_folders import PolicyFolders
from shared.kafka import create_topics
from shared.policy_files import load_policy
from shared.postgres import Pool
from shared.topics import COMPLAINTS_RECEIVED, all_topics
from tests.examples import received, record
from tests.integration.brokers import producing
from tests.integration.router_policies import ADMINISTRATOR, finished
from tests.models import model_candidate, place_in
from tests.policies import boars_candidate, laid_out, rewrite
from tests.service_settings import SERVICES, environment_of

BOAR = "野猪拱了玉米"
REPLY = "SELECT term, due_at, policy_hash FROM deadlines WHERE complaint_id = $1 AND clock = 'reply' ORDER BY nature"
_UNTIL_SECONDS = 60


@pytest.fixture
def policy_dir(tmp_path: Path) -> Path:
    return laid_out(tmp_path / "policies")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return place_in(tmp_path / "models")


@pytest.fixture
def services(
    broker: ApacheKafka, service_urls: dict[str, str], policy_dir: Path, place: Path, tmp_path: Path
) -> Iterator[dict[ServiceName, HotlineService]]:
    running: dict[ServiceName, HotlineService] = {}
    for name, port in zip(SERVICES, free_ports(len(SERVICES)), strict=True):
        environment = environment_of(name, service_urls[name], tmp_path) | {
            "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
            "HOTLINE_POLICY_DIR": str(policy_dir),
        }
        if name == "router":
            environment["HOTLINE_MODEL"] = str(place)
        running[name] = HotlineService(name, tmp_path / "state", port, environment)
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        for service in running.values():
            stack.callback(service.stop)
        list(pool.map(HotlineService.start, running.values()))
        yield running


async def until(holds: Callable[[], Awaitable[Any]]) -> Any:
    """What `holds` gives as soon as it gives something."""
    async with asyncio.timeout(_UNTIL_SECONDS):
        while not (found := await holds()):  # noqa: ASYNC110  # processes and Kafka are between
            await asyncio.sleep(0.1)
        return found


async def all_say(client: httpx.AsyncClient, services: dict[ServiceName, HotlineService], line: str) -> None:
    """Wait until the metrics of every service have the line."""

    async def say(service: HotlineService) -> bool:
        return line in (await client.get(f"{service.url}/metrics")).text

    for service in services.values():
        await until(partial(say, service))


async def case_of(broker: ApacheKafka, pool: Pool) -> tuple[str, UUID, list[asyncpg.Record]]:
    """Where a complaint about a boar goes that comes now, and the reply's deadlines of its case."""
    complaint = received(text=BOAR)
    one = record(complaint, topic=COMPLAINTS_RECEIVED)
    async with producing(broker) as producer:
        await producer.send_and_wait(COMPLAINTS_RECEIVED, one.value, key=one.key, headers=list(one.headers))
    department = await until(
        lambda: pool.fetchval("SELECT department FROM cases WHERE complaint_id = $1", complaint.complaint_id)
    )
    return department, complaint.complaint_id, await pool.fetch(REPLY, complaint.complaint_id)


@pytest.mark.usefixtures("intake_pool", "router_pool", "tracker_pool")
async def test_what_is_switched_on_holds_in_every_service_and_leaves_open_cases_their_deadlines(
    broker: ApacheKafka, services: dict[ServiceName, HotlineService], policy_dir: Path, tracker_pool: Pool
) -> None:
    policy = load_policy(policy_dir)
    await create_topics([broker.bootstrap_servers], all_topics(policy.departments))
    before = policy.hash
    folder = boars_candidate(policy_dir)
    rewrite(
        folder / "terms.yaml", "complaint: {acknowledge: 1wd, reply: 10wd", "complaint: {acknowledge: 1wd, reply: 7wd"
    )
    rewrite(folder / "matters.yaml", "name: 城区路灯照明", "name: 城区的路灯")
    services_list = f"{services['intake'].url}/open311/v2/services.json"
    async with httpx.AsyncClient() as client:
        department, open_case, deadlines = await case_of(broker, tracker_pool)
        assert department == "forestry"
        assert {row["policy_hash"] for row in deadlines} == {before}
        assert "10wd" in {row["term"] for row in deadlines}

        client.base_url = httpx.URL(services["router"].url)
        client.headers.update(ADMINISTRATOR)
        seen = PolicyFolders(policy_dir).policy("boars").hash
        begun = await client.post("/v1/policies/boars:dry-run", json={})
        run = await finished(client, begun.json()["dry_run_id"])
        assert run["result"]["changed"] == 1
        body = {"hash": seen, "reason": "野猪改由农业部门处置"}
        assert (await client.post("/v1/policies/boars:activate", json=body)).status_code == 200
        await all_say(client, services, f'hotline_policy_in_service_info{{policy_hash="{seen}"}} 1.0')

        department, _, new = await case_of(broker, tracker_pool)
        assert department == "agriculture-rural"
        assert {row["policy_hash"] for row in new} == {seen}
        assert "7wd" in {row["term"] for row in new}
        assert await tracker_pool.fetch(REPLY, open_case) == deadlines
        assert "城区的路灯" in (await client.get(services_list)).text

        # Whoever writes into what is in force achieves nothing but a refusal in each service.
        rewrite(policy_dir / "county.yaml", "name:", "name: 改")
        await all_say(client, services, 'hotline_policy_reloads_total{outcome="refused"} 1.0')
        _, _, still = await case_of(broker, tracker_pool)
        assert {row["policy_hash"] for row in still} == {seen}


@pytest.mark.usefixtures("intake_pool", "router_pool", "tracker_pool")
async def test_a_model_that_is_switched_on_decides_what_comes_next_and_the_decision_names_it(
    broker: ApacheKafka, services: dict[ServiceName, HotlineService], policy_dir: Path, place: Path, router_pool: Pool
) -> None:
    policy = load_policy(policy_dir)
    await create_topics([broker.bootstrap_servers], all_topics(policy.departments))
    seen = model_candidate(place, "autumn")
    router = services["router"]
    async with httpx.AsyncClient(base_url=router.url, headers=ADMINISTRATOR) as client:
        begun = await client.post(f"/v1/policies/{policy.hash}:dry-run", json={"model": "autumn"})
        assert (await finished(client, begun.json()["dry_run_id"]))["model_hash"] == seen
        body = {"hash": seen, "reason": "秋季重新训练"}
        assert (await client.post("/v1/models/autumn:activate", json=body)).status_code == 200
        line = f'hotline_model_in_service_info{{model_hash="{seen}"}} 1.0'
        await all_say(client, {"router": router}, line)
    complaint = received(text="昨天小区站牌倒了希望尽快")
    one = record(complaint, topic=COMPLAINTS_RECEIVED)
    async with producing(broker) as producer:
        await producer.send_and_wait(COMPLAINTS_RECEIVED, one.value, key=one.key, headers=list(one.headers))
    decided = "SELECT department, source, model_hash FROM decisions WHERE complaint_id = $1"
    found = await until(lambda: router_pool.fetchrow(decided, complaint.complaint_id))
    assert tuple(found) == ("transport", "classifier", seen)
