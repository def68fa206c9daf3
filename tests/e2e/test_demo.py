"""`make demo ARGS=--exit` as its users see it: what it prints, how it ends, and what it leaves behind."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields

import pytest

from deploy.local.feed import sample_submissions
from deploy.local.hotline import PROJECT
from deploy.local.messages import StackError
from deploy.local.ports import LOOPBACK, free_ports, require_free
from deploy.local.stack import Ports

_STATE = PROJECT / ".local/demo"
_PATIENCE_SECONDS = 300


@pytest.fixture
def first_port() -> int:
    """The first of as many free ports in a row as the stack takes."""
    return next(first for first in free_ports(100) if all(_is_free(first + more) for more in range(len(fields(Ports)))))


def test_the_demo_ends_well_and_prints_what_it_promises(first_port: int) -> None:
    done = _demo(first_port)
    assert done.returncode == 0, done.stderr
    printed = done.stdout
    for promised in (
        "Complaints per channel",
        "12345热线 hotline_12345",
        "网站投诉平台 web_portal",
        "监督邮箱 mailbox",
        "政务服务中心 service_center",
        "部门投诉电话、信箱 department_line",
        "网络问政平台 qa_platform",
        "Cases per department",
        "督查室",
        "时限 Deadlines",
        "签收 acknowledge",
        "答复 reply",
        f"http://{LOOPBACK}:{first_port}/openapi.json",
        "网页登录 pages",
    ):
        assert promised in printed
    met, late, warned, missed = _numbers(r"答复 reply[^\d]+(\d+)[^\d]+(\d+)[^\d]+(\d+)[^\d]+(\d+)", printed)
    assert min(met, late, warned, missed) > 0
    assert _numbers(r"Suspected inaction: .*not acknowledged (\d+)", printed) > [0]
    assert _numbers(r"Suspected inaction: .*not answered (\d+)", printed) > [0]
    median, slowest = _numbers(r"accepted → case: p50 (\d+) ms, p99 (\d+) ms", printed)
    assert 0 < median <= slowest
    accepted, cases = _numbers(r"受理 accepted (\d+),.*立案 cases (\d+)", printed)
    assert accepted == cases > len({one["external_id"] for one in sample_submissions()})
    assert "every accepted complaint has exactly one case: 是 yes" in printed
    _assert_nothing_is_left(first_port)


def test_a_port_in_use_is_told_in_one_sentence_and_nothing_is_left_running(first_port: int) -> None:
    # The broker's; the database runs already when it is wanted.
    taken = first_port + 3
    with socket.create_server((LOOPBACK, taken)):
        done = _demo(first_port)
    assert done.returncode == 1
    *progress, told = done.stderr.splitlines()
    assert re.match(rf"Port {taken} on {LOOPBACK}, wanted for \D+, is already in use; .+ give another port\.$", told)
    assert not any("Traceback" in line for line in progress)
    assert done.stdout == ""
    _assert_nothing_is_left(first_port)


def _demo(first_port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "deploy.local", "demo", "--exit", "--first-port", str(first_port)],
        cwd=PROJECT,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_SECONDS,
    )


def _environment() -> Mapping[str, str]:
    """Ours, but for servers that somebody else runs: the demonstration brings its own."""
    return {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS"}
    }


def _numbers(pattern: str, printed: str) -> list[int]:
    found = re.search(pattern, printed)
    assert found, f"{pattern} is not in\n{printed}"
    return [int(number) for number in found.groups()]


def _assert_nothing_is_left(first_port: int) -> None:
    assert list(_STATE.glob("*.pid")) == []
    for port in range(first_port, first_port + 5):
        require_free(port, "the next demonstration")


def _is_free(port: int) -> bool:
    try:
        require_free(port, "the demonstration")
    except StackError:
        return False
    return True
