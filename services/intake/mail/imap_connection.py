"""One connection to an IMAP server, logged in and with the mailbox's folder selected; every call blocks."""

import asyncio
import imaplib
import re
import select
import socket
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from datetime import date
from typing import Self, assert_never

from imap_tools import AND, BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxDeleteError, MailboxFetchError
from imap_tools.utils import check_command_status

from services.intake.mail.mailboxes import Mailbox

__all__ = ["CommandRefused", "ImapConnection", "open_in_thread"]

# For connecting and for every answer.
_TIMEOUT_SECONDS = 20.0
# Of a longer mail the rest is not fetched: what it says stands at its beginning.
_MOST_BYTES = 40 * 1024 * 1024
_UIDS_PER_COMMAND = 200

# RFC 2971. The mail services of NetEase (163, 126) refuse SELECT to clients that do not say who they are.
imaplib.Commands.setdefault("ID", ("NONAUTH", "AUTH", "SELECTED"))
_WHO_WE_ARE = '("name" "hotline" "version" "1")'

# A server may write nothing as a string in place of a literal.
_EMPTY_MAIL = re.compile(rb'BODY\[\](?:<0>)? ""')


class CommandRefused(Exception):
    """The server said no to one command; the connection is as good as before."""


@contextmanager
def _one_command() -> Iterator[None]:
    try:
        yield
    except imaplib.IMAP4.abort:  # the connection is gone
        raise
    except (ImapToolsError, imaplib.IMAP4.error) as error:
        # Without the message: servers put addresses into theirs.
        raise CommandRefused(type(error).__name__) from None


class ImapConnection:
    def __init__(self, box: BaseMailBox, mailbox: Mailbox) -> None:
        self._box = box
        self._mailbox = mailbox
        self._keeps_keywords = False

    @classmethod
    def open(cls, mailbox: Mailbox) -> Self:
        """Connect, log in, and select the folder; OSError, imaplib.IMAP4.error or ImapToolsError say what failed."""
        connection = cls(_connect(mailbox), mailbox)
        try:
            connection.enter()
        except BaseException:
            connection.close()
            raise
        return connection

    def enter(self) -> None:
        box, mailbox = self._box, self._mailbox
        user, password = mailbox.user, mailbox.password()
        login = box.login if (user + password).isascii() else box.login_utf8
        login(user, password, initial_folder=None)
        # Asked again after the login, since servers tell strangers less.
        _, told = box.client.capability()
        box.client.capabilities = tuple(told[-1].decode("ascii", "replace").upper().split())
        if "ID" in box.client.capabilities:
            box.client._simple_command("ID", _WHO_WE_ARE)  # noqa: SLF001  # no other way
        for name in filter(None, (mailbox.done_folder, mailbox.refused_folder, mailbox.expired_folder)):
            if not box.folder.exists(name):
                box.folder.create(name)
        box.folder.set(mailbox.folder)
        _, flags = box.client.response("PERMANENTFLAGS")
        self._keeps_keywords = any(b"\\*" in flag for flag in flags if isinstance(flag, bytes))

    def waiting(self) -> list[str]:
        """The UIDs of all mails in the folder, in the order of their arrival."""
        # The library keeps every line that the server ever sent unasked.
        self._box.client.untagged_responses.clear()
        return self._box.uids("ALL", charset=None)

    def fetch(self, uid: str) -> bytes | None:
        """The mail's bytes, without marking it as read; None where somebody took it away meanwhile."""
        with _one_command():
            told = self._box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{_MOST_BYTES}>)")
            check_command_status(told, MailboxFetchError)
        for part in told[1]:
            if isinstance(part, tuple):
                return bytes(part[1])
            if part is not None and _EMPTY_MAIL.search(part):
                return b""
        return None

    def put_away(self, uids: Sequence[str], *, refused: bool) -> None:
        folder = self._mailbox.refused_folder if refused else self._mailbox.done_folder
        with _one_command():
            self._box.move(uids, folder, chunks=_UIDS_PER_COMMAND)

    def received_before(self, folder: str, day: date) -> list[str]:
        """Go into another of the mailbox's folders: the UIDs of the mails that had come to it before `day`."""
        self._box.folder.set(folder)
        self._box.client.untagged_responses.clear()
        return self._box.uids(AND(date_lt=day), charset=None)

    def expire(self, uids: Sequence[str]) -> None:
        """Remove these mails for ever, or put them where the mailbox says; no mail beside them, whatever its flags."""
        if not uids:
            return
        folder = self._mailbox.expired_folder
        with _one_command():
            if folder is not None:
                self._box.move(uids, folder, chunks=_UIDS_PER_COMMAND)
                return
            # Without it (RFC 4315) every mail would go that somebody has marked.
            if "UIDPLUS" not in self._box.client.capabilities:
                raise CommandRefused("UIDPLUS")
            listed = ",".join(uids)
            check_command_status(
                self._box.client.uid("STORE", listed, "+FLAGS.SILENT", r"(\Deleted)"), MailboxDeleteError
            )
            check_command_status(self._box.client.uid("EXPUNGE", listed), MailboxDeleteError)

    def mark(self, uid: str, keyword: str) -> None:
        """Put a keyword on the mail where the server keeps keywords; mail programs can show it as a tag."""
        if self._keeps_keywords:
            with _one_command():
                self._box.client.uid("STORE", uid, "+FLAGS.SILENT", f"({keyword})")

    def wait(self, seconds: float) -> None:
        """Return when the server tells of a change in the folder, or after `seconds`."""
        if "IDLE" in self._box.client.capabilities:
            self._box.idle.wait(seconds)
        else:
            select.select([self._box.client.sock], [], [], seconds)

    def close(self) -> None:
        """Cut the connection; a call that is under way in another thread fails at once."""
        with suppress(OSError):
            self._box.client.sock.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._box.client.shutdown()


async def open_in_thread(mailbox: Mailbox, executor: Executor | None = None) -> ImapConnection:
    """`ImapConnection.open` beside the event loop; what opens after the caller was cancelled is closed at once."""
    opened: list[ImapConnection] = []
    abandoned = False

    def open_it() -> ImapConnection:
        connection = ImapConnection.open(mailbox)
        opened.append(connection)
        if abandoned:
            connection.close()
        return connection

    try:
        return await asyncio.get_running_loop().run_in_executor(executor, open_it)
    except asyncio.CancelledError:
        abandoned = True
        for connection in opened:
            connection.close()
        raise


def _connect(mailbox: Mailbox) -> BaseMailBox:
    match mailbox.tls:
        case "none":
            return MailBoxUnencrypted(mailbox.host, mailbox.port, _TIMEOUT_SECONDS)
        case "starttls":
            return MailBoxStartTls(mailbox.host, mailbox.port, _TIMEOUT_SECONDS, _trust(mailbox))
        case "implicit":
            return MailBox(mailbox.host, mailbox.port, _TIMEOUT_SECONDS, ssl_context=_trust(mailbox))
        case _:
            assert_never(mailbox.tls)


def _trust(mailbox: Mailbox) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(mailbox.ca_file) if mailbox.ca_file else None)
