"""Mail in a folder: each file ends in done or refused, counts once whatever crashes, and none stops the others."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from prometheus_client import REGISTRY

from deploy.local.feed import SAMPLE, deliver_mail
from deploy.local.postgres import ExternalPostgres, LocalPostgres
from services.intake.mail.mail_intake import MailIntake
from services.intake.mail.spool import MailSpool
from shared.postgres import Pool
from tests.hostile_mails import HOSTILE

EXPECTED = json.loads((SAMPLE / "mail" / "expected.json").read_text(encoding="utf-8"))
# Its Message-ID is that of 21, whose ticket it gets.
AGAIN = "22-message-id-again.eml"


@pytest.fixture
def spool(mail_intake: MailIntake, tmp_path: Path) -> MailSpool:
    return MailSpool(tmp_path, mail_intake)


@asynccontextmanager
async def running(spool: MailSpool) -> AsyncIterator[None]:
    task = asyncio.create_task(spool.run())
    yield
    assert not task.done()
    task.cancel()


async def taken_in(folder: Path, *names: str) -> None:
    """Return when none of these files lies in the folder any more."""
    async with asyncio.timeout(60):
        while any((folder / name).exists() for name in names):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def mail(message_id: str, text: str = "小区的路灯坏了半个月。") -> bytes:
    return f"From: someone <a@mail.example>\nMessage-ID: <{message_id}>\nSubject: light\n\n{text}\n".encode()


def names(folder: Path, pattern: str = "*.eml") -> set[str]:
    return {file.name for file in folder.glob(pattern)}


def put_off() -> float:
    return REGISTRY.get_sample_value("hotline_mails_put_off_total", {"mailbox": "spool"}) or 0.0


async def tickets(pool: Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM complaints WHERE channel = 'mailbox'")
    return count


async def test_every_sample_mail_becomes_a_ticket_or_a_refusal_with_its_reason(
    spool: MailSpool, tmp_path: Path, intake_pool: Pool
) -> None:
    deliver_mail(tmp_path)
    async with running(spool):
        await taken_in(tmp_path, *EXPECTED)
    ticket = {name for name, expected in EXPECTED.items() if expected["ticket"]}
    refused = EXPECTED.keys() - ticket - {AGAIN}
    assert names(tmp_path / "done") == ticket | {AGAIN}
    assert names(tmp_path / "refused") == refused
    assert await tickets(intake_pool) == len(ticket)
    assert names(tmp_path / "refused", "*.reason.txt") == {name.replace(".eml", ".reason.txt") for name in refused}
    for reason in (tmp_path / "refused").glob("*.reason.txt"):
        code, _, sentence = reason.read_text(encoding="utf-8").partition(": ")
        assert code in {"automatic", "bulk", "bounce"}
        assert sentence.strip()


async def test_a_crash_between_commit_and_move_does_not_count_the_mail_twice(
    spool: MailSpool, tmp_path: Path, intake_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.eml").write_bytes(mail("one@test"))
    with monkeypatch.context() as crash:
        crash.setattr(Path, "rename", _crash)
        with pytest.raises(SystemError):
            await spool.run()
    assert (await tickets(intake_pool), names(tmp_path)) == (1, {"one.eml"})
    async with running(spool):
        await taken_in(tmp_path, "one.eml")
    assert (await tickets(intake_pool), names(tmp_path / "done")) == (1, {"one.eml"})
    assert await intake_pool.fetchval("SELECT count(*) FROM outbox") == 1


def _crash(_self: Path, _target: Path) -> Path:
    raise SystemError("the process ends here")


async def test_a_mail_without_message_id_counts_once_too(spool: MailSpool, tmp_path: Path, intake_pool: Pool) -> None:
    raw = mail("x").replace(b"Message-ID: <x>\n", b"")
    for name in ("one.eml", "same.eml"):
        (tmp_path / name).write_bytes(raw)
    (tmp_path / "other.eml").write_bytes(raw + b"more")
    async with running(spool):
        await taken_in(tmp_path, "one.eml", "same.eml", "other.eml")
    assert await tickets(intake_pool) == 2


async def test_a_file_that_is_still_being_written_is_left_alone(
    spool: MailSpool, tmp_path: Path, intake_pool: Pool
) -> None:
    (tmp_path / "half.eml.partial").write_bytes(mail("half@test")[:60])
    (tmp_path / "whole.eml").write_bytes(mail("whole@test"))
    async with running(spool):
        await taken_in(tmp_path, "whole.eml")
    assert (tmp_path / "half.eml.partial").exists()
    assert await tickets(intake_pool) == 1


async def test_hostile_bytes_never_stop_the_spool(spool: MailSpool, tmp_path: Path, intake_pool: Pool) -> None:
    for name, hostile in HOSTILE.items():
        (tmp_path / f"{name}.eml").write_bytes(hostile.raw)
    (tmp_path / "zz-good.eml").write_bytes(mail("good@test"))
    async with running(spool):
        await taken_in(tmp_path, "zz-good.eml", *(f"{name}.eml" for name in HOSTILE))
    with_ticket = {f"{name}.eml" for name, hostile in HOSTILE.items() if hostile.becomes == "ticket"}
    assert names(tmp_path / "done") == with_ticket | {"zz-good.eml"}
    refused = {name: hostile.becomes for name, hostile in HOSTILE.items() if hostile.becomes != "ticket"}
    assert names(tmp_path / "refused") == {f"{name}.eml" for name in refused}
    for name, code in refused.items():
        assert (tmp_path / "refused" / f"{name}.reason.txt").read_text(encoding="utf-8").startswith(f"{code}: ")
    good = "SELECT count(*) FROM complaints WHERE external_id = '<good@test>'"
    assert await intake_pool.fetchval(good) == 1


async def test_what_cannot_be_read_as_a_file_is_left_and_does_not_stop_the_spool(
    spool: MailSpool, tmp_path: Path
) -> None:
    (tmp_path / "a-folder.eml").mkdir()
    (tmp_path / "a-link-to-nothing.eml").symlink_to(tmp_path / "nothing")
    (tmp_path / "good.eml").write_bytes(mail("good@test"))
    async with running(spool):
        await taken_in(tmp_path, "good.eml")
    assert names(tmp_path / "done") == {"good.eml"}
    assert (tmp_path / "a-folder.eml").is_dir()


async def test_mail_stays_in_the_folder_while_the_database_is_away_and_is_taken_in_when_it_is_back(
    spool: MailSpool, tmp_path: Path, intake_pool: Pool, postgres: LocalPostgres | ExternalPostgres
) -> None:
    superuser = await asyncpg.connect(postgres.url)
    try:
        await superuser.execute("ALTER ROLE intake_service CONNECTION LIMIT 0")
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'intake_service'"
        )
        (tmp_path / "one.eml").write_bytes(mail("one@test"))
        (tmp_path / "bulk.eml").write_bytes(b"Precedence: bulk\n\ntext")
        before = put_off()
        async with running(spool):
            async with asyncio.timeout(60):
                while put_off() < before + 4:  # noqa: ASYNC110  # both have been tried twice
                    await asyncio.sleep(0.02)
            assert names(tmp_path) == {"one.eml", "bulk.eml"}
            await superuser.execute("ALTER ROLE intake_service CONNECTION LIMIT -1")
            await taken_in(tmp_path, "one.eml", "bulk.eml")
    finally:
        await superuser.execute("ALTER ROLE intake_service CONNECTION LIMIT -1")
        await superuser.close()
    assert (await tickets(intake_pool), names(tmp_path / "done")) == (1, {"one.eml"})
    assert names(tmp_path / "refused") == {"bulk.eml"}


async def test_no_mail_is_put_away_over_another_of_the_same_name(
    spool: MailSpool, tmp_path: Path, intake_pool: Pool
) -> None:
    async with running(spool):
        for number in range(3):
            (tmp_path / "mail.eml").write_bytes(mail(f"{number}@test"))
            await taken_in(tmp_path, "mail.eml")
    assert await tickets(intake_pool) == 3
    kept = {file.read_bytes() for file in (tmp_path / "done").glob("*.eml")}
    assert kept == {mail(f"{number}@test") for number in range(3)}


async def test_a_mail_that_somebody_else_moved_meanwhile_does_not_end_the_spool(
    spool: MailSpool, tmp_path: Path, intake_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone.eml").write_bytes(mail("gone@test"))
    rename, failures = Path.rename, iter([FileNotFoundError])

    def moved(self: Path, target: Path) -> Path:
        if failure := next(failures, None):
            raise failure
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", moved)
    async with running(spool):
        await taken_in(tmp_path, "gone.eml")
    assert await tickets(intake_pool) == 1
