"""Mail by LMTP: answered only after the commit, and kept by whoever delivers it while we cannot commit."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from deploy.local.ports import LOOPBACK, free_ports
from services.intake.mail.lmtp import LmtpServer
from services.intake.mail.mail_intake import MailIntake, Origin, Verdict
from shared.postgres import Pool

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


@pytest.fixture
async def port(mail_intake: MailIntake) -> AsyncIterator[int]:
    [port] = free_ports(1)
    running = asyncio.create_task(LmtpServer(port, mail_intake).run())
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


async def test_a_mail_has_its_ticket_when_it_is_answered_and_brought_again_it_has_the_same(
    port: int, intake_pool: Pool
) -> None:
    for _ in range(2):
        await deliver(port, mail("one@mail.example"))
        assert len(await tickets(intake_pool)) == 1


async def test_a_long_line_is_no_reason_to_turn_a_citizen_away(port: int, intake_pool: Pool) -> None:
    await deliver(port, mail("long@mail.example", LONG))
    [text] = await tickets(intake_pool)
    assert LONG in text


async def test_what_becomes_no_ticket_is_taken_and_kept_with_its_reason(port: int, intake_pool: Pool) -> None:
    await deliver(port, mail("empty@mail.example", "", ""))
    assert await tickets(intake_pool) == []
    assert await intake_pool.fetchval("SELECT count(*) FROM refusals WHERE mailbox = 'lmtp'") == 1


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
