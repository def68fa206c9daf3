"""Checking a citizen's telephone while they fill in the form: a code goes out, and comes back with the form."""

import secrets
from uuid import UUID

import structlog
from prometheus_client import Counter

from services.intake.complaint import Reporter
from services.intake.identity.blind_index import BlindIndex
from services.intake.pages import phone_checks_store
from services.intake.pages.phone_check import (
    AWAY,
    CODE_DIGITS,
    NO_MOBILE,
    TOO_OFTEN,
    WRONG_CODE,
    CheckRefused,
    code_hash,
    message,
    mobile,
)
from services.intake.pages.sms import SmsAway, SmsGateway
from shared.postgres import PASSING, Pool

log = structlog.get_logger(__name__)

SENT = Counter("hotline_phone_codes_total", "Codes for checking a telephone", ["outcome"])


class PhoneChecking:
    """`key` makes what is kept of a code; neither the number nor the code is kept, or stands in a log."""

    def __init__(self, pool: Pool, index: BlindIndex, key: bytes, gateway: SmsGateway) -> None:
        self._pool = pool
        self._index = index
        self._key = key
        self._gateway = gateway

    async def send(self, form_key: UUID, phone: str) -> None:
        """Send a code for this form to the number; CheckRefused says why not."""
        number, trace = self._known(phone)
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        # Counted before it is sent, so that a gateway that fails late is not made to send without end.
        if not await phone_checks_store.insert_check(
            self._pool, form_key, trace, code_hash(self._key, form_key, trace, code)
        ):
            SENT.labels("too_often").inc()
            raise CheckRefused(TOO_OFTEN)
        try:
            await self._gateway.send(number, message(code))
        except SmsAway as away:
            log.warning("phone_code_not_sent", error=str(away))
            SENT.labels("away").inc()
            raise CheckRefused(AWAY) from None
        SENT.labels("sent").inc()

    async def require(self, form_key: UUID, phone: str, code: str) -> None:
        """CheckRefused unless `code` is the one that was sent to the number for this form."""
        _, trace = self._known(phone)
        if not await phone_checks_store.try_code(
            self._pool, form_key, trace, code_hash(self._key, form_key, trace, code)
        ):
            raise CheckRefused(WRONG_CODE)

    async def note(self, complaint_id: UUID) -> None:
        """Remember that the telephone of this complaint's reporter was checked; without it the complaint stands too."""
        try:
            await phone_checks_store.insert_checked(self._pool, complaint_id)
        except PASSING as error:
            log.warning("phone_check_not_noted", error=type(error).__name__)

    def _known(self, phone: str) -> tuple[str, bytes]:
        number = mobile(phone)
        if number is None:
            raise CheckRefused(NO_MOBILE)
        [trace] = self._index.traces(Reporter(phone=number))
        return number, trace
