"""``make bench-timers``: what deadlines cost among ten million open cases, and when 100,000 are due in one second.

The same is measured among a tenth of the cases, to show that the cost follows what is due and not what is open. Each
replica of the sweeper is a process of its own; PostgreSQL runs with fsync on. The end of the working day is brought
about by the simulated clock.
"""

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from bench.processes import cpu_seconds, own_cpu_seconds
from bench.result import Result, Target
from bench.timers_checks import Counts, count_fired, newest_entry
from bench.timers_fill import FIRST_DUE, fill
from deploy.local.database import prepare_database, service_passwords, with_database
from deploy.local.hotline import POLICY, PROJECT
from deploy.local.messages import say
from deploy.local.ports import free_ports
from deploy.local.postgres import LocalPostgres
from services.tracker import store
from services.tracker.timers import timers_store
from services.tracker.timers.sweeper import Sweeper
from shared import migrate
from shared.outbox import Relay
from shared.policy import Policy
from shared.policy_files import load_policy
from shared.postgres import Connection, create_pool

STATE = PROJECT / ".local/bench-timers"
REPLICAS = 2
IDLE_POLLS = 200
CLAIMS = 10
# What an operator of a database of this size would set; fsync and synchronous_commit stay on.
SERVER = ("shared_buffers=2GB", "max_wal_size=16GB", "checkpoint_timeout=30min", "wal_compression=on")
FILLING = ("wal_level=minimal", "max_wal_senders=0")


ANY_DUE = "SELECT EXISTS (SELECT FROM timers WHERE fires_at <= present())"


class Postgres(LocalPostgres):
    extra: tuple[str, ...] = ()

    def command(self) -> list[str]:
        return [*super().command(), *(word for setting in (*SERVER, *self.extra) for word in ("-c", setting))]


def main(
    cases: Annotated[int, typer.Option(help="Open cases, of which a tenth makes the smaller run.")] = 10_000_000,
    due: Annotated[int, typer.Option(help="Deadlines that are due in the same second.")] = 100_000,
    seconds: Annotated[float, typer.Option(help="Within which they must have fired.")] = 10,
    page: Annotated[
        Path | None, typer.Option(help="Write the table into this file, such as docs/benchmarks/timers.txt.")
    ] = None,
) -> None:
    sizes = {"few": cases // 10, "many": cases}
    result = Result(
        f"{due:,} deadlines due in the same second among {cases:,} open cases, and among a tenth of them",
        {f"{name}_fired_within_s": Target("at most", seconds) for name in sizes}
        | {f"{name}_not_exactly_once": Target("at most", 0) for name in sizes}
        | {"many_to_few_cpu": Target("at most", 1.5)},
    )
    shutil.rmtree(STATE, ignore_errors=True)
    STATE.mkdir(parents=True)
    STATE.chmod(0o755)
    policy = load_policy(POLICY)
    port = free_ports(1)[0]
    for name, size in sizes.items():
        with _postgres(port, FILLING) as server:
            started = time.perf_counter()
            url = asyncio.run(_fill(server, name, size, due, policy))
            result.figures[f"{name}_cases"] = size
            result.figures[f"{name}_filled_s"] = time.perf_counter() - started
        with _postgres(port, ()) as server:
            asyncio.run(_measure(server, url, policy, due, name, result))
            asyncio.run(_drop(server, name))
    figures = result.figures
    many, few = (figures[f"{name}_cpu_s_postgresql"] + figures[f"{name}_cpu_s_sweepers"] for name in ("many", "few"))
    figures["many_to_few_cpu"] = many / few
    shutil.rmtree(STATE, ignore_errors=True)
    result.show(page)
    print("PASS" if result.met else "FAIL")
    raise typer.Exit(0 if result.met else 1)


@contextmanager
def _postgres(port: int, extra: tuple[str, ...]) -> Iterator[Postgres]:
    server = Postgres(STATE, port)
    server.extra = extra
    with server:
        yield server


async def _fill(server: Postgres, name: str, cases: int, due: int, policy: Policy) -> str:
    """The URL of the tracker's filled database."""
    say(f"Filling {cases:,} cases")
    urls = await prepare_database(server.url, service_passwords(STATE), database=name)
    await migrate.migrate(
        urls["tracker"], migrate.read(migrate.SHARED, PROJECT / "services" / "tracker" / "migrations")
    )
    await fill(with_database(server.url, name), cases, due, tuple(policy.departments))
    return urls["tracker"]


async def _drop(server: Postgres, name: str) -> None:
    connection = await asyncpg.connect(server.url)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def _measure(server: Postgres, url: str, policy: Policy, due: int, name: str, result: Result) -> None:
    figures = result.figures
    connection = await asyncpg.connect(url)
    # A checkpoint writes whole pages afterwards: what is measured is the dearest moment, just after one.
    superuser = await asyncpg.connect(server.url)
    await _set_clock(connection, timedelta(hours=-1))
    figures[f"{name}_idle_poll_ms"], figures[f"{name}_idle_poll_cpu_ms"] = await _idle(server, url, policy)
    figures[f"{name}_claim_ms_per_1000"] = await _claim(connection)
    before = await newest_entry(connection)
    replicas = [_replica(url) for _ in range(REPLICAS)]
    try:
        await superuser.execute("CHECKPOINT")
        cpu = {"postgresql": cpu_seconds(server.pid), "sweepers": sum(cpu_seconds(each.pid) for each in replicas)}
        say(f"The working day ends: {due:,} deadlines")
        started = time.perf_counter()
        await _set_clock(connection, timedelta())
        while await connection.fetchval(ANY_DUE):  # noqa: ASYNC110  # other processes fire them
            await asyncio.sleep(0.05)
        figures[f"{name}_fired_within_s"] = time.perf_counter() - started
        figures[f"{name}_cpu_s_postgresql"] = cpu_seconds(server.pid) - cpu["postgresql"]
        figures[f"{name}_cpu_s_sweepers"] = sum(cpu_seconds(each.pid) for each in replicas) - cpu["sweepers"]
    finally:
        for each in replicas:
            each.terminate()
            each.wait()
    counts = await count_fired(connection, before, FIRST_DUE)
    say(f"Counted: {counts}")
    figures[f"{name}_not_exactly_once"] = sum(abs(a - b) for a, b in zip(counts, Counts.expected(due), strict=True))
    await superuser.close()
    await connection.close()


async def _set_clock(connection: Connection, past_due: timedelta) -> None:
    """Make the tracker's present the first moment at which replies are due, or `past_due` off it."""
    now = await connection.fetchval("SELECT now()")
    await connection.execute(store.SET_SIMULATED_CLOCK, FIRST_DUE + past_due - now)


async def _idle(server: Postgres, url: str, policy: Policy) -> tuple[float, float]:
    """Milliseconds of one look that finds nothing due: those that pass, and those of CPU time on both sides."""
    async with await create_pool(url, application_name="bench") as pool:
        sweeper = Sweeper(pool, Relay(pool, []), lambda: policy)
        await sweeper.sweep()
        polls = []
        cpu = cpu_seconds(server.pid) + own_cpu_seconds()
        for _ in range(IDLE_POLLS):
            started = time.perf_counter()
            await sweeper.sweep()
            polls.append(time.perf_counter() - started)
        cpu = cpu_seconds(server.pid) + own_cpu_seconds() - cpu
    return 1000 * statistics.median(polls), 1000 * cpu / IDLE_POLLS


async def _claim(connection: Connection) -> float:
    """Milliseconds to claim a thousand of the timers that will be due, undone each time."""
    claims = []
    for _ in range(CLAIMS):
        transaction = connection.transaction()
        await transaction.start()
        started = time.perf_counter()
        claimed = await timers_store.claim_timers(connection, FIRST_DUE, 1000)
        claims.append(time.perf_counter() - started)
        assert len(claimed) == 1000, len(claimed)  # noqa: PLR2004, S101
        await transaction.rollback()
    return 1000 * statistics.median(claims)


def _replica(url: str) -> "subprocess.Popen[str]":
    """A sweeper in a process of its own that has had its first look."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.sweeping"],
        cwd=PROJECT,
        env=os.environ | {"DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101  # we asked for a pipe
    if process.stdout.readline() != "ready\n":
        raise RuntimeError("a sweeper did not start; its own words stand above")
    return process


if __name__ == "__main__":
    typer.run(main)
