"""Dovecot as an ordinary process on a high port, for any user with one password, and a way to put mail into it."""

import grp
import imaplib
import os
import pwd
import shutil
import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imap_tools import MailBoxUnencrypted

from deploy.local.account import Account
from deploy.local.ports import LOOPBACK
from deploy.local.process import Server

PASSWORD = "only-for-this-test"

CONFIGURATION = """
protocols = imap
base_dir = {home}/run
state_dir = {home}/state
log_path = /dev/stderr
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = no
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
first_valid_uid = {uid}
mail_location = maildir:{home}/mail/%u
mailbox_list_index = no
mail_max_userip_connections = 100
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
  }}
}}
"""


class Dovecot(Server):
    name = "Dovecot"

    def __init__(self, state: Path, port: int, tls_port: int) -> None:
        super().__init__(state, port)
        self.tls_port = tls_port
        self._account = Account.unprivileged() if os.geteuid() == 0 else None

    @property
    def account(self) -> Account | None:
        return self._account

    @property
    def mark(self) -> str:
        return str(self._configuration)

    @property
    def _configuration(self) -> Path:
        return self.state / "dovecot.conf"

    @property
    def certificate(self) -> Path:
        return self.state / "cert.pem"

    def prepare(self) -> None:
        if self._configuration.exists():
            return
        make_certificate(self.certificate, self.state / "key.pem")
        uid = self._account.uid if self._account else os.geteuid()
        who = pwd.getpwuid(uid)
        self._configuration.write_text(
            CONFIGURATION.format(
                home=self.state,
                user=who.pw_name,
                group=grp.getgrgid(who.pw_gid).gr_name,
                uid=uid,
                gid=who.pw_gid,
                password=PASSWORD,
                port=self.port,
                tls_port=self.tls_port,
            )
        )
        if self._account:
            self._account.take(self.state)

    def command(self) -> Sequence[str]:
        program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "Dovecot is not installed: deploy/local/debian-packages.sh"
        return [program, "-F", "-c", str(self._configuration)]

    def ready(self) -> bool:
        try:
            with self.open("ready"):
                return True
        except (OSError, imaplib.IMAP4.error):
            return False

    def kill(self) -> None:
        """End every process of it at once, as when the machine loses its power."""
        os.killpg(self.pid, signal.SIGKILL)
        super().kill()
        (self.state / "run" / "master.pid").unlink(missing_ok=True)

    def open(self, user: str) -> MailBoxUnencrypted:
        box = MailBoxUnencrypted(LOOPBACK, self.port, timeout=30)
        try:
            box.login(user, PASSWORD)
        except BaseException:
            box.client.shutdown()
            raise
        return box

    def deliver(self, user: str, *mails: bytes, age: timedelta = timedelta()) -> None:
        """Put mails into the INBOX as a delivery agent does: whatever their bytes are, which APPEND may refuse.

        `age` is how long ago they came.
        """
        came = time.time() - age.total_seconds()
        home = self.state / "mail" / user
        with self.open(user):
            pass  # the first login lays the mailbox out
        for mail in mails:
            name = f"{time.time():.6f}.{uuid4().hex}.localhost"
            written = home / "tmp" / name
            written.write_bytes(mail)
            os.utime(written, (came, came))
            if self._account:
                self._account.take(written)
            written.rename(home / "new" / name)

    def keywords(self, user: str, folder: str) -> list[str]:
        """The keywords on the mails of a folder."""
        with self.open(user) as box:
            box.folder.set(folder, readonly=True)
            return sorted(
                flag for mail in box.fetch(mark_seen=False) for flag in mail.flags if not flag.startswith("\\")
            )

    def count(self, user: str, folder: str) -> int:
        with self.open(user) as box:
            return box.folder.status(folder)["MESSAGES"] if box.folder.exists(folder) else 0


def make_certificate(certificate: Path, key: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
