"""From the bytes of mails to their tickets and refusals, however the mails came: by IMAP or through a folder.

Both are committed when `take_in` returns, so whoever holds the mails may then put them away. After a crash in
between it is asked again, and the Message-ID keeps a mail from counting twice.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import assert_never

import structlog
from prometheus_client import Counter

from services.intake import store
from services.intake.acceptance import Acceptance, Receipt
from services.intake.attachments.attachments import Attachments
from services.intake.channels.mailbox import Refusal, external_id, read_mail, to_complaint
from services.intake.complaint import Complaint
from services.intake.county import County
from services.intake.mail.mail_text import Enclosed
from services.intake.refusal import SubmissionRefused
from services.intake.store import RefusedMail
from shared.language import Confidentiality, DepartmentCode, Kind
from shared.postgres import PASSING, Pool

log = structlog.get_logger(__name__)

TAKEN = Counter("hotline_mails_taken_total", "Mails that have a ticket", ["mailbox"])
REFUSED = Counter("hotline_mails_refused_total", "Mails that became no ticket", ["mailbox", "code"])
PUT_OFF = Counter(
    "hotline_mails_put_off_total", "Times that a mail was left for later, the database being away", ["mailbox"]
)


@dataclass(frozen=True, slots=True)
class Origin:
    """The mailbox that mails came to, and what it says of them, since a mail has no form."""

    name: str
    kind: Kind = Kind.REPORT
    confidentiality: Confidentiality = Confidentiality.CONFIDENTIAL
    # The department whose own mailbox it is.
    received_by: DepartmentCode | None = None


# None: the database is away; the mail stays where it is and is brought again.
Verdict = Receipt | RefusedMail | None


@dataclass(frozen=True, slots=True)
class _Read:
    complaint: Complaint
    files: Sequence[Enclosed]


class MailIntake:
    def __init__(
        self, pool: Pool, acceptance: Acceptance, county: Callable[[], County], attachments: Attachments | None = None
    ) -> None:
        """`county` gives the one in force at the moment; without `attachments` the mails' files stay where they lie."""
        self._pool = pool
        self._attachments = attachments
        self.acceptance = acceptance
        self.county = county

    async def take_in(self, origin: Origin, mails: Sequence[bytes]) -> list[Verdict]:
        """Give each mail its ticket or its refusal, in their order; no mail keeps the others from theirs."""
        read = await asyncio.to_thread(lambda: [self._read(origin, raw) for raw in mails])
        complaints = [one.complaint for one in read if isinstance(one, _Read)]
        outcomes = iter(await self.acceptance.accept_each(complaints))
        verdicts = [
            await self._with_files(origin, raw, one.files, _verdict(raw, next(outcomes)))
            if isinstance(one, _Read)
            else one
            for raw, one in zip(mails, read, strict=True)
        ]
        verdicts = await self._remember(origin, verdicts)
        for verdict in verdicts:
            match verdict:
                case Receipt():
                    TAKEN.labels(origin.name).inc()
                case None:
                    PUT_OFF.labels(origin.name).inc()
                case RefusedMail():
                    pass  # counted when it was remembered for the first time
                case _:
                    assert_never(verdict)
        return verdicts

    async def _with_files(self, origin: Origin, raw: bytes, files: Sequence[Enclosed], verdict: Verdict) -> Verdict:
        """Store the mail's files with its complaint; where that must wait, so must the mail, which keeps its ticket."""
        if self._attachments is None or not files or not isinstance(verdict, Receipt):
            return verdict
        try:
            await self._attachments.add_of_mail(verdict.complaint_id, files)
        except PASSING as error:
            log.warning("files_not_stored", mailbox=origin.name, error=type(error).__name__)
            return None
        except Exception as error:  # noqa: BLE001  # a file that finds a fault of ours must not stop the mailbox
            log.error("files_not_stored", mailbox=origin.name, error=type(error).__name__)  # noqa: TRY400
            return _refused(
                raw,
                "files_failed",
                "已登记，但系统内部错误，附件未能保存，请人工处理。"
                " It has a ticket, but by an internal error its files were not stored; a person must see to them.",
            )
        return verdict

    def _read(self, origin: Origin, raw: bytes) -> _Read | RefusedMail:
        try:
            mail = read_mail(raw)
            if isinstance(mail, Refusal):
                return _refused(raw, mail.code, f"{mail.zh} {mail.en}")
            complaint = to_complaint(
                mail,
                self.county(),
                kind=origin.kind,
                confidentiality=origin.confidentiality,
                received_by=origin.received_by,
            )
            return _Read(complaint, mail.files)
        except SubmissionRefused as refused:
            return _refused(raw, "unfit", str(refused))
        except Exception as error:  # noqa: BLE001  # a mail that finds a fault of ours must not stop the mailbox
            # Without the traceback: it may quote the mail.
            log.error("mail_not_understood", mailbox=origin.name, error=type(error).__name__)  # noqa: TRY400
            return _failed(raw)

    async def _remember(self, origin: Origin, verdicts: Sequence[Verdict]) -> list[Verdict]:
        refused = [verdict for verdict in verdicts if isinstance(verdict, RefusedMail)]
        if not refused:
            return list(verdicts)
        try:
            codes = await store.insert_refusals(self._pool, origin.name, refused, datetime.now(UTC))
        except PASSING as error:
            log.warning("refusals_not_stored", mailbox=origin.name, error=type(error).__name__)
            return [None if isinstance(verdict, RefusedMail) else verdict for verdict in verdicts]
        for code in codes:
            log.info("mail_refused", mailbox=origin.name, code=code)
            REFUSED.labels(origin.name, code).inc()
        return list(verdicts)


def _verdict(raw: bytes, outcome: Receipt | Exception) -> Verdict:
    match outcome:
        case Receipt(same_content=False):
            # The first one stands; a person must see that there was another.
            return _refused(
                raw,
                "another_content",
                "同一邮件编号此前已登记过另一份内容，或已由另一邮箱登记，以首次登记为准，请人工核对。"
                " This id has a ticket already, for another content or by way of another mailbox; please compare.",
            )
        case Receipt():
            return outcome
        case _ if isinstance(outcome, PASSING):
            return None
        case _:
            return _failed(raw)


def _failed(raw: bytes) -> RefusedMail:
    return _refused(
        raw, "failed", "系统内部错误，未能登记，请人工处理。 Internal error; it has no ticket, a person must see to it."
    )


def _refused(raw: bytes, code: str, reason: str) -> RefusedMail:
    return RefusedMail(_mail_hash(raw, code), code, reason)


def _mail_hash(raw: bytes, code: str) -> bytes:
    """Of the mail's id; of its bytes where the id is that of another mail, or cannot be read."""
    if code in ("another_content", "failed", "files_failed"):
        return sha256(raw).digest()
    return sha256(external_id(raw).encode()).digest()
