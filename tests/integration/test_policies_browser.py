"""A real browser without scripts: the administrator tries a policy, reads what it would change, and switches it on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from services.router.policies.policy_folders import PolicyFolders
from shared.auth import Role
from shared.postgres import Pool
from tests.integration.browsers import browsing, serving
from tests.integration.router_policies import County, county
from tests.policies import boars_candidate, candidate, laid_out
from tests.tokens import token


@pytest.fixture
def router(router_pool: Pool, tmp_path: Path) -> County:
    return county(router_pool, laid_out(tmp_path / "policies"))


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
