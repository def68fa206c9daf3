"""Mail that a mail system delivers into a folder: each file becomes a ticket or a refusal that a person can see.

A file is moved only after the commit; a crash in between reads it again, and its Message-ID keeps it from counting
twice. ``done/`` holds what became a ticket, ``refused/`` what did not, each with its reason beside it.
"""

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import assert_never

import structlog

from services.intake.acceptance import Receipt
from services.intake.mail.mail_intake import MailIntake, Origin, Verdict
from services.intake.mail.mailboxes import SPOOL
from services.intake.store import RefusedMail

log = structlog.get_logger(__name__)

_POLL_SECONDS = 1.0
_MAILS_PER_COMMIT = 50
_ORIGIN = Origin(SPOOL)


class MailSpool:
    def __init__(self, folder: Path, intake: MailIntake) -> None:
        self._folder = folder
        self._intake = intake

    async def run(self) -> None:
        """Take in what lies in the folder, once a second, until cancelled."""
        for name in ("done", "refused"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        while True:
            for files in _in_batches(sorted(self._folder.glob("*.eml"))):
                await self._take_in(files)
            await asyncio.sleep(_POLL_SECONDS)

    async def _take_in(self, files: Sequence[Path]) -> None:
        mails: list[tuple[Path, bytes]] = []
        for file in files:
            try:
                mails.append((file, await asyncio.to_thread(file.read_bytes)))
            except OSError as error:  # a folder, or a file that we may not open: it stays, and the others go on
                log.warning("mail_not_readable", file=file.name, error=type(error).__name__)
        verdicts = await self._intake.take_in(_ORIGIN, [raw for _, raw in mails])
        for (file, raw), verdict in zip(mails, verdicts, strict=True):
            try:
                self._put_away(file, raw, verdict)
            except OSError as error:  # a full disk, or somebody else has moved it: it is looked at again
                log.warning("mail_not_put_away", file=file.name, error=type(error).__name__)

    def _put_away(self, file: Path, raw: bytes, verdict: Verdict) -> None:
        match verdict:
            case Receipt():
                file.rename(_place(self._folder / "done", file, raw))
            case RefusedMail():
                place = _place(self._folder / "refused", file, raw)
                place.with_suffix(".reason.txt").write_text(f"{verdict.code}: {verdict.reason}\n", encoding="utf-8")
                file.rename(place)
            case None:
                pass  # it stays in the folder and is tried again
            case _:
                assert_never(verdict)


def _place(folder: Path, file: Path, raw: bytes) -> Path:
    """Where `file` goes in `folder`: under its own name, unless another mail lies there under that name."""
    place = folder / file.name
    return place.with_stem(f"{file.stem}-{sha256(raw).hexdigest()[:16]}") if place.exists() else place


def _in_batches(files: Sequence[Path]) -> list[Sequence[Path]]:
    return [files[start : start + _MAILS_PER_COMMIT] for start in range(0, len(files), _MAILS_PER_COMMIT)]
