"""Mails that have been taken in are removed when what they say of their senders is no longer kept.

A mail goes only where the database says what became of it: its complaint has been anonymized, or its refusal was stated
longer ago than the retention. What nobody took in, what cannot be read, and what still goes on stays where it is.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import structlog
from prometheus_client import Counter

from services.intake.channels.mailbox import external_id
from services.intake.mail import mail_retention_store
from services.intake.mail.imap_connection import ImapConnection, open_in_thread
from services.intake.mail.mailboxes import SPOOL, Mailbox
from shared.postgres import Pool

log = structlog.get_logger(__name__)

EXPIRED = Counter("hotline_mails_expired_total", "Mails removed after the retention", ["mailbox"])

_BATCH = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A mail by what the database may know it by; the mail itself is not kept in memory."""

    where: str
    id: str
    hashes: tuple[bytes, bytes]


class MailRetention:
    """`spool` is the folder that mail is delivered into, None where there is none."""

    def __init__(
        self, pool: Pool, retention: Callable[[], timedelta], mailboxes: Sequence[Mailbox], spool: Path | None
    ) -> None:
        """`retention` gives the one in force at the moment."""
        self._pool = pool
        self._retention = retention
        self._mailboxes = mailboxes
        self._spool = spool

    async def expire(self) -> int:
        """Remove what is due, and return how many mails; a mailbox that is away keeps no other from its turn."""
        total = 0
        for mailbox in self._mailboxes:
            try:
                total += await self._of_mailbox(mailbox)
            except Exception as error:  # noqa: BLE001  # the library lists none, and the next night comes
                # Without the message: servers put addresses into theirs.
                log.warning("mails_not_expired", mailbox=mailbox.name, error=type(error).__name__)
        if self._spool is not None:
            total += await self._of_spool(self._spool)
        return total

    async def _of_mailbox(self, mailbox: Mailbox) -> int:
        before = (datetime.now(UTC) - self._retention()).date()
        connection = await open_in_thread(mailbox)
        try:
            count = 0
            for folder, refused in ((mailbox.done_folder, False), (mailbox.refused_folder, True)):
                uids = await asyncio.to_thread(connection.received_before, folder, before)
                for batch in _in_batches(uids):
                    found = await asyncio.to_thread(_fetched, connection, batch)
                    due = await self._due(mailbox.name, found, refused=refused)
                    await asyncio.to_thread(connection.expire, due)
                    EXPIRED.labels(mailbox.name).inc(len(due))
                    count += len(due)
            return count
        finally:
            connection.close()

    async def _of_spool(self, spool: Path) -> int:
        before = (datetime.now(UTC) - self._retention()).date()
        count = 0
        for name, refused in (("done", False), ("refused", True)):
            for batch in _in_batches(await asyncio.to_thread(_old_files, spool / name, before)):
                found = await asyncio.to_thread(_read, batch)
                due = await self._due(SPOOL, found, refused=refused)
                await asyncio.to_thread(_remove, due)
                EXPIRED.labels(SPOOL).inc(len(due))
                count += len(due)
        return count

    async def _due(self, mailbox: str, found: Sequence[Found], *, refused: bool) -> list[str]:
        if not found:
            return []
        if refused:
            hashes = [each for mail in found for each in mail.hashes]
            old = await mail_retention_store.read_old_refusals(self._pool, mailbox, hashes, self._retention())
            return [mail.where for mail in found if not old.isdisjoint(mail.hashes)]
        ended = await mail_retention_store.read_ended(self._pool, [mail.id for mail in found])
        return [mail.where for mail in found if mail.id in ended]


def _fetched(connection: ImapConnection, uids: Sequence[str]) -> list[Found]:
    mails = ((uid, connection.fetch(uid)) for uid in uids)
    return [found for uid, raw in mails if raw is not None and (found := _found(uid, raw))]


def _read(files: Sequence[str]) -> list[Found]:
    return [found for file in files if (found := _found(file, Path(file).read_bytes()))]


def _found(where: str, raw: bytes) -> Found | None:
    """None for a mail whose id cannot be read: it is nobody's, and stays."""
    try:
        known_by = external_id(raw)
        return Found(where, known_by, (sha256(known_by.encode()).digest(), sha256(raw).digest()))
    except Exception as error:  # noqa: BLE001  # a mail that finds a fault of ours must not stop the others
        log.warning("mail_not_identified", error=type(error).__name__)
        return None


def _old_files(folder: Path, before: date) -> list[str]:
    def day(file: Path) -> date:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC).date()

    return sorted(str(file) for file in folder.glob("*.eml") if day(file) < before)


def _remove(files: Sequence[str]) -> None:
    for file in map(Path, files):
        file.unlink(missing_ok=True)
        file.with_suffix(".reason.txt").unlink(missing_ok=True)


def _in_batches(found: Sequence[str]) -> list[Sequence[str]]:
    return [found[start : start + _BATCH] for start in range(0, len(found), _BATCH)]
