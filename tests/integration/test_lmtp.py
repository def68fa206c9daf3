"""Mail by LMTP: answered only after the commit and when it is kept, and brought again while we can do neither."""

import asyncio
import json
import smtplib
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from deploy.local.ports import LOOPBACK, free_ports
from services.intake.county import County
from services.intake.mail.lmtp import LmtpServer
from services.intake.mail.mail_intake import MailIntake, Origin, Verdict
from services.intake.mail.mailboxes import DeliveredMailbox
from shared.language import Channel, Kind
from shared.postgres import Pool
from tests.hostile_mails import HOSTILE

LONG = "路灯坏了。" * 2000


def mail(message_id: str, text: str = "小区的路灯坏了半个月。", subject: str = "light") -> bytes:
    return (
        f"From: someone <a@mail.example>\r\nMessage-ID: <{message_id}>\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode()
    )


async def deliver(port: int, raw: bytes, recipients: tuple[str, ...] = ("office@county.example",)) -> None:
    def send() -> None:
        with smtplib.LMTP(LOOPBACK, port, timeout=30) as client:
            client.sendmail("a@mail.example", recipients, raw)

    await asyncio.to_thread(send)


LINE = DeliveredMailbox(
    name="water-line",
    address="shuili@county.example",
    channel=Channel.DEPARTMENT_LINE,
    kind=Kind.COMPLAINT,
    department="water-supply",
)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
async def port(mail_intake: MailIntake, spool: Path) -> AsyncIterator[int]:
    [port] = free_ports(1)
    running = asyncio.create_task(LmtpServer(port, mail_intake, spool, [LINE]).run())
    while not await listens(port):
        assert not running.done()
        await asyncio.sleep(0.01)
    yield port
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True


async def tickets(pool: Pool) -> list[str]:
    return [row["text"] for row in await pool.fetch("SELECT text FROM complaints WHERE channel = 'mailbox'")]


def kept(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.glob("*.eml")]


async def test_a_mail_has_its_ticket_when_it_is_answered_and_brought_again_it_has_the_same(
    port: int, intake_pool: Pool, spool: Path
) -> None:
    raw = mail("one@mail.example").replace(b"\n", b"\r\n").replace(b"\r\r", b"\r")
    for _ in range(2):
        await deliver(port, raw)
        assert len(await tickets(intake_pool)) == 1
        assert kept(spool / "done") == [raw]


async def test_a_long_line_is_no_reason_to_turn_a_citizen_away(port: int, intake_pool: Pool) -> None:
    await deliver(port, mail("long@mail.example", LONG))
    [text] = await tickets(intake_pool)
    assert LONG in text


async def test_what_becomes_no_ticket_is_taken_and_kept_with_its_reason(
    port: int, intake_pool: Pool, spool: Path
) -> None:
    await deliver(port, mail("empty@mail.example", "", ""))
    assert await tickets(intake_pool) == []
    assert await intake_pool.fetchval("SELECT count(*) FROM refusals WHERE mailbox = 'lmtp'") == 1
    [reason] = (spool / "refused").glob("*.reason.txt")
    assert reason.read_text(encoding="utf-8").startswith("empty: ")
    assert b"empty@mail.example" in kept(spool / "refused")[0]


async def test_a_mail_that_finds_a_fault_of_ours_is_kept_for_a_person(
    port: int, mail_intake: MailIntake, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> County:
        raise LookupError

    monkeypatch.setattr(mail_intake, "county", fails)
    await deliver(port, mail("fails@mail.example"))
    [reason] = (spool / "refused").glob("*.reason.txt")
    assert "请人工处理" in reason.read_text(encoding="utf-8")
    assert len(kept(spool / "refused")) == 1


async def test_a_mail_that_cannot_be_kept_is_brought_again_and_has_its_one_ticket(
    port: int, intake_pool: Pool, spool: Path
) -> None:
    in_the_way = spool / "done"
    in_the_way.parent.mkdir()
    in_the_way.touch()
    with pytest.raises(smtplib.SMTPDataError) as answer:
        await deliver(port, mail("full@mail.example"))
    assert answer.value.smtp_code == 451
    in_the_way.unlink()
    await deliver(port, mail("full@mail.example"))
    assert len(await tickets(intake_pool)) == len(kept(spool / "done")) == 1


async def test_a_fault_that_nobody_foresaw_loses_no_mail_and_says_nothing_of_it(
    port: int, mail_intake: MailIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_origin: Origin, mails: list[bytes]) -> list[Verdict]:
        raise ValueError(mails)

    monkeypatch.setattr(mail_intake, "take_in", fails)
    with pytest.raises(smtplib.SMTPDataError) as answer:
        await deliver(port, mail("fails@mail.example"))
    assert answer.value.smtp_code == 451
    assert b"mail.example" not in answer.value.smtp_error


async def test_a_file_of_25_megabytes_is_taken_as_from_a_mailbox(port: int, intake_pool: Pool) -> None:
    await deliver(port, HOSTILE["attachment-of-25-mb"].raw)
    assert len(await tickets(intake_pool)) == 1


@pytest.mark.parametrize(
    ("recipient", "channel", "kind", "department"),
    [
        ("ShuiLi@county.example", "department_line", "complaint", "water-supply"),
        ("office@county.example", "mailbox", "report", None),
    ],
)
async def test_the_recipient_says_whose_mailbox_it_is(
    port: int, intake_pool: Pool, recipient: str, channel: str, kind: str, department: str | None
) -> None:
    await deliver(port, mail("to@mail.example"), (recipient,))
    [row] = await intake_pool.fetch("SELECT channel, external_id, kind FROM complaints")
    event = json.loads(await intake_pool.fetchval("SELECT body FROM outbox"))
    assert (row["channel"], row["kind"], event.get("received_by")) == (channel, kind, department)
    mark = "mail/" if department else ""
    assert row["external_id"] == f"{mark}<to@mail.example>"


async def test_while_it_cannot_be_committed_the_mail_system_is_told_to_keep_it(
    port: int, mail_intake: MailIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_origin: Origin, mails: list[bytes]) -> list[Verdict]:
        return [None for _ in mails]

    monkeypatch.setattr(mail_intake, "take_in", away)
    with pytest.raises(smtplib.SMTPDataError) as answer:
        await deliver(port, mail("later@mail.example"))
    assert answer.value.smtp_code == 451


async def test_a_second_recipient_is_put_off_so_that_each_delivery_has_its_own_answer(
    port: int, intake_pool: Pool
) -> None:
    await deliver(port, mail("two@mail.example"), ("office@county.example", "other@county.example"))
    assert len(await tickets(intake_pool)) == 1


async def test_a_mail_to_the_supervision_office_and_a_department_is_a_ticket_and_its_repeat(
    port: int, intake_pool: Pool
) -> None:
    for recipient in ("office@county.example", LINE.address):
        await deliver(port, mail("both@mail.example"), (recipient,))
    assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 2
    assert await intake_pool.fetchval("SELECT count(*) FROM repeats") == 1
