import os
import shutil
import socket
import sys
from collections import namedtuple
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.messages import StackError
from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.process import Server, command_line, require_room

_SERVE = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
_STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + _SERVE
_FAIL = "import sys; sys.exit('the disk is on fire')"

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024  # as shutil has it


class Example(Server):
    name = "Example"
    stop_patience = timedelta(seconds=0.2)

    def __init__(self, state: Path, program: str = _SERVE) -> None:
        super().__init__(state, free_ports(1)[0])
        self._program = program

    @property
    def mark(self) -> str:
        return str(self.state / "ready")

    def prepare(self) -> None:
        Path(self.mark).unlink(missing_ok=True)

    def command(self) -> Sequence[str]:
        return [sys.executable, "-c", self._program, self.mark]

    def ready(self) -> bool:
        return Path(self.mark).exists()


def test_a_server_runs_as_long_as_its_context(tmp_path: Path) -> None:
    with Example(tmp_path) as server:
        pid = server.pid
        assert command_line(pid)
    assert not command_line(pid)


def test_a_server_is_stopped_when_its_context_fails(tmp_path: Path) -> None:
    server = Example(tmp_path)
    with pytest.raises(KeyboardInterrupt), server:
        raise KeyboardInterrupt
    assert not server.running


def test_a_server_does_not_get_the_terminals_interrupt(tmp_path: Path) -> None:
    with Example(tmp_path) as server:
        assert os.getsid(server.pid) == server.pid != os.getsid(0)


def test_a_killed_server_can_be_started_again(tmp_path: Path) -> None:
    with Example(tmp_path) as server:
        first = server.pid
        server.kill()
        assert not command_line(first)
        server.start()
        assert command_line(server.pid)


def test_a_server_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    with Example(tmp_path, _STUBBORN) as server:
        pid = server.pid
    assert not command_line(pid)


def test_a_server_that_dies_at_once_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"Example ended while starting(.|\n)*the disk is on fire"):
        Example(tmp_path, _FAIL).start()


def test_a_failed_start_leaves_the_directory_to_the_next(tmp_path: Path) -> None:
    with pytest.raises(StackError):
        Example(tmp_path, _FAIL).start()
    with Example(tmp_path) as server:
        assert server.running


def test_a_server_is_not_started_where_another_listens(tmp_path: Path) -> None:
    server = Example(tmp_path)
    with socket.create_server((LOOPBACK, server.port)), pytest.raises(StackError, match="already in use"):
        server.start()


def test_one_directory_is_not_shared(tmp_path: Path) -> None:
    with Example(tmp_path), pytest.raises(StackError, match="Another run already uses Example"):
        Example(tmp_path).start()


def test_a_process_that_only_has_the_number_of_a_lost_server_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "example.pid").write_text(str(os.getppid()))
    with Example(tmp_path) as server:
        assert server.running
    assert command_line(os.getppid())


def test_a_full_disk_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(1 << 40, 1 << 40, 300 << 20))
    with pytest.raises(StackError, match="Only 300 MB are free"):
        require_room(tmp_path)


def test_a_place_where_no_directory_can_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="cannot be made"):
        require_room(tmp_path / "file" / "state")
