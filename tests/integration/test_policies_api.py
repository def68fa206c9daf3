"""The administrator tries a policy and switches it on: what was seen and tried, for a reason, whole or not at all."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from deploy.local.hotline import POLICY
from services.router.policies.policy_folders import PolicyFolders
from shared.auth import Role
from shared.postgres import Pool
from tests.integration.conftest import client_of
from tests.integration.router_policies import ADMINISTRATOR, County, county, finished
from tests.policies import boars_candidate, candidate, laid_out, rewrite
from tests.tokens import bearer

BOAR = "野猪拱了玉米"
OTHERS = [Role.OPERATOR, Role.CLERK, Role.OFFICER, Role.SUPERVISOR, Role.ADAPTER]


@pytest.fixture
def router(router_pool: Pool, tmp_path: Path) -> County:
    return county(router_pool, laid_out(tmp_path / "policies"))


@pytest.fixture
async def client(router: County) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(router.app) as client, router.working():
        client.headers.update(ADMINISTRATOR)
        yield client


async def overview(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/v1/policies")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def hash_of(client: httpx.AsyncClient, name: str) -> str:
    [found] = [one["hash"] for one in (await overview(client))["candidates"] if one["name"] == name]
    assert isinstance(found, str)
    return found


async def tried(client: httpx.AsyncClient, name: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/v1/policies/{name}:dry-run", json=body)
    assert answer.status_code == 202, answer.text
    return await finished(client, answer.json()["dry_run_id"])


async def activated(
    client: httpx.AsyncClient, name: str, seen: str, reason: str = "野猪改由农业部门处置"
) -> httpx.Response:
    return await client.post(f"/v1/policies/{name}:activate", json={"hash": seen, "reason": reason})


async def test_a_policy_is_tried_and_switched_on_and_the_next_complaint_goes_by_it(
    router: County, client: httpx.AsyncClient, router_pool: Pool
) -> None:
    boars_candidate(router.policy_dir)
    assert await router.receives(BOAR) == "forestry"
    decided = await router_pool.fetch("SELECT * FROM decisions")
    before, seen = (await overview(client))["in_force"], await hash_of(client, "boars")
    assert (before["activated_by"], before["routing_by"]) == (None, before["hash"])
    run = await tried(client, "boars", since="2026-01-01")
    assert (run["state"], run["policy_hash"], run["replayed"], run["expected"]) == ("finished", seen, 1, 1)
    [move] = run["result"]["moves"]
    assert (move["from"], move["to"], move["complaints"]) == ("forestry", "agriculture-rural", 1)
    assert move["examples"][0]["text"] == BOAR
    assert decided == await router_pool.fetch("SELECT * FROM decisions")
    assert (await overview(client))["in_force"]["hash"] == before["hash"]

    answer = await activated(client, "boars", seen)
    assert answer.status_code == 200, answer.text
    await router.follow()
    assert await router.receives(BOAR) == "agriculture-rural"
    now = (await overview(client))["in_force"]
    assert (now["hash"], now["routing_by"], now["activated_by"]) == (seen, seen, "administrator-1")
    [noted] = (await client.get("/v1/policies/activations")).json()["items"]
    assert (noted["from_hash"], noted["to_hash"], noted["reason"]) == (before["hash"], seen, "野猪改由农业部门处置")
    assert noted["dry_run_id"] == run["dry_run_id"]


async def test_who_would_help_and_who_would_be_accused_is_shown_though_nothing_goes_elsewhere(
    router: County, client: httpx.AsyncClient
) -> None:
    folder = candidate(router.policy_dir, "joint")
    joint = (
        "{code: boars, when: {words: [野猪]}, department: forestry, co_handlers: [agriculture-rural], why: 一同处置。}"
    )
    rewrite(folder / "rules.yaml", "rules:\n", f"rules:\n  - {joint}\n")
    rewrite(folder / "accusations.yaml", "不出警: public-security", "不出警: traffic-police")
    for text in (BOAR, "不出警", "河街口有人占道经营"):
        await router.receives(text)
    run = await tried(client, "joint")
    result = run["result"]
    assert (result["complaints"], result["changed"]) == (3, 0)
    [helped], [accused] = result["co_handlers"]["changes"], result["accused"]["changes"]
    assert (helped["from"], helped["to"], helped["examples"][0]["text"]) == ([], ["agriculture-rural"], BOAR)
    assert (accused["from"], accused["to"]) == (["public-security"], ["traffic-police"])
    page = (await client.get(f"/policies/dry-runs/{run['dry_run_id']}")).text
    assert "协办单位有变 1 件，被反映单位有变 1 件" in page
    assert "<td>公安局</td><td>交警大队</td><td>1</td>" in page


async def test_an_earlier_policy_is_tried_and_restored_by_its_hash(router: County, client: httpx.AsyncClient) -> None:
    boars_candidate(router.policy_dir)
    before, seen = (await overview(client))["in_force"]["hash"], await hash_of(client, "boars")
    await tried(client, "boars")
    assert (await activated(client, "boars", seen)).status_code == 200
    assert (await activated(client, "boars", seen)).status_code == 409
    assert (await activated(client, before, before)).status_code == 409
    await tried(client, before)
    assert (await activated(client, before, before)).status_code == 200
    assert (await overview(client))["in_force"]["hash"] == before
    items = (await client.get("/v1/policies/activations", params={"limit": 1})).json()
    assert [one["to_hash"] for one in items["items"]] == [before]
    [older] = (await client.get("/v1/policies/activations", params={"before": items["next"]})).json()["items"]
    assert older["to_hash"] == seen


async def test_what_has_changed_since_it_was_seen_stays_off_though_it_was_tried(
    router: County, client: httpx.AsyncClient
) -> None:
    folder = boars_candidate(router.policy_dir)
    before, seen = (await overview(client))["in_force"]["hash"], await hash_of(client, "boars")
    await tried(client, "boars")
    rewrite(folder / "county.yaml", "name:", "name: 新")
    stale = await activated(client, "boars", seen)
    assert stale.status_code == 409
    assert stale.json()["detail"].startswith("该政策在您查看之后已有改动")
    # Nor does the dry run of what was there before speak for what is there now.
    untried = await activated(client, "boars", await hash_of(client, "boars"))
    assert untried.status_code == 409
    assert untried.json()["detail"].startswith("该政策尚未完成试运行")
    assert (await overview(client))["in_force"]["hash"] == before
    assert (await client.get("/v1/policies/activations")).json() == {"items": []}


async def test_a_wrong_or_half_written_candidate_says_what_is_wrong_and_changes_nothing(
    router: County, client: httpx.AsyncClient
) -> None:
    rewrite(candidate(router.policy_dir, "wrong") / "county.yaml", "triage_desk:", "triage:")
    (candidate(router.policy_dir, "half") / "terms.yaml").unlink()
    found = await overview(client)
    wrong = {one["name"]: one for one in found["candidates"] if not one["valid"]}
    assert set(wrong) == {"wrong", "half"}
    assert wrong["half"]["problems"][0].startswith("terms.yaml 有误。 terms.yaml: the file is missing")
    assert any("第" in problem and "triage" in problem for problem in wrong["wrong"]["problems"])
    for name in wrong:
        attempt = await client.post(f"/v1/policies/{name}:dry-run", json={})
        assert (attempt.status_code, (await activated(client, name, "0" * 64)).status_code) == (422, 422)
        assert attempt.json()["errors"] == wrong[name]["problems"]
    await router.follow()
    assert (await overview(client))["in_force"] == found["in_force"]


@pytest.mark.parametrize("role", OTHERS)
async def test_only_an_administrator_may(router: County, client: httpx.AsyncClient, role: Role) -> None:
    boars_candidate(router.policy_dir)
    seen = await hash_of(client, "boars")
    await tried(client, "boars")
    department = "water-supply" if role is Role.OFFICER else None
    client.headers.update(bearer(role, department=department))
    answers = [
        await client.get("/v1/policies"),
        await client.get("/policies"),
        await client.get("/v1/policies/activations"),
        await client.post("/v1/policies/boars:dry-run", json={}),
        await activated(client, "boars", seen),
        await client.post("/policies/boars/activate", data={"hash": seen, "reason": "理由"}),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert PolicyFolders(router.policy_dir).in_force() != seen


async def test_one_dry_run_at_a_time_and_an_interrupted_one_is_in_nobodys_way(
    client: httpx.AsyncClient, router_pool: Pool
) -> None:
    lost = uuid4()
    await router_pool.execute(
        "INSERT INTO dry_runs (dry_run_id, name, policy_hash, since, expected, started_by)"
        " VALUES ($1, 'shipped', $2, now(), 1, 'administrator-2')",
        lost,
        "0" * 64,
    )
    assert (await client.post("/v1/policies/shipped:dry-run", json={})).status_code == 409
    await router_pool.execute("UPDATE dry_runs SET moved_at = now() - interval '2 minutes'")
    assert (await tried(client, "shipped"))["state"] == "finished"
    assert (await finished(client, str(lost)))["state"] == "interrupted"


async def test_a_dry_run_that_fails_says_so_and_the_next_one_works(
    router: County, client: httpx.AsyncClient, router_pool: Pool
) -> None:
    await router.receives(BOAR)
    await router_pool.execute("UPDATE complaints SET event = '{}'")
    failed = await tried(client, "shipped")
    assert (failed["state"], failed["result"]) == ("failed", None)
    assert (await activated(client, "shipped", failed["policy_hash"])).status_code == 409
    await router_pool.execute("DELETE FROM complaints")
    assert (await tried(client, "shipped"))["state"] == "finished"


async def test_who_switched_what_on_is_only_ever_added_to(
    router: County, client: httpx.AsyncClient, router_pool: Pool
) -> None:
    boars_candidate(router.policy_dir)
    await tried(client, "boars")
    assert (await activated(client, "boars", await hash_of(client, "boars"))).status_code == 200
    for statement in ("UPDATE activations SET reason = ''", "DELETE FROM activations", "TRUNCATE activations"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await router_pool.execute(statement)


async def test_what_nobody_can_find_or_read_is_refused_and_never_an_error_of_ours(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/policies/no-such:dry-run", json={})).status_code == 404
    assert (await client.post("/v1/policies/..%2Fversions:dry-run", json={})).status_code in {404, 405}
    assert (await client.post("/v1/policies/shipped:dry-run", json={"since": "gestern"})).status_code == 422
    assert (await activated(client, "shipped", "not a hash")).status_code == 422
    for reason in (" ", "\x00\x00", "理由" * 300):
        assert (await activated(client, "shipped", "0" * 64, reason=reason)).status_code == 422
    for since in ("0001-01-01", "9999-12-31"):
        assert (await client.post("/v1/policies/shipped:dry-run", json={"since": since})).status_code == 422
        assert (await client.post("/policies/shipped/dry-run", data={"since": since})).status_code == 422
    assert (await client.post("/policies/shipped/activate", data={"hash": "x"})).status_code == 422
    assert (await client.get(f"/v1/policies/dry-runs/{uuid4()}")).status_code == 404
    assert (await client.get(f"/policies/dry-runs/{uuid4()}")).status_code == 404


async def test_a_plain_folder_is_shown_and_not_switched(router_pool: Pool) -> None:
    plain = county(router_pool, POLICY)
    async with client_of(plain.app) as client:
        client.headers.update(ADMINISTRATOR)
        found = await overview(client)
        assert (found["switchable"], found["candidates"]) == (False, [])
        assert found["in_force"]["hash"] == plain.in_service.policy.hash
        answer = await activated(client, "shipped", "0" * 64)
        assert answer.status_code == 409
        assert "lay-out-policies" in answer.json()["detail"]
        assert "只能查看" in (await client.get("/policies")).text
