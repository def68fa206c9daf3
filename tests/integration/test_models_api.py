"""The administrator tries a model and switches it on: what was seen and tried, for a reason, whole or not at all."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from deploy.local.hotline import POLICY
from services.router.classifier.model_file import load_model
from services.router.policies.policy_folders import PolicyFolders
from shared.auth import Role
from shared.postgres import Pool
from tests.integration.conftest import client_of
from tests.integration.router_policies import ADMINISTRATOR, County, county, finished
from tests.models import file_of, model_candidate, place_in
from tests.policies import boars_candidate, laid_out
from tests.tokens import bearer

# Which no rule places, and the model does.
SIGN = "昨天小区站牌倒了希望尽快"
REASON = "秋季重新训练"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return place_in(tmp_path / "models")


@pytest.fixture
def router(router_pool: Pool, tmp_path: Path, place: Path) -> County:
    return county(router_pool, laid_out(tmp_path / "policies"), place)


@pytest.fixture
async def client(router: County) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(router.app) as client, router.working():
        client.headers.update(ADMINISTRATOR)
        yield client


async def tried(client: httpx.AsyncClient, policy: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/v1/policies/{policy}:dry-run", json=body)
    assert answer.status_code == 202, answer.text
    return await finished(client, answer.json()["dry_run_id"])


async def activated(client: httpx.AsyncClient, name: str, seen: str, reason: str = REASON) -> httpx.Response:
    return await client.post(f"/v1/models/{name}:activate", json={"hash": seen, "reason": reason})


async def switches(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await client.get("/v1/models/switches")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def nobody_put_one_at(place: Path) -> bool:
    return not place.exists()


async def test_a_model_is_tried_under_the_policy_in_force_and_switched_on_and_the_next_complaint_goes_by_it(
    router: County, client: httpx.AsyncClient, router_pool: Pool, place: Path
) -> None:
    seen = model_candidate(place, "autumn")
    assert await router.receives(SIGN) == "triage-desk"
    decided = await router_pool.fetch("SELECT * FROM decisions")
    found = (await client.get("/v1/models")).json()
    assert (found["in_service"], found["routing_by"], found["switchable"]) == (None, None, True)
    [candidate] = found["candidates"]
    assert (candidate["name"], candidate["hash"], candidate["labels"]) == ("autumn", seen, 3)
    assert (candidate["unknown_labels"], candidate["problem"]) == ([], None)
    assert 0.8 < candidate["out_of_fold"]["accuracy"] < 1

    run = await tried(client, router.in_service.policy.hash, model="autumn")
    assert (run["state"], run["policy_hash"], run["model_hash"]) == ("finished", router.in_service.policy.hash, seen)
    [move] = run["result"]["moves"]
    assert (move["from"], move["to"], move["complaints"]) == ("triage-desk", "transport", 1)
    assert decided == await router_pool.fetch("SELECT * FROM decisions")
    assert nobody_put_one_at(place)

    answer = await activated(client, "autumn", seen)
    assert answer.status_code == 200, answer.text
    assert load_model(place).hash == seen
    await router.follow()
    assert await router.receives(SIGN) == "transport"
    [noted] = await switches(client)
    assert noted == answer.json()
    assert (noted["model_hash"], noted["switched_by"], noted["reason"]) == (seen, "administrator-1", REASON)
    assert noted["dry_run_id"] == run["dry_run_id"]
    now = (await client.get("/v1/models")).json()
    assert (now["in_service"]["hash"], now["routing_by"]) == (seen, seen)
    assert (await activated(client, "autumn", seen)).status_code == 409


async def test_the_page_offers_what_can_be_tried_and_switches_on_what_was_tried(
    router: County, client: httpx.AsyncClient, place: Path
) -> None:
    seen, in_force = model_candidate(place, "autumn"), router.in_service.policy.hash
    file_of(place, "wrong").write_bytes(b"<garbage>")
    page = (await client.get("/policies")).text
    assert "3 个标签" in page
    assert "正确率" in page
    assert "wrong.model is no model that can be read" in page
    assert f'<option value="autumn">autumn {seen[:12]}</option>' in page
    assert 'action="/models/' not in page, "nothing is tried yet"

    begun = await client.post(f"/policies/{in_force}/dry-run", data={"model": "autumn"})
    assert begun.status_code == 303
    run = begun.headers["location"]
    await finished(client, run.rpartition("/")[2])
    assert seen[:12] in (await client.get(run)).text
    page = (await client.get("/policies")).text
    assert 'action="/models/autumn/activate"' in page
    assert f'<td title="{seen}">{seen[:12]}</td>' in page, "the list of dry runs names the model"

    done = await client.post("/models/autumn/activate", data={"hash": seen, "reason": REASON})
    assert (done.status_code, done.headers["location"]) == (303, "/policies")
    page = (await client.get("/policies")).text
    assert REASON in page
    assert "分派服务尚未切换到该模型" in page
    assert 'action="/models/' not in page, "it is in service"
    await router.follow()
    page = (await client.get("/policies")).text
    assert "分派服务尚未切换到该模型" not in page
    assert f'<small id="model" title="{seen}">' in page


async def test_a_candidate_policy_is_tried_with_a_candidate_model_or_with_the_one_in_service(
    router: County, client: httpx.AsyncClient, place: Path
) -> None:
    boars_candidate(router.policy_dir)
    seen = model_candidate(place, "autumn")
    await router.receives(SIGN)
    await router.receives("野猪拱了玉米")
    with_model, without = await tried(client, "boars", model="autumn"), await tried(client, "boars")
    assert (with_model["model_hash"], with_model["result"]["changed"]) == (seen, 2)
    assert (without["model_hash"], without["result"]["changed"]) == (None, 1)


async def test_an_earlier_model_that_was_kept_is_switched_on_again(
    router: County, client: httpx.AsyncClient, place: Path
) -> None:
    earlier, later = model_candidate(place, "spring", about={"of": "spring"}), model_candidate(place, "autumn")
    for name, seen in (("spring", earlier), ("autumn", later), ("spring", earlier)):
        await tried(client, router.in_service.policy.hash, model=name)
        assert (await activated(client, name, seen)).status_code == 200
        await router.follow()
    assert load_model(place).hash == earlier
    assert [one["model_hash"] for one in await switches(client)] == [earlier, later, earlier]
    page = (await client.get("/v1/models/switches", params={"limit": 1})).json()
    [before] = (await client.get("/v1/models/switches", params={"limit": 1, "before": page["next"]})).json()["items"]
    assert before["model_hash"] == later


async def test_what_has_changed_since_it_was_seen_stays_off_though_it_was_tried(
    router: County, client: httpx.AsyncClient, place: Path
) -> None:
    seen = model_candidate(place, "autumn")
    await tried(client, router.in_service.policy.hash, model="autumn")
    other = model_candidate(place, "autumn", about={})
    stale = await activated(client, "autumn", seen)
    assert (stale.status_code, stale.json()["detail"][:13]) == (409, "该模型在您查看之后已有改动")
    # Nor does the dry run of what was there before speak for what is there now.
    untried = await activated(client, "autumn", other)
    assert (untried.status_code, untried.json()["detail"][:10]) == (409, "该模型尚未完成试运行")
    assert nobody_put_one_at(place)
    assert await switches(client) == []


async def test_what_is_written_between_the_look_and_the_copy_is_not_switched_on(
    router: County, client: httpx.AsyncClient, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = model_candidate(place, "autumn")
    await tried(client, router.in_service.policy.hash, model="autumn")
    kept = (await client.get("/v1/models")).json()
    # The look is told that nothing has changed since.
    monkeypatch.setattr("services.router.classifier.model_folder.file_stamp", lambda file: file.name)
    assert (await client.get("/v1/models")).json() == kept
    model_candidate(place, "autumn", about={})
    assert (await activated(client, "autumn", seen)).status_code == 409
    assert nobody_put_one_at(place)
    assert await switches(client) == []


async def test_what_is_no_model_or_would_never_decide_says_so_and_changes_nothing(
    router: County, client: httpx.AsyncClient, place: Path
) -> None:
    file_of(place, "wrong").write_bytes(b"garbage")
    foreign = model_candidate(place, "foreign", labels=("police", "fire", "rail"))
    found = {one["name"]: one for one in (await client.get("/v1/models")).json()["candidates"]}
    assert (found["wrong"]["hash"], "wrong.model" in found["wrong"]["problem"]) == (None, True)
    assert found["foreign"]["unknown_labels"] == ["police", "fire", "rail"]
    in_force = router.in_service.policy.hash
    attempt = await client.post(f"/v1/policies/{in_force}:dry-run", json={"model": "wrong"})
    assert (attempt.status_code, attempt.json()["errors"]) == (422, [found["wrong"]["problem"]])
    assert (await activated(client, "wrong", "0" * 64)).status_code == 422
    await tried(client, in_force, model="foreign")
    assert (await activated(client, "foreign", foreign)).status_code == 422
    assert nobody_put_one_at(place)
    assert await switches(client) == []


async def test_what_nobody_can_find_or_read_is_refused(router: County, client: httpx.AsyncClient, place: Path) -> None:
    seen = model_candidate(place, "autumn")
    in_force = router.in_service.policy.hash
    for name in ("no-such", "", "..", "\x00", "../in-service"):
        assert (await client.post(f"/v1/policies/{in_force}:dry-run", json={"model": name})).status_code == 404
    assert (await activated(client, "no-such", seen)).status_code == 404
    assert (await activated(client, "autumn", "not a hash")).status_code == 422
    for reason in (" ", "\x00\x00", "理由" * 300):
        assert (await activated(client, "autumn", seen, reason=reason)).status_code == 422
    assert (await client.post("/models/autumn/activate", data={"hash": seen})).status_code == 422
    assert (await client.post(f"/policies/{in_force}/dry-run", data={"model": "no-such"})).status_code == 404


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.CLERK, Role.OFFICER, Role.SUPERVISOR, Role.ADAPTER])
async def test_only_an_administrator_may(router: County, client: httpx.AsyncClient, place: Path, role: Role) -> None:
    seen = model_candidate(place, "autumn")
    await tried(client, router.in_service.policy.hash, model="autumn")
    department = "water-supply" if role is Role.OFFICER else None
    client.headers.update(bearer(role, department=department))
    answers = [
        await client.get("/v1/models"),
        await client.get("/v1/models/switches"),
        await activated(client, "autumn", seen),
        await client.post("/models/autumn/activate", data={"hash": seen, "reason": REASON}),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert nobody_put_one_at(place)


async def test_who_switched_a_model_on_and_why_is_never_changed_and_holds_no_number_of_anybody(
    router: County, client: httpx.AsyncClient, router_pool: Pool, place: Path
) -> None:
    seen = model_candidate(place, "autumn")
    await tried(client, router.in_service.policy.hash, model="autumn")
    assert (await activated(client, "autumn", seen, reason="来电人13812345678要求")).status_code == 200
    [noted] = await switches(client)
    assert noted["reason"] == "来电人〔电话〕要求"
    for statement in ("UPDATE switches SET reason = ''", "DELETE FROM switches", "TRUNCATE switches"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await router_pool.execute(statement)


async def test_where_policies_lie_in_a_plain_folder_models_are_tried_and_switched_on_all_the_same(
    router_pool: Pool, place: Path
) -> None:
    plain = county(router_pool, POLICY, place)
    seen = model_candidate(place, "autumn")
    async with client_of(plain.app) as client, plain.working():
        client.headers.update(ADMINISTRATOR)
        await tried(client, plain.in_service.policy.hash, model="autumn")
        assert (await activated(client, "autumn", seen)).status_code == 200
    assert load_model(place).hash == seen


async def test_without_hotline_model_there_is_none_to_try_or_to_switch_on(router_pool: Pool, tmp_path: Path) -> None:
    without = county(router_pool, laid_out(tmp_path / "policies"))
    async with client_of(without.app) as client:
        client.headers.update(ADMINISTRATOR)
        found = (await client.get("/v1/models")).json()
        assert (found["switchable"], found["candidates"], found["in_service"]) == (False, [], None)
        in_force = PolicyFolders(without.policy_dir).in_force()
        assert (await client.post(f"/v1/policies/{in_force}:dry-run", json={"model": "autumn"})).status_code == 404
        assert (await activated(client, "autumn", "0" * 64)).status_code == 404
        assert "没有设置 HOTLINE_MODEL" in (await client.get("/policies")).text
