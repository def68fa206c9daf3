"""PostgreSQL as one process tree on this machine: TCP on loopback only, a password of its own, fsync on."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Literal

from deploy.local.account import Account
from deploy.local.messages import StackError, say
from deploy.local.ports import LOOPBACK
from deploy.local.postgres_binaries import Binaries, choose, copied, require, system_binaries, wheel_binaries
from deploy.local.postgres_home import make_home
from deploy.local.process import Server, command_line

_SUPERUSER = "postgres"

# Chinese text needs a UTF-8 character type, and byte order is a collation that no system update changes. Where
# C.UTF-8 is unknown (older macOS) the two are set apart.
_LOCALES = (
    ("--locale=C.UTF-8",),
    ("--lc-collate=C", "--lc-ctype=en_US.UTF-8"),
)
_SETTINGS = ("shared_buffers=256MB", "max_connections=100", "timezone=UTC", "log_timezone=UTC")

_CRASH_PATIENCE = timedelta(seconds=10)
# Larger than any process id that Linux or macOS gives.
_NO_PROCESS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ExternalPostgres:
    """A database server that somebody else runs."""

    url: str
    kind: ClassVar[Literal["external"]] = "external"


class LocalPostgres(Server):
    name = "PostgreSQL"
    kind: ClassVar[Literal["local"]] = "local"
    stop_signal = signal.SIGINT  # "fast": open transactions are rolled back

    def __init__(self, state: Path, port: int, *, look_in_system: bool = True) -> None:
        """`look_in_system`: prefer the PostgreSQL of this machine to the one of the wheel."""
        super().__init__(state, port)
        self._look_in_system = look_in_system
        self._binaries: Binaries | None = None

    @property
    def url(self) -> str:
        """Where the superuser connects."""
        return f"postgresql://{_SUPERUSER}:{self._password.read_text()}@{LOOPBACK}:{self.port}/postgres"

    @property
    def version(self) -> str:
        return self._found().version

    @property
    def mark(self) -> str:
        return str(self.data)

    @property
    def account(self) -> Account | None:
        if os.geteuid() != 0:
            return None
        return Account.owner(self.data) if self.data.exists() else Account.unprivileged()

    def start(self) -> None:
        end = time.monotonic() + _CRASH_PATIENCE.total_seconds()
        while True:
            try:
                return super().start()
            except StackError as error:
                # The sessions of a server that was killed take a moment to notice.
                if "still in use" not in str(error) or time.monotonic() > end:
                    raise
            time.sleep(0.2)

    def prepare(self) -> None:
        make_home(self.state / "postgres", self.account)
        if not self.data.exists():
            say(f"Laying out a PostgreSQL {self.version} database in {self.data}")
            self._initialize()
        elif not self._password.exists():
            raise StackError(
                f"The password of the database in {self.data} is lost ({self._password} is missing); "
                "restore it, or remove both to start anew."
            )
        self._forgive_reused_pid()

    def command(self) -> Sequence[str]:
        return [
            *(str(self._program("postgres")), "-D", str(self.data), "-p", str(self.port)),
            *("-c", f"listen_addresses={LOOPBACK}", "-c", "unix_socket_directories="),
            *(word for setting in _SETTINGS for word in ("-c", setting)),
        ]

    def ready(self) -> bool:
        match self._lock_file_lines():
            case [pid, _data, _started, _port, _sockets, _address, _memory, status, *_]:
                return pid == str(self.pid) and status.strip() == "ready"
            case _:
                return False

    @property
    def _home(self) -> Path:
        return (self.state / "postgres").resolve()

    @property
    def data(self) -> Path:
        return self._home / "data"

    @property
    def _password(self) -> Path:
        return self.state / "postgres-password"

    def _found(self) -> Binaries:
        if self._binaries is None:
            self._binaries = self._find()
        return self._binaries

    def _find(self) -> Binaries:
        account = self.account
        written_by = self.data / "PG_VERSION"
        major = int(written_by.read_text()) if written_by.exists() else None
        if self._look_in_system:
            usable = [each for each in system_binaries() if account is None or account.can_enter(each.directory)]
            if found := choose(usable, major):
                return found
        found = require(choose(wheel_binaries(), major), self.data, major)
        if account is not None and not account.can_enter(found.directory):
            found = copied(found, self._home)
            account.take(self._home)
        return found

    def _program(self, name: str) -> Path:
        return self._found().directory / name

    def _initialize(self) -> None:
        if not self._password.exists():
            self._password.touch(mode=0o600)
            self._password.write_text(secrets.token_urlsafe(24))
        account = self.account
        partial = self._home / "data.partial"
        password = self._home / "password.partial"
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(self._password.read_text())
        if account is not None:
            account.take(password)
        try:
            self._run_initdb(partial, password, account)
        finally:
            password.unlink()
        partial.rename(self.data)

    def _run_initdb(self, target: Path, password: Path, account: Account | None) -> None:
        told = ""
        for locale in _LOCALES:
            shutil.rmtree(target, ignore_errors=True)
            run = subprocess.run(  # noqa: S603  # our own command
                [
                    *(self._program("initdb"), "-D", target, f"--username={_SUPERUSER}", f"--pwfile={password}"),
                    *("--auth=scram-sha-256", "--encoding=UTF8", "--lc-messages=C", *locale),
                ],
                cwd="/",
                capture_output=True,
                text=True,
                check=False,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
            if run.returncode == 0:
                return
            told = run.stderr.strip()
            if "invalid locale" not in told:
                break
        raise StackError(f"PostgreSQL could not lay out its data in {target}: {told}")

    def _lock_file_lines(self) -> list[str]:
        with suppress(FileNotFoundError):
            return (self.data / "postmaster.pid").read_text().splitlines()
        return []

    def _forgive_reused_pid(self) -> None:
        """Let the server start though a crashed one's process id has since been given to another program.

        Only the id is taken out of its lock file: by the rest PostgreSQL still sees whether sessions survive.
        """
        lines = self._lock_file_lines()
        if lines and "postgres" not in command_line(int(lines[0])):
            (self.data / "postmaster.pid").write_text("\n".join([str(_NO_PROCESS), *lines[1:], ""]))


@contextmanager
def start_postgres(state: Path, port: int) -> Iterator[LocalPostgres | ExternalPostgres]:
    """Run PostgreSQL with its data in `state` for as long as the context lasts, unless ``DATABASE_URL`` names one."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield ExternalPostgres(given)
        return
    with LocalPostgres(state, port) as server:
        yield server
