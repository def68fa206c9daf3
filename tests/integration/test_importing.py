"""A platform's export is imported: each row has a ticket or a reason, and running it again changes nothing."""

import asyncio
import base64
import csv
import os
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from deploy.local.feed import SAMPLE
from deploy.local.hotline import POLICY
from deploy.local.ports import free_ports
from deploy.local.postgres import ExternalPostgres, LocalPostgres
from services.intake.__main__ import app
from services.intake.acceptance import Acceptance
from services.intake.county import County
from services.intake.platforms.export_files import read_rows
from services.intake.platforms.importing import Importing, Outcome, read_platform
from shared.postgres import Pool
from tests.examples import waiting
from tests.tokens import token_settings

EXPORTS = sorted((SAMPLE / "platforms").iterdir())
MAPPING = POLICY / "platforms" / "wenzheng.yaml"

Import = Callable[..., tuple[Result, list[dict[str, str]]]]


@pytest.fixture
def do_import(
    service_urls: dict[str, str], intake_pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Import:
    """Run the command as a clerk does; what it said, and its report."""
    assert intake_pool is not None  # and so its tables are empty
    # It would bind the logs of all tests to the output of this one.
    monkeypatch.setattr("services.intake.__main__.configure_logs", lambda _service: None)
    for name, value in {
        "DATABASE_URL": service_urls["intake"],
        "KAFKA_BOOTSTRAP_SERVERS": "localhost:1",
        "HOTLINE_POLICY_DIR": str(POLICY),
        **token_settings(tmp_path),
        "HOTLINE_VAULT_KEYS": f"test:{base64.b64encode(os.urandom(32)).decode()}",
        "HOTLINE_BLIND_INDEX_KEY": base64.b64encode(os.urandom(32)).decode(),
        "HOTLINE_QUERY_CODE_KEY": base64.b64encode(os.urandom(32)).decode(),
    }.items():
        monkeypatch.setenv(name, value)

    def run(file: Path) -> tuple[Result, list[dict[str, str]]]:
        report = tmp_path / "report.csv"
        result = CliRunner().invoke(app, ["import", str(file), "--platform", str(MAPPING), "--report", str(report)])
        with report.open(encoding="utf-8-sig", newline="") as lines:
            return result, list(csv.DictReader(lines))

    return run


async def test_every_sample_export_is_imported_and_again_without_effect(do_import: Import, intake_pool: Pool) -> None:
    first = [row for file in EXPORTS for row in (await in_thread(do_import, file))[1]]
    outcomes = [row["outcome"] for row in first]
    assert (outcomes.count("accepted"), outcomes.count("seen_before"), outcomes.count("refused")) == (11, 2, 2)
    assert all(row["reason"] for row in first if row["outcome"] == "refused")
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints WHERE channel = 'qa_platform'") == 11
    assert len(await waiting(intake_pool)) == 11

    again = [row for file in EXPORTS for row in (await in_thread(do_import, file))[1]]
    assert [row["outcome"] for row in again].count("seen_before") == 13
    told = {row["platform_id"]: (row["ticket_number"], row["query_code"]) for row in first}
    assert {row["platform_id"]: (row["ticket_number"], row["query_code"]) for row in again} == told
    assert len(await waiting(intake_pool)) == 11


async def test_a_refused_row_is_named_and_the_status_says_so(do_import: Import) -> None:
    result, rows = await in_thread(do_import, EXPORTS[0])
    assert result.exit_code == 1
    refused = {row["platform_id"]: row["reason"] for row in rows if row["outcome"] == "refused"}
    assert refused.keys() == {"WZ2026110007", "WZ2026110008"}
    assert "没有内容" in refused["WZ2026110007"]
    assert "问政类型" in refused["WZ2026110008"]
    result, _ = await in_thread(do_import, EXPORTS[1])
    assert result.exit_code == 0


async def test_a_question_that_was_changed_keeps_its_first_text_and_the_clerk_is_told(
    do_import: Import, intake_pool: Pool, tmp_path: Path
) -> None:
    headings = "问政编号,标题,问政内容,涉及地区,发布时间,问政类型,公开方式,网民姓名,联系电话\n"
    file = tmp_path / "a.csv"
    file.write_text(f"{headings}=1+1,,路灯不亮。,,,,,,\n", encoding="utf-8")
    await in_thread(do_import, file)
    file.write_text(f"{headings}=1+1,,路灯亮了。,,,,,,\n", encoding="utf-8")
    _, [row] = await in_thread(do_import, file)
    assert row["outcome"] == "seen_before"
    assert "另一份内容" in row["reason"]
    assert row["platform_id"] == "'=1+1"
    assert await intake_pool.fetchval("SELECT text FROM complaints") == "路灯不亮。"


async def test_rows_before_the_damage_of_a_file_are_imported_and_the_damage_is_told(
    do_import: Import, intake_pool: Pool, tmp_path: Path
) -> None:
    damaged = tmp_path / "a.csv"
    damaged.write_bytes(EXPORTS[0].read_bytes() + '9,"'.encode("gb18030"))
    result, rows = await in_thread(do_import, damaged)
    assert result.exit_code == 2
    assert "CSV" in result.output
    assert len(rows) == 9
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 6


async def test_rows_that_the_database_did_not_take_are_left_for_another_run(
    acceptance: Acceptance, county: County, postgres: LocalPostgres | ExternalPostgres, intake_pool: Pool
) -> None:
    importing, platform = Importing(acceptance, county, b"only for this test"), read_platform(MAPPING)
    superuser = await asyncpg.connect(postgres.url)
    try:
        await superuser.execute("ALTER ROLE intake_service CONNECTION LIMIT 0")
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'intake_service'"
        )
        away = [row.outcome async for row in importing.rows(platform, read_rows(EXPORTS[1], platform))]
    finally:
        await superuser.execute("ALTER ROLE intake_service CONNECTION LIMIT -1")
        await superuser.close()
    assert away == [Outcome.LATER] * 4
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 0
    back = [row.outcome async for row in importing.rows(platform, read_rows(EXPORTS[1], platform))]
    assert back == [Outcome.ACCEPTED] * 4


@pytest.mark.usefixtures("do_import")
def test_a_database_that_cannot_be_reached_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://intake@localhost:{free_ports(1)[0]}/hotline")
    report = str(tmp_path / "report.csv")
    result = CliRunner().invoke(app, ["import", str(EXPORTS[1]), "--platform", str(MAPPING), "--report", report])
    assert result.exit_code == 2
    assert "数据库" in result.output


async def in_thread(do_import: Import, file: Path) -> tuple[Result, list[dict[str, str]]]:
    """The command starts an event loop of its own."""
    return await asyncio.to_thread(do_import, file)
