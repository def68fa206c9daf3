"""On a real Dovecot: mails go when what they say is no longer kept, and nothing goes that was not taken in."""

import asyncio
import imaplib
import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from deploy.local.hotline import POLICY, PROJECT
from services.intake.channels.mailbox import external_id
from services.intake.identity.retention import Retention
from services.intake.mail.imap_connection import ImapConnection
from services.intake.mail.mail_intake import MailIntake
from services.intake.mail.mail_retention import MailRetention
from services.intake.mail.mailboxes import Mailbox
from services.intake.mail.spool import MailSpool
from shared.events import CaseClosed
from shared.language import CaseStatus
from shared.policy import Policy
from shared.postgres import Pool
from tests.integration.dovecot import PASSWORD, Dovecot
from tests.integration.reporters import event, follow, opened
from tests.integration.test_mailboxes import DONE, REFUSED, holds, mail, mailbox_of, read

LONG_AGO = timedelta(days=1)


@pytest.fixture
def kept(policy: Policy) -> timedelta:
    return policy.retention


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> str:
    """A mailbox that no other test uses."""
    monkeypatch.setenv("MAILBOX_PASSWORD", PASSWORD)
    return f"u{uuid4().hex[:12]}"


@pytest.fixture
def mailbox(dovecot: Dovecot, user: str) -> Mailbox:
    return mailbox_of(dovecot, user)


def bulk(message_id: str) -> bytes:
    """A mail that no person wrote, which is refused."""
    return mail(message_id, "大减价。", "Precedence: bulk")


async def taken_in(
    dovecot: Dovecot,
    mail_intake: MailIntake,
    mailbox: Mailbox,
    age: timedelta,
    mails: Sequence[bytes],
    refused: int = 0,
) -> None:
    """Deliver mails that came `age` ago, and return when they lie where they belong."""
    dovecot.deliver(mailbox.user, *mails, age=age)
    async with read(mail_intake, mailbox):
        await holds(dovecot, mailbox.user, DONE, len(mails) - refused)
        await holds(dovecot, mailbox.user, REFUSED, refused)


async def end(pool: Pool, policy: Policy, message_id: str) -> None:
    """Let the complaint of this mail have ended so long ago that its reporter is forgotten."""
    complaint_id = str(
        await pool.fetchval("SELECT complaint_id FROM complaints WHERE external_id LIKE $1", f"%{message_id}%")
    )
    ended_at = await pool.fetchval("SELECT now() - $1::interval", policy.retention + LONG_AGO)
    closed = event(CaseClosed, complaint_id, 2, CaseStatus.CLOSED, at=ended_at)
    await follow(pool, opened(complaint_id), closed)
    assert await Retention(pool, lambda: policy).anonymize() == 1


def subjects(dovecot: Dovecot, user: str, folder: str) -> list[str]:
    """The Message-IDs of a folder's mails."""
    with dovecot.open(user) as box:
        box.folder.set(folder, readonly=True)
        return sorted(one.headers["message-id"][0].strip("<>") for one in box.fetch(mark_seen=False))


async def test_the_mail_of_an_ended_complaint_goes_and_those_beside_it_stay(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool, policy: Policy, kept: timedelta
) -> None:
    old = kept + LONG_AGO * 3
    await taken_in(dovecot, mail_intake, mailbox, old, [mail("ended@test"), mail("goes-on@test")])
    await end(intake_pool, policy, "ended@test")
    with dovecot.open(mailbox.user) as box:
        # What a person put there, and what a person marked, is not ours to remove.
        box.append(mail("by-hand@test"), DONE, dt=None)
        box.folder.set(DONE)
        box.client.uid("STORE", ",".join(box.uids()), "+FLAGS", r"(\Deleted)")
    # Not taken in yet, however old it is.
    dovecot.deliver(mailbox.user, mail("waits@test"), age=old)
    retention = MailRetention(intake_pool, lambda: kept, [mailbox], None)
    assert await retention.expire() == 1
    assert subjects(dovecot, mailbox.user, DONE) == ["by-hand@test", "goes-on@test"]
    assert subjects(dovecot, mailbox.user, "INBOX") == ["waits@test"]
    assert await retention.expire() == 0


async def test_a_refused_mail_goes_when_its_refusal_was_stated_long_ago(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool, kept: timedelta
) -> None:
    mails = [bulk("old@test"), bulk("young@test"), bulk("unknown@test")]
    await taken_in(dovecot, mail_intake, mailbox, kept + LONG_AGO * 3, mails, refused=3)
    retention = MailRetention(intake_pool, lambda: kept, [mailbox], None)
    assert await retention.expire() == 0
    old, _, unknown = (sha256(external_id(each).encode()).digest() for each in mails)
    await intake_pool.execute(
        "UPDATE refusals SET refused_at = refused_at - $1::interval WHERE mail_hash = ANY($2::bytea[])",
        kept + LONG_AGO,
        [old, unknown],
    )
    await intake_pool.execute("DELETE FROM refusals WHERE mail_hash = $1", unknown)
    assert await retention.expire() == 1
    assert subjects(dovecot, mailbox.user, REFUSED) == ["unknown@test", "young@test"]


async def test_a_new_complaint_under_the_id_of_an_ended_one_keeps_both_mails(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool, policy: Policy, kept: timedelta
) -> None:
    old = kept + LONG_AGO * 3
    await taken_in(dovecot, mail_intake, mailbox, old, [mail("same@test")])
    await end(intake_pool, policy, "same@test")
    dovecot.deliver(mailbox.user, mail("same@test", "又坏了。"), age=old)
    async with read(mail_intake, mailbox):
        await holds(dovecot, mailbox.user, DONE, 2)
    assert await MailRetention(intake_pool, lambda: kept, [mailbox], None).expire() == 0


async def test_where_the_mailbox_names_a_folder_mails_are_moved_there(
    dovecot: Dovecot, user: str, mail_intake: MailIntake, intake_pool: Pool, policy: Policy, kept: timedelta
) -> None:
    mailbox = mailbox_of(dovecot, user, expired_folder="已到期")
    await taken_in(dovecot, mail_intake, mailbox, kept + LONG_AGO * 3, [mail("ended@test")])
    await end(intake_pool, policy, "ended@test")
    assert await MailRetention(intake_pool, lambda: kept, [mailbox], None).expire() == 1
    assert (dovecot.count(user, DONE), dovecot.count(user, "已到期")) == (0, 1)


async def test_a_server_that_cannot_remove_single_mails_keeps_all_of_them(
    dovecot: Dovecot,
    mailbox: Mailbox,
    mail_intake: MailIntake,
    intake_pool: Pool,
    policy: Policy,
    kept: timedelta,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await taken_in(dovecot, mail_intake, mailbox, kept + LONG_AGO * 3, [mail("ended@test")])
    await end(intake_pool, policy, "ended@test")
    enter = ImapConnection.enter

    def without_uidplus(self: ImapConnection) -> None:
        enter(self)
        client: imaplib.IMAP4 = self._box.client
        client.capabilities = tuple(each for each in client.capabilities if each != "UIDPLUS")

    monkeypatch.setattr(ImapConnection, "enter", without_uidplus)
    assert await MailRetention(intake_pool, lambda: kept, [mailbox], None).expire() == 0
    assert dovecot.count(mailbox.user, DONE) == 1


async def test_a_mailbox_that_is_away_keeps_no_other_from_its_turn(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool, policy: Policy, kept: timedelta
) -> None:
    await taken_in(dovecot, mail_intake, mailbox, kept + LONG_AGO * 3, [mail("ended@test")])
    await end(intake_pool, policy, "ended@test")
    away = mailbox.model_copy(update={"port": 1, "name": "away"})
    assert await MailRetention(intake_pool, lambda: kept, [away, mailbox], None).expire() == 1


async def test_the_folder_that_mail_is_delivered_into_is_emptied_in_the_same_way(
    mail_intake: MailIntake, intake_pool: Pool, policy: Policy, kept: timedelta, tmp_path: Path
) -> None:
    mails = {"ended": mail("ended@test"), "goes-on": mail("goes-on@test"), "bulk": bulk("bulk@test")}
    for name, raw in mails.items():
        (tmp_path / f"{name}.eml").write_bytes(raw)
    reading = asyncio.create_task(MailSpool(tmp_path, mail_intake).run())
    async with asyncio.timeout(60):
        while list(tmp_path.glob("*.eml")):  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.05)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    (tmp_path / "waits.eml").write_bytes(mails["ended"])
    await end(intake_pool, policy, "ended@test")
    await intake_pool.execute("UPDATE refusals SET refused_at = refused_at - $1::interval", kept + LONG_AGO)
    retention = MailRetention(intake_pool, lambda: kept, [], tmp_path)
    assert await retention.expire() == 0, "as long as the files themselves are young"
    for file in tmp_path.rglob("*.eml"):  # noqa: ASYNC240
        came = file.stat().st_mtime - (kept + LONG_AGO * 3).total_seconds()
        os.utime(file, (came, came))
    assert await retention.expire() == 2
    left = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.*"))  # noqa: ASYNC240
    assert left == ["done/goes-on.eml", "waits.eml"]


async def test_the_command_removes_mails_too(
    dovecot: Dovecot,
    mailbox: Mailbox,
    mail_intake: MailIntake,
    intake_pool: Pool,
    policy: Policy,
    kept: timedelta,
    service_urls: dict[str, str],
    tmp_path: Path,
) -> None:
    await taken_in(dovecot, mail_intake, mailbox, kept + LONG_AGO * 3, [mail("ended@test")])
    await end(intake_pool, policy, "ended@test")
    listed = tmp_path / "mailboxes.yaml"
    listed.write_text(yaml.safe_dump({"mailboxes": [mailbox.model_dump(mode="json", exclude_defaults=True)]}))
    environment = {
        "DATABASE_URL": service_urls["intake"],
        "HOTLINE_POLICY_DIR": str(POLICY),
        "HOTLINE_MAILBOXES": str(listed),
        "MAILBOX_PASSWORD": PASSWORD,
        "PATH": "/usr/bin:/bin",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.intake",
        "anonymize",
        cwd=PROJECT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    assert "1 mails removed" in told.decode()
    assert dovecot.count(mailbox.user, DONE) == 0
