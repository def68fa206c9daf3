"""What a service makes of its policy is exchanged while it runs; what it cannot work with changes nothing."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from deploy.local.hotline import POLICY
from shared.policy import Policy
from shared.policy_problems import PolicyInvalid, Problem
from shared.reloading import Reloading
from tests.policies import candidate, laid_out, rewrite


@dataclass(frozen=True)
class Made:
    policy: Policy


def make(policy: Policy, _now: Made | None) -> Made:
    if policy.county.startswith("不"):
        raise PolicyInvalid([Problem("county.yaml", 1, "not with us", "name another county")])
    if policy.county.startswith("错"):
        raise ZeroDivisionError
    return Made(policy)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICY, tmp_path / "policy"))


def refusals() -> float:
    return REGISTRY.get_sample_value("hotline_policy_reloads_total", {"outcome": "refused"}) or 0


def in_metrics(policy: Policy) -> float | None:
    return REGISTRY.get_sample_value("hotline_policy_in_service_info", {"policy_hash": policy.hash})


@pytest.mark.parametrize("prefix", ["不", "错", "[", "\x00"])
async def test_what_the_service_refuses_or_nobody_can_read_is_counted_and_changes_nothing(
    directory: Path, prefix: str
) -> None:
    reloading, before = Reloading(directory, make), refusals()
    old = reloading.policy()
    rewrite(directory / "county.yaml", "name: ", f"name: {prefix}")
    await reloading.reload()
    assert reloading.policy() is old
    assert refusals() == before + 1
    assert in_metrics(old) == 1
    # The same refusal is told once.
    await reloading.reload()
    assert refusals() == before + 1


async def test_a_policy_half_of_whose_files_are_there_changes_nothing_until_the_rest_has_come(directory: Path) -> None:
    reloading = Reloading(directory, make)
    old = reloading.policy()
    terms = (directory / "terms.yaml").read_text(encoding="utf-8")
    (directory / "terms.yaml").unlink()
    rewrite(directory / "county.yaml", "name: ", "name: 新")
    await reloading.reload()
    assert reloading.policy() is old
    (directory / "terms.yaml").write_text(terms, encoding="utf-8")
    await reloading.reload()
    assert reloading.policy().county.startswith("新")
    assert in_metrics(old) is None


async def test_a_changed_template_is_seen_too(directory: Path) -> None:
    reloading = Reloading(directory, make)
    (directory / "templates.yaml").unlink()
    await reloading.reload()
    assert reloading.policy().templates == ()


async def test_a_switched_link_is_followed_and_followed_back(tmp_path: Path) -> None:
    policy_dir = laid_out(tmp_path / "policies")
    reloading = Reloading(policy_dir, make)
    old = reloading.policy()
    draft = candidate(policy_dir, "draft")
    rewrite(draft / "county.yaml", "name: ", "name: 新")
    for target, county in (("candidates/draft", f"新{old.county}"), (f"versions/{old.hash}", old.county)):
        (tmp_path / "link").symlink_to(policy_dir.parent / target)
        (tmp_path / "link").replace(policy_dir)
        await reloading.reload()
        assert reloading.policy().county == county
