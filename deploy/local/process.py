"""One server process of the local stack: started, watched, stopped, killed, and found again after a crash."""

import fcntl
import os
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, ClassVar, Self

from deploy.local.account import Account
from deploy.local.messages import StackError, say
from deploy.local.ports import require_free

_LEAST_FREE_BYTES = 1 << 30
_POLL_SECONDS = 0.05


class Server(ABC):
    """A server that listens on one loopback port and keeps everything in one state directory.

    The calls block until they are done: from a coroutine use ``asyncio.to_thread``. A server may be started again
    after `stop` or `kill`; it then has the same port and the same data.
    """

    name: str
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    start_patience: ClassVar[timedelta] = timedelta(seconds=60)
    stop_patience: ClassVar[timedelta] = timedelta(seconds=30)

    def __init__(self, state: Path, port: int) -> None:
        self.state = state.absolute()
        self.port = port
        self.log = self.state / f"{self._slug}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._log_start = 0

    @abstractmethod
    def prepare(self) -> None:
        """Lay out whatever must exist before the first start; does nothing the next time."""

    @abstractmethod
    def command(self) -> Sequence[str]: ...

    @abstractmethod
    def ready(self) -> bool:
        """Whether the server, whose process runs, answers its clients already."""

    @property
    @abstractmethod
    def mark(self) -> str:
        """An argument of the server's command line that no other process has."""

    @property
    def account(self) -> Account | None:
        """The user to run as, None for our own."""
        return None

    @property
    def environment(self) -> Mapping[str, str] | None:
        """The environment to run in, None for our own."""
        return None

    @property
    def directory(self) -> Path:
        """Where to run; another user may not be able to enter our directories."""
        return Path("/") if self.account else self.state

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The server's process, for tests that freeze or watch it."""
        if self._process is None:
            raise StackError(f"{self.name} has not been started.")
        return self._process.pid

    def start(self) -> None:
        """Start and wait until clients are answered; StackError says why that could not be."""
        require_room(self.state)
        self._own()
        try:
            self._end_leftover()
            require_free(self.port, self.name)
            self.prepare()
            self._launch()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop in good order, or by SIGKILL where that takes too long."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(self.stop_signal)
            try:
                self._process.wait(self.stop_patience.total_seconds())
            except subprocess.TimeoutExpired:
                say(f"{self.name} did not stop in {self.stop_patience.seconds} s and is killed; its log is {self.log}.")
                self._process.kill()
        self._forget()

    def kill(self) -> None:
        """End the process as a crash would."""
        if self._process is not None:
            self._process.kill()
        self._forget()

    def restart(self) -> None:
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _slug(self) -> str:
        return self.name.lower().replace(" ", "-")

    @property
    def _pid_file(self) -> Path:
        return self.state / f"{self._slug}.pid"

    def _own(self) -> None:
        """Take the state directory; the lock goes with our process, however that ends."""
        lock = (self.state / f"{self._slug}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise StackError(
                f"Another run already uses {self.name} in {self.state}; stop that one first, or use another directory."
            ) from None
        self._lock = lock

    def _end_leftover(self) -> None:
        """Stop the server that a run which was itself killed has left behind."""
        with suppress(FileNotFoundError, ValueError):
            pid = int(self._pid_file.read_text())
            if self.mark in command_line(pid):
                say(f"Stopping {self.name} (process {pid}), which an earlier run left behind.")
                end_stranger(pid, self.stop_signal, self.stop_patience)
        self._pid_file.unlink(missing_ok=True)

    def _launch(self) -> None:
        account = self.account
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                list(self.command()),
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C at the terminal reaches only us, so that we stop the servers in order.
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        self._pid_file.write_text(str(self._process.pid))

    def _wait_until_ready(self) -> None:
        def ready_or_dead() -> bool:
            return not self.running or self.ready()

        if not wait_for(ready_or_dead, self.start_patience):
            raise StackError(
                f"{self.name} did not answer within {self.start_patience.seconds} s; "
                f"the log is {self.log}, its last lines:\n{self._last_words()}"
            )
        if not self.running:
            raise StackError(
                f"{self.name} ended while starting; the log is {self.log}, its last lines:\n{self._last_words()}"
            )

    def _last_words(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-8:])

    def _forget(self) -> None:
        if self._process is not None:
            self._process.wait()
            self._process = None
            self._pid_file.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def require_room(directory: Path) -> None:
    """Make `directory`; StackError where that is not allowed or its disk has less than 1 GB left."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StackError(f"The directory {directory} cannot be made ({error.strerror}); use another one.") from None
    if not os.access(directory, os.W_OK | os.X_OK):
        raise StackError(
            f"The directory {directory} belongs to another user; remove it, change its owner, or use another one."
        )
    free = shutil.disk_usage(directory).free
    if free < _LEAST_FREE_BYTES:
        raise StackError(
            f"Only {free >> 20} MB are free on the disk of {directory} and 1024 MB are needed; "
            "free some space or use another directory."
        )


def wait_for(condition: Callable[[], bool], patience: timedelta) -> bool:
    """Ask `condition` until it holds (True) or `patience` is over (False)."""
    end = time.monotonic() + patience.total_seconds()
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def command_line(pid: int) -> str:
    """The command that process `pid` runs, empty if there is no such process."""
    if Path("/proc/self/cmdline").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    shown = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)  # noqa: S603, S607  # macOS
    return shown.stdout.decode(errors="replace")


def end_stranger(pid: int, first: signal.Signals, patience: timedelta) -> None:
    """End a process that is not our child: by `first`, then by SIGKILL."""
    for order in (first, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, order)
        if wait_for(lambda: not command_line(pid), patience):
            return
