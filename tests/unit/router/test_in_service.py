"""A changed policy or model takes effect without a restart, whole; a broken one does not take effect."""

import shutil
from pathlib import Path

import pytest

from services.router.classifier.model_file import install_model, load_model, save_model
from services.router.in_service import InService
from shared.policy import Policy
from tests.unit.router.county import ZHENPING, received
from tests.unit.router.labelled import model


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ZHENPING, tmp_path / "policy"))


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


async def ready(_policy: Policy) -> None:
    """Nothing is to be prepared here."""


async def test_a_changed_policy_decides_the_next_batch_and_is_named(directory: Path) -> None:
    in_service = InService(directory, None)
    [before] = in_service.decide([received("路灯坏了")])
    rewrite(directory / "county.yaml", "name:", "name: 新")
    await in_service.reload(ready)
    [after] = in_service.decide([received("路灯坏了")])
    assert before.policy_hash != after.policy_hash == in_service.policy.hash


async def test_a_broken_policy_leaves_the_old_one_in_service_until_it_is_mended(directory: Path) -> None:
    in_service = InService(directory, None)
    old = in_service.policy.hash
    rewrite(directory / "county.yaml", "triage_desk:", "triage_desk:")
    await in_service.reload(ready)
    assert in_service.policy.hash == old
    rewrite(directory / "county.yaml", "triage_desk:", "triage_desk:")
    rewrite(directory / "county.yaml", "name:", "name: 新")
    await in_service.reload(ready)
    assert in_service.policy.hash != old


async def test_a_policy_decides_only_after_its_topics_are_there(directory: Path) -> None:
    in_service = InService(directory, None)
    old = in_service.policy.hash
    seen: list[tuple[str, str]] = []

    async def prepare(policy: Policy) -> None:
        seen.append((policy.hash, in_service.policy.hash))

    rewrite(directory / "county.yaml", "name:", "name: 新")
    await in_service.reload(prepare)
    assert seen == [(in_service.policy.hash, old)]


async def test_a_model_that_is_installed_is_in_service_and_named(directory: Path, tmp_path: Path) -> None:
    save_model(model(), tmp_path / "trained")
    place = tmp_path / "model"
    in_service = InService(directory, place)
    [before] = in_service.decide([received("在吗")])
    install_model(tmp_path / "trained", load_model(tmp_path / "trained").hash, place)
    await in_service.reload(ready)
    [after] = in_service.decide([received("在吗")])
    assert (before.model_hash, after.model_hash) == (None, load_model(place).hash)


async def test_a_damaged_model_leaves_the_old_one_in_service(directory: Path, tmp_path: Path) -> None:
    place = tmp_path / "model"
    save_model(model(), place)
    in_service = InService(directory, place)
    old = in_service.routing.model
    place.write_bytes(b"garbage")
    await in_service.reload(ready)
    assert in_service.routing.model is old is not None


async def test_what_has_not_changed_is_not_read_again(directory: Path) -> None:
    in_service = InService(directory, None)
    routing = in_service.routing
    await in_service.reload(ready)
    assert in_service.routing is routing
