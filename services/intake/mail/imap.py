"""Mail that lies in mailboxes: each mail becomes a ticket or a refusal, and is then moved to the folder that says so.

A mail is moved only after the commit; a crash in between finds it again. One mailbox has one connection and one
thread in which the library blocks; whatever happens to a link, a mail or a mailbox, the others go on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import ParamSpec, TypeVar

import structlog
from prometheus_client import Gauge

from services.intake.acceptance import Receipt
from services.intake.mail.imap_connection import CommandRefused, ImapConnection, open_in_thread
from services.intake.mail.mail_intake import MailIntake
from services.intake.mail.mailboxes import Mailbox
from services.intake.store import RefusedMail

log = structlog.get_logger(__name__)

UP = Gauge("hotline_mailbox_up", "1 while we are logged in to the mailbox", ["mailbox"])

P = ParamSpec("P")
R = TypeVar("R")

# A word from the server that mail has come can be lost between two commands, and not every server gives one.
_LOOK_EVERY_SECONDS = 30.0
_MAILS_PER_COMMIT = 50
_BYTES_PER_COMMIT = 16 * 1024 * 1024
_LONGEST_PAUSE_SECONDS = 60.0


class MailboxReader:
    def __init__(self, mailbox: Mailbox, intake: MailIntake) -> None:
        self._mailbox = mailbox
        self._intake = intake

    async def run(self) -> None:
        """Take in the mailbox's mails and wait for more until cancelled; a lost link is made anew."""
        failures = 0
        while True:
            try:
                async with self._link() as link:
                    failures = 0
                    await self._read(link)
            except Exception as error:  # noqa: BLE001  # the library lists no errors, and a mailbox must never stop
                # Without the message: servers put addresses into theirs.
                log.warning("mailbox_away", mailbox=self._mailbox.name, error=type(error).__name__)
            failures += 1
            await asyncio.sleep(_pause(failures))

    @asynccontextmanager
    async def _link(self) -> AsyncIterator["_Link"]:
        up = UP.labels(self._mailbox.name)
        up.set(0)
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"imap-{self._mailbox.name}")
        try:
            connection = await open_in_thread(self._mailbox, thread)
            try:
                log.info("mailbox_open", mailbox=self._mailbox.name)
                up.set(1)
                yield _Link(connection, thread)
            finally:
                up.set(0)
                connection.close()
        finally:
            thread.shutdown(wait=False, cancel_futures=True)

    async def _read(self, link: "_Link") -> None:
        attempts = 0
        while True:
            uids = await link.call(link.connection.waiting)
            if not uids:
                attempts = 0
                await link.call(link.connection.wait, _LOOK_EVERY_SECONDS)
            elif await self._take_in_all(link, uids):
                attempts = 0
            else:
                attempts += 1
                await asyncio.sleep(_pause(attempts))

    async def _take_in_all(self, link: "_Link", uids: Sequence[str]) -> bool:
        """Take in these mails batch after batch; whether none was left in the folder."""
        complete = True
        batch: list[tuple[str, bytes]] = []
        for uid in uids:
            try:
                raw = await link.call(link.connection.fetch, uid)
            except CommandRefused as refused:
                log.warning("mail_not_fetched", mailbox=self._mailbox.name, error=str(refused))
                complete = False
                continue
            if raw is not None:
                batch.append((uid, raw))
            if len(batch) == _MAILS_PER_COMMIT or sum(len(raw) for _, raw in batch) > _BYTES_PER_COMMIT:
                complete &= await self._take_in(link, batch)
                batch = []
        return await self._take_in(link, batch) and complete

    async def _take_in(self, link: "_Link", batch: Sequence[tuple[str, bytes]]) -> bool:
        verdicts = await self._intake.take_in(self._mailbox.origin, [raw for _, raw in batch])
        judged = list(zip((uid for uid, _ in batch), verdicts, strict=True))
        done = [uid for uid, verdict in judged if isinstance(verdict, Receipt)]
        refused = [(uid, verdict.code) for uid, verdict in judged if isinstance(verdict, RefusedMail)]
        try:
            await link.call(link.connection.put_away, done, refused=False)
            for uid, code in refused:
                with suppress(CommandRefused):  # the reason stands in the database anyway
                    await link.call(link.connection.mark, uid, f"hotline-{code}")
            await link.call(link.connection.put_away, [uid for uid, _ in refused], refused=True)
        except CommandRefused as no:  # as when the quota is used up: the tickets stand, the mails are moved later
            log.warning("mail_not_moved", mailbox=self._mailbox.name, error=str(no))
            return False
        return None not in verdicts


class _Link:
    """A connection with the one thread that may use it."""

    def __init__(self, connection: ImapConnection, thread: ThreadPoolExecutor) -> None:
        self.connection = connection
        self._thread = thread

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: function(*args, **kwargs))


def _pause(failures: int) -> float:
    """Seconds until the next attempt: 1, 2, 4 and so on, at most a minute."""
    return min(2.0 ** min(failures - 1, 10), _LONGEST_PAUSE_SECONDS)
