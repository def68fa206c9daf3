"""The record from the command line: the check and the export of its heads."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.hotline import PROJECT
from deploy.local.postgres import ExternalPostgres, LocalPostgres
from services.tracker.deadlines.calendar import Calendar
from services.tracker.record.anchoring import Anchoring
from shared.policy import Policy
from shared.postgres import Pool
from tests.integration.cases import run_ahead
from tests.integration.records import lively_cases, superuser


@pytest.fixture
def url(service_urls: dict[str, str]) -> str:
    return service_urls["tracker"]


async def tracker(url: str, *arguments: str) -> tuple[int | None, str, str]:
    """Exit status, output and errors of a command of the tracker; it is given a database and nothing else."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.tracker",
        *arguments,
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def test_verify_says_how_much_it_checked_or_names_the_first_broken_entry_and_fails(
    url: str, postgres: LocalPostgres | ExternalPostgres, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    cases = await lively_cases(tracker_pool, policy, calendar)
    status, output, errors = await tracker(url, "verify")
    assert (status, errors) == (0, "")
    assert output == "whole: 45 entries of 10 cases, 0 anchors; nothing was anchored yet\n"
    async with superuser(postgres.url, url) as attacker:
        await attacker.execute(
            "UPDATE entries SET note = '' WHERE complaint_id = $1 AND number = 3", cases[2].complaint_id
        )
    status, output, errors = await tracker(url, "verify")
    assert (status, output) == (1, "")
    assert errors == f"BROKEN: case {cases[2].complaint_id}, entry 3: was changed after it was written\n"


async def test_heads_that_were_kept_elsewhere_betray_anchors_that_were_made_anew(
    url: str,
    postgres: LocalPostgres | ExternalPostgres,
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
    tmp_path: Path,
) -> None:
    await lively_cases(tracker_pool, policy, calendar)
    await Anchoring(tracker_pool).anchor_if_due()
    await run_ahead(tracker_pool, timedelta(days=91))
    await Anchoring(tracker_pool).anchor_if_due()
    status, output, _ = await tracker(url, "heads")
    assert (status, len(output.splitlines())) == (0, 2)
    kept = tmp_path / "heads"
    kept.write_text(output)
    status, verified, _ = await tracker(url, "verify", "--heads", str(kept))
    assert status == 0
    assert output.splitlines()[-1] in verified
    async with superuser(postgres.url, url) as attacker:
        await attacker.execute("TRUNCATE anchors, anchored")
    await Anchoring(tracker_pool).anchor_if_due()
    assert (await tracker(url, "verify"))[0] == 0
    status, _, errors = await tracker(url, "verify", "--heads", str(kept))
    assert (status, errors) == (1, "BROKEN: anchor 1 is not the one that was exported\n")
