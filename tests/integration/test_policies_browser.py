"""A real browser without scripts: the administrator tries a policy or model, reads what changes, switches it on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from services.router.classifier.model_file import load_model
from services.router.policies.policy_folders import PolicyFolders
from shared.auth import Role
from shared.postgres import Pool
from tests.integration.browsers import browsing, serving
from tests.integration.router_policies import County, county
from tests.models import file_of, model_candidate, place_in
from tests.policies import boars_candidate, candidate, laid_out
from tests.tokens import token


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return place_in(tmp_path / "models")


@pytest.fixture
def router(router_pool: Pool, tmp_path: Path, place: Path) -> County:
    return county(router_pool, laid_out(tmp_path / "policies"), place)


@pytest.fixture
async def site(router: County) -> AsyncIterator[str]:
    async with serving(router.app) as url, router.working():
        yield url


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browsing(scripts=False) as opened:
        yield opened


async def test_an_administrator_tries_a_policy_and_switches_it_on_without_a_script(
    page: Page, site: str, router: County
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    boars_candidate(router.policy_dir)
    (candidate(router.policy_dir, "half") / "terms.yaml").unlink()
    assert await router.receives("野猪拱了玉米") == "forestry"

    await page.goto(f"{site}/policies")
    await page.fill("#token", token(Role.ADMINISTRATOR, subject="administrator-1"))
    await page.click("main button")
    await page.wait_for_url(f"{site}/policies")
    assert "terms.yaml 有误" in await page.inner_text("#candidate-half .problems")
    assert await page.locator("#candidate-half form").count() == 0
    assert await page.locator("#candidate-boars [name=reason]").count() == 0, "it is not tried yet"

    await page.fill("#candidate-boars [name=since]", "2026-01-01")
    await page.click("#candidate-boars button")
    await page.wait_for_url(f"{site}/policies/dry-runs/*")
    # While it runs the page loads itself again.
    await page.wait_for_selector("#changed")
    assert "1 件中有 1 件会改派" in await page.inner_text("#changed")
    assert "野猪拱了玉米" in await page.inner_text("#moves")
    assert "农业农村局" in await page.inner_text("#departments")

    await page.click("main a[href='/policies']")
    await page.fill("#candidate-boars [name=reason]", "野猪改由农业部门处置")
    await page.click("#candidate-boars form[action$=activate] button")
    await page.wait_for_url(f"{site}/policies")
    assert "野猪改由农业部门处置" in await page.inner_text("#activations")
    assert "administrator-1" in await page.inner_text("#activations")
    await router.follow()
    assert await router.receives("野猪拱了玉米") == "agriculture-rural"
    await page.goto(f"{site}/policies")
    in_force = await page.get_attribute("#in-force", "title")
    assert in_force == PolicyFolders(router.policy_dir).in_force() == router.in_service.policy.hash
    # Nothing of ours is missing or not let in.
    assert said == []


async def test_a_page_that_was_looked_at_too_early_does_not_switch_on_what_was_written_since(
    page: Page, site: str, router: County
) -> None:
    folder = boars_candidate(router.policy_dir)
    before = PolicyFolders(router.policy_dir).in_force()
    await page.goto(f"{site}/policies")
    await page.fill("#token", token(Role.ADMINISTRATOR))
    await page.click("main button")
    await page.click("#candidate-boars button")
    await page.wait_for_selector("#changed")
    await page.click("main a[href='/policies']")
    (folder / "templates.yaml").unlink()
    await page.fill("#candidate-boars [name=reason]", "野猪改由农业部门处置")
    await page.click("#candidate-boars form[action$=activate] button")
    assert "已有改动" in await page.inner_text("[role=alert]")
    assert PolicyFolders(router.policy_dir).in_force() == before


async def test_an_administrator_tries_a_model_and_switches_it_on_without_a_script(
    page: Page, site: str, router: County, place: Path
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    seen, sign = model_candidate(place, "autumn"), "昨天小区站牌倒了希望尽快"
    file_of(place, "wrong").write_bytes(b"garbage")
    assert await router.receives(sign) == "triage-desk"

    await page.goto(f"{site}/policies")
    await page.fill("#token", token(Role.ADMINISTRATOR, subject="administrator-1"))
    await page.click("main button")
    await page.wait_for_url(f"{site}/policies")
    assert "wrong.model" in await page.inner_text("#model-wrong .problems")
    assert await page.locator("#model-wrong form").count() == 0
    assert "3 个标签" in await page.inner_text("#model-autumn")
    assert "正确率" in await page.inner_text("#model-autumn")
    assert await page.locator("#model-autumn [name=reason]").count() == 0, "it is not tried yet"
    offered = await page.locator("#candidate-shipped [name=model] option").all_inner_texts()
    assert offered == ["现行 in service", f"autumn {seen[:12]}"]

    await page.click("#model-autumn button")
    await page.wait_for_selector("#changed")
    assert "1 件中有 1 件会改派" in await page.inner_text("#changed")
    assert seen[:12] in await page.inner_text("#state")

    await page.click("main a[href='/policies']")
    assert seen[:12] in await page.inner_text("#dry-runs")
    await page.fill("#model-autumn [name=reason]", "秋季重新训练")
    await page.click("#model-autumn form[action$=activate] button")
    await page.wait_for_url(f"{site}/policies")
    assert "秋季重新训练" in await page.inner_text("#switches")
    assert "administrator-1" in await page.inner_text("#switches")
    assert "尚未切换到该模型" in await page.inner_text("#classifier")
    await router.follow()
    await page.reload()
    assert "尚未切换到该模型" not in await page.inner_text("#classifier")
    assert await page.get_attribute("#model", "title") == load_model(place).hash == seen
    assert await page.locator("#model-autumn [name=reason]").count() == 0
    assert await router.receives(sign) == "transport"

    # A policy is tried with the model that the form names.
    await page.select_option("#candidate-shipped [name=model]", "autumn")
    await page.click("#candidate-shipped button")
    await page.wait_for_selector("#changed")
    assert seen[:12] in await page.inner_text("#state")
    assert said == []
