"""Mail that the county's own mail system delivers over LMTP (RFC 2033), on this machine only.

It is answered with 250 once its ticket or its refusal is committed and the mail itself lies in the spool's folders: the
mail system then forgets it, and a person may have to see it. While either must wait the answer is 451, and the mail
system keeps the mail and brings it again.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.intake.channels.mailbox import LARGEST_MAIL
from services.intake.mail.mail_intake import MailIntake, Origin
from services.intake.mail.mail_keeping import keep
from services.intake.mail.mailboxes import LMTP as NO_MAILBOX
from services.intake.mail.mailboxes import DeliveredMailbox
from services.intake.store import RefusedMail

log = structlog.get_logger(__name__)

_LOOPBACK = "127.0.0.1"
_NOT_NOW = "451 4.3.0 not now, please bring it again"


class LmtpServer:
    def __init__(self, port: int, intake: MailIntake, spool: Path, delivered: Iterable[DeliveredMailbox] = ()) -> None:
        """`delivered`: the mailboxes that recipients are looked up in; the others are the supervision mailbox."""
        self._port = port
        self._intake = intake
        self._spool = spool
        self._origins = {mailbox.address: mailbox.origin for mailbox in delivered}

    async def run(self) -> None:
        """Take in what is delivered to the port, until cancelled."""
        server = await asyncio.get_running_loop().create_server(self._session, _LOOPBACK, self._port)
        async with server:
            await server.serve_forever()

    def _session(self) -> "_Lmtp":
        return _Lmtp(self, data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True, ident="Hotline")

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take one recipient a delivery: LMTP wants an answer for each, and a further copy is the same complaint."""
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient a delivery, please"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content or b""
        origin = self._origins.get(envelope.rcpt_tos[0].casefold()) or Origin(NO_MAILBOX)
        [verdict] = await self._intake.take_in(origin, [raw])
        if verdict is None:
            return _NOT_NOW
        try:
            await asyncio.to_thread(keep, self._spool, raw, verdict)
        except OSError as error:  # a full disk: its ticket or refusal stands, and is found again
            log.warning("mail_not_kept", mailbox=origin.name, error=type(error).__name__)
            return _NOT_NOW
        # To bounce what is refused would tell strangers what we read.
        return "250 2.0.0 kept for a person" if isinstance(verdict, RefusedMail) else "250 2.0.0 registered"

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours loses no mail; the library's own answer and its log would quote what it was about."""
        log.error("mail_not_taken", error=type(error).__name__)
        return _NOT_NOW


class _Lmtp(LMTP):
    # Mails with longer lines than the standard's 998 characters exist, and citizens do not choose their mail program.
    line_length_limit = 1024 * 1024
