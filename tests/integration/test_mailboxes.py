"""Mailboxes on a real Dovecot: each mail ends in the folder of its fate and counts once, whatever happens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from imap_tools import BaseMailBox
from imap_tools.errors import MailboxMoveError
from imap_tools.idle import IdleManager
from prometheus_client import REGISTRY
from typer.testing import CliRunner

from deploy.local.feed import SAMPLE
from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.postgres import ExternalPostgres, LocalPostgres
from services.intake import store
from services.intake.__main__ import app
from services.intake.mail import imap
from services.intake.mail.imap import MailboxReader
from services.intake.mail.imap_connection import CommandRefused, ImapConnection
from services.intake.mail.mail_intake import MailIntake
from services.intake.mail.mailboxes import Mailbox
from services.intake.store import RefusedMail
from shared.postgres import Pool, create_pool
from tests.examples import NOW
from tests.hostile_mails import HOSTILE
from tests.integration.dovecot import PASSWORD, Dovecot

DONE, REFUSED = "已登记", "未登记"


@pytest.fixture
def user() -> str:
    """A mailbox that no other test uses."""
    return f"u{uuid4().hex[:12]}"


@pytest.fixture
def mailbox(dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    monkeypatch.setenv("MAILBOX_PASSWORD", PASSWORD)
    return mailbox_of(dovecot, user)


def mailbox_of(dovecot: Dovecot, user: str, **changes: Any) -> Mailbox:
    return Mailbox.model_validate(
        {
            "name": "supervision",
            "host": LOOPBACK,
            "port": dovecot.port,
            "tls": "none",
            "user": user,
            "password_env": "MAILBOX_PASSWORD",
        }
        | changes
    )


def mail(message_id: str, text: str = "小区的路灯坏了半个月。", *headers: str) -> bytes:
    more = "".join(f"{header}\n" for header in headers)
    return f"From: someone <a@mail.example>\nMessage-ID: <{message_id}>\nSubject: light\n{more}\n{text}\n".encode()


@asynccontextmanager
async def read(mail_intake: MailIntake, *mailboxes: Mailbox) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(MailboxReader(mailbox, mail_intake).run()) for mailbox in mailboxes]
    yield
    assert not any(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch) -> list[ImapConnection]:
    """Grows when a reader is about to log in, which then takes a moment."""
    begun: list[ImapConnection] = []
    enter = ImapConnection.enter

    def slowly(self: ImapConnection) -> None:
        begun.append(self)
        time.sleep(0.3)
        enter(self)

    monkeypatch.setattr(ImapConnection, "enter", slowly)
    return begun


async def test_a_connection_that_opens_when_nobody_waits_any_more_is_closed(
    mail_intake: MailIntake, mailbox: Mailbox, entered: list[ImapConnection]
) -> None:
    async with asyncio.timeout(60), read(mail_intake, mailbox):
        while not entered:  # noqa: ASYNC110  # a thread
            await asyncio.sleep(0.01)
    client = entered[0]._box.client  # noqa: SLF001  # nothing else tells
    async with asyncio.timeout(60):
        while client.sock.fileno() != -1:  # noqa: ASYNC110  # the same thread
            await asyncio.sleep(0.01)


async def holds(dovecot: Dovecot, user: str, folder: str, count: int) -> None:
    """Return when the folder holds this many mails."""
    async with asyncio.timeout(120):
        while await asyncio.to_thread(dovecot.count, user, folder) != count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.fixture
def idles(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """Grows whenever a reader has begun to wait; from now on only the server's word ends the waiting."""
    begun: list[float | None] = []
    poll = IdleManager.poll

    def poll_and_tell(self: IdleManager, timeout: float | None) -> list[bytes]:
        begun.append(timeout)
        return poll(self, timeout)

    monkeypatch.setattr(IdleManager, "poll", poll_and_tell)
    monkeypatch.setattr(imap, "_LOOK_EVERY_SECONDS", 1500.0)
    return begun


async def waits(idles: Sequence[float | None], times: int) -> None:
    async with asyncio.timeout(60):
        while len(idles) < times:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def tickets(pool: Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM complaints WHERE channel = 'mailbox'")
    return count


async def refusals(pool: Pool) -> Sequence[asyncpg.Record]:
    return await pool.fetch("SELECT mailbox, code, reason FROM refusals ORDER BY code")


def up(name: str) -> float | None:
    return REGISTRY.get_sample_value("hotline_mailbox_up", {"mailbox": name})


async def is_up(name: str, value: float) -> None:
    async with asyncio.timeout(60):
        while up(name) != value:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_mail_becomes_a_ticket_and_is_moved_when_it_has_one(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool
) -> None:
    dovecot.deliver(mailbox.user, mail("one@test"))
    async with read(mail_intake, mailbox):
        await holds(dovecot, mailbox.user, DONE, 1)
    assert (await tickets(intake_pool), dovecot.count(mailbox.user, "INBOX")) == (1, 0)
    assert await intake_pool.fetchval("SELECT count(*) FROM outbox WHERE topic = 'complaints.received'") == 1
    # Nobody has read it: that is for a person to do.
    with dovecot.open(mailbox.user) as box:
        assert box.folder.status(DONE)["UNSEEN"] == 1


async def test_mail_is_taken_in_as_it_arrives_because_the_server_says_so(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool, idles: list[float | None]
) -> None:
    async with read(mail_intake, mailbox):
        await waits(idles, 1)
        for number in (1, 2):
            before = len(idles)
            dovecot.deliver(mailbox.user, mail(f"{number}@test"))
            await holds(dovecot, mailbox.user, DONE, number)
            await waits(idles, before + 1)
    assert await tickets(intake_pool) == 2


@pytest.mark.parametrize("cut", [Dovecot.kill, Dovecot.stop])
async def test_a_link_that_is_cut_is_made_anew(
    cut: Callable[[Dovecot], None],
    dovecot: Dovecot,
    mailbox: Mailbox,
    mail_intake: MailIntake,
    intake_pool: Pool,
    idles: list[float | None],
) -> None:
    async with read(mail_intake, mailbox):
        await waits(idles, 1)
        assert up("supervision") == 1
        await asyncio.to_thread(cut, dovecot)
        await is_up("supervision", 0)
        await asyncio.to_thread(dovecot.start)
        dovecot.deliver(mailbox.user, mail("after@test"))
        await holds(dovecot, mailbox.user, DONE, 1)
        await is_up("supervision", 1)
    assert await tickets(intake_pool) == 1
    assert up("supervision") == 0


async def test_a_crash_between_commit_and_move_does_not_count_a_mail_twice(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.deliver(mailbox.user, mail("one@test"), mail("bulk@test", "x", "Precedence: bulk"))
    with monkeypatch.context() as crash:
        crash.setattr(ImapConnection, "put_away", _crash)
        with pytest.raises(SystemExit):
            await MailboxReader(mailbox, mail_intake).run()
    assert (await tickets(intake_pool), len(await refusals(intake_pool))) == (1, 1)
    assert dovecot.count(mailbox.user, "INBOX") == 2
    async with read(mail_intake, mailbox):
        await holds(dovecot, mailbox.user, "INBOX", 0)
    assert (await tickets(intake_pool), len(await refusals(intake_pool))) == (1, 1)
    assert (dovecot.count(mailbox.user, DONE), dovecot.count(mailbox.user, REFUSED)) == (1, 1)
    assert await intake_pool.fetchval("SELECT count(*) FROM outbox") == 1


def _crash(_self: ImapConnection, _uids: Sequence[str], *, refused: bool) -> None:
    raise SystemExit(f"the process ends here, {refused=}")


async def test_a_refused_mail_is_put_apart_with_its_reason_where_a_person_sees_it(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool
) -> None:
    dovecot.deliver(
        mailbox.user, mail("a@test", "x", "Auto-Submitted: auto-replied"), mail("b@test", "x", "List-Id: <n>")
    )
    async with read(mail_intake, mailbox):
        await holds(dovecot, mailbox.user, REFUSED, 2)
    assert await tickets(intake_pool) == 0
    assert dovecot.keywords(mailbox.user, REFUSED) == ["hotline-automatic", "hotline-bulk"]
    automatic, bulk = await refusals(intake_pool)
    assert (automatic["code"], bulk["code"]) == ("automatic", "bulk")
    assert automatic["mailbox"] == "supervision"
    assert "自动" in automatic["reason"]


async def test_a_server_that_keeps_no_keywords_puts_the_mail_apart_all_the_same(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImapConnection, "mark", _no_keywords)
    dovecot.deliver(mailbox.user, mail("bulk@test", "x", "Precedence: bulk"))
    async with read(mail_intake, mailbox):
        await holds(dovecot, mailbox.user, REFUSED, 1)
    assert [row["code"] for row in await refusals(intake_pool)] == ["bulk"]


def _no_keywords(_self: ImapConnection, _uid: str, _keyword: str) -> None:
    raise CommandRefused("NO")


async def test_another_mail_with_a_known_id_is_not_lost_but_put_before_a_person(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool
) -> None:
    dovecot.deliver(mailbox.user, mail("same@test"))
    async with read(mail_intake, mailbox):
        await holds(dovecot, mailbox.user, DONE, 1)
        dovecot.deliver(mailbox.user, mail("same@test", "其实是自来水停了三天。"), mail("same@test"))
        await holds(dovecot, mailbox.user, "INBOX", 0)
    assert (dovecot.count(mailbox.user, DONE), dovecot.count(mailbox.user, REFUSED)) == (2, 1)
    assert [row["code"] for row in await refusals(intake_pool)] == ["another_content"]
    assert await tickets(intake_pool) == 1


async def test_a_departments_mailbox_says_who_received_the_complaint_first(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool
) -> None:
    other = mailbox_of(
        dovecot,
        f"{mailbox.user}-d",
        name="ecology",
        department="ecology-environment",
        kind="complaint",
        confidentiality="named",
    )
    dovecot.deliver(mailbox.user, mail("s@test"))
    dovecot.deliver(other.user, mail("d@test"))
    async with read(mail_intake, mailbox, other):
        await holds(dovecot, mailbox.user, DONE, 1)
        await holds(dovecot, other.user, DONE, 1)
    rows = await intake_pool.fetch(
        "SELECT external_id, kind, confidentiality, received_by FROM complaints ORDER BY external_id"
    )
    assert [tuple(row) for row in rows] == [
        ("<d@test>", "complaint", "named", "ecology-environment"),
        ("<s@test>", "report", "confidential", None),
    ]
    events = [json.loads(row["body"]) for row in await intake_pool.fetch("SELECT body FROM outbox")]
    assert {event.get("received_by") for event in events} == {None, "ecology-environment"}


async def test_a_mailbox_that_cannot_be_opened_does_not_stop_another(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG_PASSWORD", "wrong")
    locked = mailbox_of(dovecot, f"{mailbox.user}-w", name="locked", password_env="WRONG_PASSWORD")
    nowhere = mailbox_of(dovecot, f"{mailbox.user}-n", name="nowhere", port=free_ports(1)[0])
    dovecot.deliver(mailbox.user, mail("one@test"))
    async with read(mail_intake, locked, nowhere, mailbox):
        await holds(dovecot, mailbox.user, DONE, 1)
        assert (up("locked"), up("nowhere"), up("supervision")) == (0, 0, 1)


async def test_folders_may_have_chinese_names(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool
) -> None:
    chinese = mailbox_of(
        dovecot, mailbox.user, folder="群众 & 来信", done_folder="办理.已登记", refused_folder="退回“件”"
    )
    with dovecot.open(mailbox.user) as box:
        box.folder.create("群众 & 来信")
        box.append(mail("one@test"), "群众 & 来信")
        box.append(mail("two@test", "x", "Precedence: bulk"), "群众 & 来信")
    async with read(mail_intake, chinese):
        await holds(dovecot, mailbox.user, "办理.已登记", 1)
        await holds(dovecot, mailbox.user, "退回“件”", 1)
    assert await tickets(intake_pool) == 1


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_a_mailbox_is_read_over_tls_from_a_server_that_is_trusted(
    tls: str, dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake
) -> None:
    port = dovecot.tls_port if tls == "implicit" else dovecot.port
    safe = mailbox_of(dovecot, mailbox.user, host="localhost", port=port, tls=tls, ca_file=str(dovecot.certificate))
    strange = mailbox_of(dovecot, f"{mailbox.user}-s", name="strange", host="localhost", port=port, tls=tls)
    for each in (safe, strange):
        dovecot.deliver(each.user, mail(f"{each.name}-{tls}@test"))
    async with read(mail_intake, safe, strange):
        await holds(dovecot, safe.user, DONE, 1)
        assert up("strange") == 0
    assert dovecot.count(strange.user, "INBOX") == 1


async def test_every_sample_mail_ends_where_its_list_says(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool
) -> None:
    expected = json.loads((SAMPLE / "mail" / "expected.json").read_text(encoding="utf-8"))
    for name in expected:
        dovecot.deliver(mailbox.user, (SAMPLE / "mail" / name).read_bytes())
    async with read(mail_intake, mailbox):
        await holds(dovecot, mailbox.user, "INBOX", 0)
    with_ticket = sum(one["ticket"] for one in expected.values())
    assert await tickets(intake_pool) == with_ticket
    # One of them is another again, and is done with it.
    assert dovecot.count(mailbox.user, DONE) == with_ticket + 1
    assert dovecot.count(mailbox.user, REFUSED) == len(expected) - with_ticket - 1 == len(await refusals(intake_pool))


async def test_hostile_mails_each_have_a_ticket_or_a_stated_refusal_and_none_stops_the_mailbox(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool
) -> None:
    assert len(HOSTILE) >= 40
    async with read(mail_intake, mailbox):
        dovecot.deliver(mailbox.user, *(hostile.raw for hostile in HOSTILE.values()), mail("good@test"))
        await holds(dovecot, mailbox.user, "INBOX", 0)
    # IMAP cannot carry NUL: Dovecot sends another byte for it, and a person must look at what that means.
    becomes = ["ticket" if name == "nul" else hostile.becomes for name, hostile in HOSTILE.items()]
    assert [row["code"] for row in await refusals(intake_pool)] == sorted(code for code in becomes if code != "ticket")
    assert await tickets(intake_pool) == becomes.count("ticket") + 1
    assert dovecot.count(mailbox.user, DONE) == becomes.count("ticket") + 1
    assert dovecot.count(mailbox.user, REFUSED) == len(becomes) - becomes.count("ticket")
    good = "SELECT count(*) FROM complaints WHERE external_id = '<good@test>'"
    assert await intake_pool.fetchval(good) == 1


async def test_a_folder_that_takes_no_more_keeps_the_mails_waiting_but_not_their_tickets(
    dovecot: Dovecot, mailbox: Mailbox, mail_intake: MailIntake, intake_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.deliver(mailbox.user, *(mail(f"{number}@test") for number in range(3)))
    with monkeypatch.context() as full:
        full.setattr(BaseMailBox, "move", _full)
        async with read(mail_intake, mailbox):
            async with asyncio.timeout(60):
                while await tickets(intake_pool) < 3:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            assert up("supervision") == 1
    async with read(mail_intake, mailbox):
        await holds(dovecot, mailbox.user, DONE, 3)
    assert await tickets(intake_pool) == 3


def _full(_self: BaseMailBox, uids: Sequence[str], _folder: str, _chunks: int | None = None, **_: object) -> None:
    if uids:
        raise MailboxMoveError(("NO", [b"[OVERQUOTA] Quota exceeded"]), "OK")


async def test_mail_stays_in_the_mailbox_while_the_database_is_away(
    dovecot: Dovecot,
    mailbox: Mailbox,
    mail_intake: MailIntake,
    intake_pool: Pool,
    postgres: LocalPostgres | ExternalPostgres,
) -> None:
    superuser = await asyncpg.connect(postgres.url)
    before = put_off()
    try:
        await superuser.execute("ALTER ROLE intake_service CONNECTION LIMIT 0")
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'intake_service'"
        )
        dovecot.deliver(mailbox.user, mail("one@test"), mail("bulk@test", "x", "Precedence: bulk"))
        async with read(mail_intake, mailbox):
            async with asyncio.timeout(60):
                while put_off() < before + 4:  # noqa: ASYNC110  # both have been brought twice
                    await asyncio.sleep(0.02)
            assert dovecot.count(mailbox.user, "INBOX") == 2
            await superuser.execute("ALTER ROLE intake_service CONNECTION LIMIT -1")
            await holds(dovecot, mailbox.user, "INBOX", 0)
    finally:
        await superuser.execute("ALTER ROLE intake_service CONNECTION LIMIT -1")
        await superuser.close()
    assert (await tickets(intake_pool), len(await refusals(intake_pool))) == (1, 1)


def put_off() -> float:
    return REGISTRY.get_sample_value("hotline_mails_put_off_total", {"mailbox": "supervision"}) or 0.0


def test_the_command_line_shows_refusals_with_their_reasons(
    service_urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", service_urls["intake"])
    asyncio.run(_one_refusal(service_urls["intake"]))
    shown = CliRunner().invoke(app, ["refusals", "--limit", "1"])
    assert shown.exit_code == 0
    [line] = shown.stdout.splitlines()
    when, *what = line.split("\t")
    assert when == "2026-11-24 09:30:00+08:00"
    assert what == ["supervision", "bulk", (b"h" * 8).hex(), "群发邮件。 A bulk mail."]


async def _one_refusal(url: str) -> None:
    async with await create_pool(url, application_name="test") as pool:
        await pool.execute("TRUNCATE refusals")
        await store.insert_refusals(
            pool, "supervision", [RefusedMail(b"h" * 32, "bulk", "群发邮件。 A bulk mail.")], NOW
        )
