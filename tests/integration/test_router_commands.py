"""The router's commands on what it has decided: the lessons, the dry run, the switch to another model."""

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from deploy.local.hotline import POLICY
from services.router.__main__ import app
from services.router.classifier.model_file import load_model, save_model
from shared.events import CaseAcknowledged, CaseReassigned, CaseReturnRefused, CaseReturnRequested
from shared.language import CaseStatus
from shared.postgres import Pool
from tests.examples import NOW
from tests.integration.test_returns import BOAR, OPERATOR, SUPERVISOR, VAGUE, Router, granted, router
from tests.unit.router.labelled import model

__all__ = ["router"]


@pytest.fixture
def environment(service_urls: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", service_urls["router"])
    monkeypatch.setenv("HOTLINE_POLICY_DIR", str(POLICY))
    monkeypatch.setenv("HOTLINE_MODEL", str(tmp_path / "in-service"))


async def called(*arguments: object) -> Result:
    # The commands run a loop of their own.
    return await asyncio.to_thread(CliRunner().invoke, app, list(map(str, arguments)))


@pytest.mark.usefixtures("environment")
async def test_what_people_decided_is_exported_as_examples(router: Router, tmp_path: Path) -> None:
    returned, vague, accusing = [await router.receives(text) for text in (BOAR, VAGUE, "城管打人")]
    await router.receives("河街口有人占道经营")
    await router.takes(returned, granted(returned, "forestry", 2))
    await router.places(returned, "designate", SUPERVISOR, "agriculture-rural")
    await router.places(vague, "assign", OPERATOR, "water-supply")
    await router.places(accusing, "designate", SUPERVISOR, "justice")
    result = await called("export", "--out", tmp_path / "learned.jsonl")
    assert result.exit_code == 0, result.stderr
    written = (tmp_path / "learned.jsonl").read_text(encoding="utf-8")
    lines: list[dict[str, Any]] = [json.loads(line) for line in written.splitlines()]
    assert [(line["text"], line["label"], line["not"], line["by"]) for line in lines] == [
        (BOAR, "agriculture-rural", ["forestry"], "arbitration"),
        (VAGUE, "water-supply", [], "person"),
    ]
    assert str(returned) not in written
    later = await called("export", "--out", tmp_path / "later.jsonl", "--since", "2999-01-01")
    assert later.stdout.startswith("0 examples")


@pytest.mark.usefixtures("environment")
async def test_what_the_router_guessed_after_a_return_is_a_lesson_once_the_department_has_taken_it(
    router: Router, tmp_path: Path
) -> None:
    async def lessons() -> list[str]:
        result = await called("export", "--out", tmp_path / "learned.jsonl")
        assert result.exit_code == 0, result.stderr
        return [json.loads(line)["label"] for line in (tmp_path / "learned.jsonl").read_text().splitlines()]

    complaint = await router.receives("工地夜间打桩，噪声扰民")
    first = (await router.in_force(complaint))["department"]
    await router.takes(uuid4(), granted(complaint, first))
    second = await router.in_force(complaint)
    assert (second["source"], second["placed_by"]) == ("rule", None)
    assert await lessons() == []
    for version, kind, status, taken in (
        (4, CaseReassigned, CaseStatus.DISPATCHED, []),
        (5, CaseAcknowledged, CaseStatus.IN_PROGRESS, [second["department"]]),
        (6, CaseReturnRequested, CaseStatus.RETURN_REQUESTED, []),
        (7, CaseReturnRefused, CaseStatus.IN_PROGRESS, [second["department"]]),
    ):
        facts = {"complaint_id": complaint, "department": second["department"], "previous": first, "at": NOW}
        said = {"status": status, "version": version, "deadlines": (), "reason": "职责不符", "basis": "三定方案"}
        await router.takes(uuid4(), kind.model_validate(facts | said))
        assert await lessons() == taken, kind


@pytest.mark.usefixtures("environment")
async def test_a_dry_run_says_what_a_changed_policy_would_have_done_and_writes_nothing(
    router: Router, router_pool: Pool, tmp_path: Path
) -> None:
    for text in (BOAR, BOAR, VAGUE):
        await router.receives(text)
    changed = Path(shutil.copytree(POLICY, tmp_path / "changed"))
    rules = changed / "rules.yaml"
    first = (
        "rules:\n  - {code: boars, when: {words: [野猪]}, department: agriculture-rural, why: 改由农业农村局处置。}\n"
    )
    rules.write_text(rules.read_text(encoding="utf-8").replace("rules:\n", first, 1), encoding="utf-8")
    before = await router_pool.fetch("SELECT * FROM decisions ORDER BY decision_id")
    result = await called("dry-run", "--policy", changed, "--since", "2026-10-01")
    assert result.exit_code == 0, result.stderr
    assert "3 complaints replayed, 2 would go elsewhere" in result.stdout
    assert "2 from forestry to agriculture-rural, such as" in result.stdout
    assert before == await router_pool.fetch("SELECT * FROM decisions ORDER BY decision_id")
    none = await called("dry-run", "--policy", changed, "--since", "2999-01-01")
    assert none.stdout.startswith("0 complaints replayed")


@pytest.mark.usefixtures("environment")
async def test_a_dry_run_passes_over_no_complaint_of_the_same_instant(
    router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.router.policies.replay_store.BATCH", 2)
    for number in range(7):
        await router.receives(f"{BOAR}{number}")
    result = await called("dry-run", "--policy", POLICY)
    assert result.stdout.startswith("7 complaints replayed, 0 would go elsewhere")


@pytest.mark.usefixtures("environment")
async def test_a_person_switches_a_model_on_and_that_is_kept(router_pool: Pool, tmp_path: Path) -> None:
    save_model(model(), tmp_path / "trained")
    result = await called("switch-model", tmp_path / "trained", "--by", "管理员")
    hash_ = load_model(tmp_path / "in-service").hash
    assert result.exit_code == 0, result.stderr
    assert hash_ in result.stdout
    [noted] = await router_pool.fetch("SELECT model_hash, switched_by, reason FROM switches")
    assert (noted["model_hash"], noted["switched_by"], noted["reason"]) == (hash_, "管理员", None)


@pytest.mark.usefixtures("environment")
async def test_a_model_that_would_never_decide_is_not_switched_on(router_pool: Pool, tmp_path: Path) -> None:
    save_model(replace(model(), labels=("police", "fire", "rail")), tmp_path / "trained")
    result = await called("switch-model", tmp_path / "trained", "--by", "管理员")
    assert (result.exit_code, "never decide" in result.stderr) == (1, True)
    assert not (tmp_path / "in-service").exists()
    assert not await router_pool.fetch("SELECT FROM switches")


@pytest.mark.usefixtures("environment")
async def test_what_is_no_model_is_not_switched_on(router_pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "trained").write_bytes(b"garbage")
    result = await called("switch-model", tmp_path / "trained", "--by", "管理员")
    assert result.exit_code == 1
    assert not (tmp_path / "in-service").exists()
    assert not await router_pool.fetch("SELECT FROM switches")
