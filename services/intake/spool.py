"""Mail that a mail system delivers into a folder: each file becomes a ticket or a refusal that a person can see.

A file is moved only after the commit; a crash in between reads it again, and its Message-ID keeps it from counting
twice. ``done/`` holds what became a ticket, ``refused/`` what did not, each with its reason beside it.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog
from prometheus_client import Counter

from services.intake.acceptance import Acceptance
from services.intake.channels.mailbox import Refusal, read_mail, to_complaint
from services.intake.complaint import Complaint, County
from services.intake.refusal import SubmissionRefused
from shared.postgres import PASSING

log = structlog.get_logger(__name__)

REFUSED = Counter("hotline_mails_refused_total", "Mails that became no ticket", ["code"])

_POLL_SECONDS = 1.0
_MAILS_PER_COMMIT = 50


class MailSpool:
    def __init__(self, folder: Path, acceptance: Acceptance, county: County) -> None:
        self._folder = folder
        self._acceptance = acceptance
        self._county = county

    async def run(self) -> None:
        """Take in what lies in the folder, once a second, until cancelled."""
        for name in ("done", "refused"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        while True:
            for files in _in_batches(sorted(self._folder.glob("*.eml"))):
                await self._take_in(files)
            await asyncio.sleep(_POLL_SECONDS)

    async def _take_in(self, files: Sequence[Path]) -> None:
        mails: list[tuple[Path, Complaint]] = []
        for file in files:
            try:
                read = await asyncio.to_thread(self._read, file)
            except OSError as error:  # a folder, or a file that we may not open: it stays, and the others go on
                log.warning("mail_not_readable", file=file.name, error=type(error).__name__)
                continue
            if isinstance(read, Complaint):
                mails.append((file, read))
            else:
                self._refuse(file, *read)
        outcomes = await self._acceptance.accept_each([complaint for _, complaint in mails])
        for (file, _), outcome in zip(mails, outcomes, strict=True):
            if isinstance(outcome, PASSING):
                continue  # it stays in the folder and is tried again
            if isinstance(outcome, Exception):
                self._refuse(
                    file, "failed", "系统内部错误，未能登记，请人工处理。 Internal error; a person must see to it."
                )
            else:
                file.rename(self._folder / "done" / file.name)

    def _read(self, file: Path) -> Complaint | tuple[str, str]:
        mail = read_mail(file.read_bytes())
        if isinstance(mail, Refusal):
            return mail.code, f"{mail.zh} {mail.en}"
        try:
            return to_complaint(mail, self._county)
        except SubmissionRefused as refused:
            return "unfit", str(refused)

    def _refuse(self, file: Path, code: str, reason: str) -> None:
        log.info("mail_refused", file=file.name, code=code)
        REFUSED.labels(code).inc()
        place = self._folder / "refused" / file.name
        place.with_suffix(".reason.txt").write_text(f"{code}: {reason}\n", encoding="utf-8")
        file.rename(place)


def _in_batches(files: Sequence[Path]) -> list[Sequence[Path]]:
    return [files[start : start + _MAILS_PER_COMMIT] for start in range(0, len(files), _MAILS_PER_COMMIT)]
