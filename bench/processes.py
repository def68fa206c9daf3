"""CPU seconds and memory of processes as the kernel counts them (Linux)."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of `pid` and of its live and ended children, so that PostgreSQL's backends count."""
    return sum(_ticks(line) for line in _family(pid)) / _TICKS


def own_cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system


def resident_megabytes(pid: int) -> float:
    """What of `pid` is in memory now, shared libraries included."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _family(pid: int) -> Iterator[list[str]]:
    for directory in Path("/proc").iterdir():
        if not directory.name.isdigit():
            continue
        try:
            fields = (directory / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(directory.name) == pid or int(fields[1]) == pid:
            yield fields


def _ticks(fields: list[str]) -> int:
    # proc(5): utime, stime, cutime and cstime are the fields 14 to 17, of which the first two are cut off here.
    return sum(map(int, fields[11:15]))
