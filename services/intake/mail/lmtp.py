"""Mail that the county's own mail system delivers over LMTP (RFC 2033), on this machine only.

It is answered with 250 once its ticket or its refusal is committed. While that must wait the answer is 451, and the
mail system keeps the mail and brings it again, so none is lost and none lies in a second place.
"""

import asyncio
from typing import assert_never

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.intake.acceptance import Receipt
from services.intake.mail.mail_intake import MailIntake, Origin
from services.intake.store import RefusedMail

_LOOPBACK = "127.0.0.1"
_ORIGIN = Origin("lmtp")
_LARGEST_MAIL = 30 * 1024 * 1024


class LmtpServer:
    def __init__(self, port: int, intake: MailIntake) -> None:
        self._port = port
        self._intake = intake

    async def run(self) -> None:
        """Take in what is delivered to the port, until cancelled."""
        server = await asyncio.get_running_loop().create_server(self._session, _LOOPBACK, self._port)
        async with server:
            await server.serve_forever()

    def _session(self) -> "_Lmtp":
        return _Lmtp(self, data_size_limit=_LARGEST_MAIL, enable_SMTPUTF8=True, ident="Hotline")

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
        [verdict] = await self._intake.take_in(_ORIGIN, [raw])
        match verdict:
            case Receipt():
                return "250 2.0.0 registered"
            case RefusedMail():
                # It is kept with its reason, where a person sees it; to bounce it would tell strangers what we read.
                return "250 2.0.0 kept for a person"
            case None:
                return "451 4.3.0 not now, please bring it again"
            case _:
                assert_never(verdict)


class _Lmtp(LMTP):
    # Mails with longer lines than the standard's 998 characters exist, and citizens do not choose their mail program.
    line_length_limit = 1024 * 1024
