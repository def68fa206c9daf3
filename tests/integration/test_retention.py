"""What identifies a reporter goes when it has been kept long enough; the complaint and what became of it stay."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest

from deploy.local.hotline import POLICY, PROJECT
from services.intake.attachments.attachment_files import AttachmentFiles
from services.intake.attachments.attachments import Attachments
from services.intake.identity import retention as retention_module
from services.intake.identity import retention_store
from services.intake.identity.retention import Retention
from services.intake.mail.mail_intake import MailIntake, Origin
from shared.events import CaseClosed, CaseDeclined, CaseReworked
from shared.language import CaseStatus
from shared.policy import Policy
from shared.postgres import Pool
from shared.principal import Role
from tests.integration.reporters import REPORTER, event, follow, opened, submit
from tests.tokens import bearer
from tests.unit.intake.attachments.test_attachment_content import PDF

LATE = timedelta(days=1)


@pytest.fixture
def kept(policy: Policy) -> timedelta:
    return policy.retention


async def close(pool: Pool, complaint_id: str, ago: timedelta) -> None:
    closed = event(CaseClosed, complaint_id, 2, CaseStatus.CLOSED, at=datetime.now(UTC) - ago)
    await follow(pool, opened(complaint_id), closed)


async def in_vault(pool: Pool) -> set[str]:
    return {str(row[0]) for row in await pool.fetch("SELECT complaint_id FROM vault")}


async def test_only_what_ended_longer_ago_is_erased_and_the_complaint_stays(
    intake: httpx.AsyncClient, intake_pool: Pool, policy: Policy, kept: timedelta
) -> None:
    old, young, running = [(await submit(intake, f"A-{n}"))["complaint_id"] for n in range(3)]
    await close(intake_pool, old, kept + LATE)
    await close(intake_pool, young, kept - LATE)
    await follow(intake_pool, opened(running))
    assert await Retention(intake_pool, lambda: policy).anonymize() == 1
    assert await in_vault(intake_pool) == {young, running}
    assert {str(row[0]) for row in await intake_pool.fetch("SELECT complaint_id FROM blind_index")} == {young, running}
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 3
    [noted] = await intake_pool.fetch("SELECT complaint_id::text, retention, policy_hash FROM anonymized")
    assert tuple(noted) == (old, kept, policy.hash)


async def test_a_declined_one_has_ended_too_and_one_that_is_worked_again_has_not(
    intake: httpx.AsyncClient, intake_pool: Pool, policy: Policy, kept: timedelta
) -> None:
    declined, worked = [(await submit(intake, f"A-{n}"))["complaint_id"] for n in range(2)]
    long_ago = datetime.now(UTC) - kept - LATE
    end = event(CaseDeclined, declined, 2, CaseStatus.DECLINED, at=long_ago, lawful_channel="x")
    await follow(intake_pool, opened(declined), end)
    await close(intake_pool, worked, kept + LATE)
    await follow(intake_pool, event(CaseReworked, worked, 3, CaseStatus.REWORK, at=long_ago, reason="x", deadlines=()))
    assert await Retention(intake_pool, lambda: policy).anonymize() == 1
    assert await in_vault(intake_pool) == {worked}


async def test_a_second_time_nothing_is_left_to_do_and_many_are_done_in_batches(
    intake: httpx.AsyncClient, intake_pool: Pool, policy: Policy, kept: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    anonymize = retention_store.anonymize

    async def counted(pool: Pool, retention: timedelta, policy_hash: str, limit: int) -> int:
        batches.append(await anonymize(pool, retention, policy_hash, min(limit, 2)))
        return batches[-1]

    monkeypatch.setattr(retention_store, "anonymize", counted)
    for number in range(5):
        await close(intake_pool, (await submit(intake, f"A-{number}"))["complaint_id"], kept + LATE)
    retention = Retention(intake_pool, lambda: policy)
    assert (await retention.anonymize(), await retention.anonymize()) == (5, 0)
    assert batches == [2, 2, 1, 0, 0]


async def test_several_replicas_share_the_work(
    intake: httpx.AsyncClient, intake_pool: Pool, policy: Policy, kept: timedelta
) -> None:
    for number in range(8):
        await close(intake_pool, (await submit(intake, f"A-{number}"))["complaint_id"], kept + LATE)
    counts = await asyncio.gather(*(Retention(intake_pool, lambda: policy).anonymize() for _ in range(3)))
    assert sum(counts) == 8
    assert await in_vault(intake_pool) == set()


async def test_who_asks_afterwards_is_told_that_it_was_erased(
    intake: httpx.AsyncClient, intake_pool: Pool, policy: Policy, kept: timedelta
) -> None:
    answer = await submit(intake, "A-1")
    await close(intake_pool, answer["complaint_id"], kept + LATE)
    await Retention(intake_pool, lambda: policy).anonymize()
    path = f"/v1/complaints/{answer['ticket_number']}/reporter"
    asked = await intake.post(path, json={"purpose": "supervision"}, headers=bearer(Role.SUPERVISOR))
    assert (asked.status_code, asked.json()["reason"]) == (410, "erased")
    # The reporter is no longer known by their number either.
    assert "repeat_of" not in await submit(intake, "A-2", channel="service_center", clerk="0301")
    # Their query code still opens what became of it.
    found = await intake.get(f"/v1/complaints/{answer['ticket_number']}", params={"query_code": answer["query_code"]})
    assert found.json()["status"] == "closed"


async def test_the_id_of_a_mail_which_may_hold_its_senders_address_becomes_a_hash(
    intake_pool: Pool, mail_intake: MailIntake, policy: Policy, kept: timedelta
) -> None:
    mail = f"From: <{REPORTER['email']}>\nMessage-ID: <1.{REPORTER['email']}>\nSubject: light\n\n路灯坏了半个月。\n"
    await mail_intake.take_in(Origin("supervision"), [mail.encode()])
    complaint_id = str(await intake_pool.fetchval("SELECT complaint_id FROM complaints"))
    await close(intake_pool, complaint_id, kept + LATE)
    assert await Retention(intake_pool, lambda: policy).anonymize() == 1
    external_id = await intake_pool.fetchval("SELECT external_id FROM complaints")
    assert external_id.startswith("sha256:")
    assert REPORTER["email"] not in external_id


async def test_what_was_done_cannot_be_undone_in_the_books(
    intake: httpx.AsyncClient, intake_pool: Pool, policy: Policy, kept: timedelta
) -> None:
    await close(intake_pool, (await submit(intake, "A-1"))["complaint_id"], kept + LATE)
    await Retention(intake_pool, lambda: policy).anonymize()
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await intake_pool.execute("DELETE FROM anonymized")


async def command(urls: dict[str, str], *arguments: str, files: Path | None = None) -> str:
    environment = {"DATABASE_URL": urls["intake"], "HOTLINE_POLICY_DIR": str(POLICY), "PATH": "/usr/bin:/bin"}
    environment |= {"HOTLINE_ATTACHMENTS": str(files)} if files else {}
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable),
        "-m",
        "services.intake",
        "anonymize",
        *arguments,
        cwd=PROJECT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    return told.decode()


async def test_the_command_counts_first_and_then_does_it(
    intake: httpx.AsyncClient, intake_pool: Pool, service_urls: dict[str, str], kept: timedelta
) -> None:
    complaint_id = (await submit(intake, "A-1"))["complaint_id"]
    await close(intake_pool, complaint_id, kept + LATE)
    assert "1 complaints ended more than 1095 days ago, the first ended on" in await command(service_urls, "--dry-run")
    assert await in_vault(intake_pool) == {complaint_id}
    assert "1 complaints anonymized" in await command(service_urls)
    assert await in_vault(intake_pool) == set()
    assert "0 complaints ended more than 1095 days ago; nothing" in await command(service_urls, "--dry-run")


def lying(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_the_command_removes_the_files_too_and_says_how_many(
    intake: httpx.AsyncClient, intake_pool: Pool, service_urls: dict[str, str], kept: timedelta, tmp_path: Path
) -> None:
    attachments = Attachments(intake_pool, AttachmentFiles.at(str(tmp_path)))
    complaint_id = (await submit(intake, "A-1"))["complaint_id"]
    await attachments.add(UUID(complaint_id), [await attachments.examine(PDF)])
    [file] = lying(tmp_path)
    os.utime(file, (0, 0))
    assert "0 files removed" in await command(service_urls, files=tmp_path)
    await close(intake_pool, complaint_id, kept + LATE)
    assert "1 files removed" in await command(service_urls, files=tmp_path)
    assert lying(tmp_path) == []
    assert "0 files removed" in await command(service_urls)


async def test_the_service_does_it_every_night(
    intake: httpx.AsyncClient, intake_pool: Pool, policy: Policy, kept: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_module, "until_night", lambda _now: timedelta(milliseconds=1))
    running = asyncio.create_task(Retention(intake_pool, lambda: policy).run())
    for night in range(2):
        await close(intake_pool, (await submit(intake, f"A-{night}"))["complaint_id"], kept + LATE)
        async with asyncio.timeout(30):
            while await in_vault(intake_pool):  # noqa: ASYNC110  # only the database knows
                await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    assert await intake_pool.fetchval("SELECT count(*) FROM anonymized") == 2
