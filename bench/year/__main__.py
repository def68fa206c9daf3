"""``make simulate``: a year of complaints in virtual time, in which five of twenty-five departments misbehave.

The services' own code does everything, on a real PostgreSQL; only Kafka and HTTP are left out, and the clock is the
simulation's. What is planted must be found, the honest must be left alone but for the stated rate, the record must be
whole, and with ``--twice`` a second year must end in the very same head of the chain of chains.
"""

import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import typer

from bench.processes import cpu_seconds
from bench.result import Result
from bench.year.report import figures, show, targets
from bench.year.running import Year, live_alone
from deploy.local.hotline import POLICY, PROJECT
from deploy.local.messages import say
from deploy.local.ports import free_ports
from deploy.local.postgres import LocalPostgres
from shared.policy_files import load_policy

STATE = PROJECT / ".local/year"
# Nothing here must survive a crash.
_SERVER = ("shared_buffers=512MB", "max_wal_size=8GB", "fsync=off", "full_page_writes=off", "autovacuum=off")


class Postgres(LocalPostgres):
    def command(self) -> list[str]:
        return [*super().command(), *(word for setting in _SERVER for word in ("-c", setting))]


def main(
    complaints: Annotated[int, typer.Option(help="How many complaints; some more follow from them.")] = 200_000,
    days: Annotated[int, typer.Option(help="Over how many days from 2025-01-01 on they arrive.")] = 365,
    seed: Annotated[int, typer.Option(help="Another seed makes another year.")] = 12345,
    twice: Annotated[bool, typer.Option("--twice", help="Live it twice and compare the records.")] = False,
    page: Annotated[
        Path | None, typer.Option(help="Write the table into this file, such as docs/benchmarks/year.txt.")
    ] = None,
) -> None:
    year = Year(complaints, days, seed)
    say(f"{complaints:,} complaints in {days} days of virtual time")
    shutil.rmtree(STATE, ignore_errors=True)
    STATE.mkdir(parents=True)
    STATE.chmod(0o755)
    # Each in a process and a database of its own, side by side where there are two cores.
    with Postgres(STATE, free_ports(1)[0]) as server, ProcessPoolExecutor(2, get_context("spawn")) as processes:
        living = [processes.submit(live_alone, server.url, year, nth) for nth in range(2 if twice else 1)]
        runs = [one.result() for one in living]
        cpu = {"services": sum(run.cpu_seconds for run in runs), "postgresql": cpu_seconds(server.pid)}
    shutil.rmtree(STATE, ignore_errors=True)
    policy = load_policy(POLICY)
    total = sum(run.opened for run in runs)
    result = Result(f"{complaints:,} complaints in {days} days of virtual time, seed {seed}", targets(policy, days))
    result.figures.update(figures(runs, policy))
    result.figures.update({f"cpu_ms_per_complaint_{name}": 1000 * s / total for name, s in cpu.items()})
    show(runs[0], policy, days)
    result.show(page)
    for run in runs:
        print(f"head of the chain of chains: {run.head}")
    print("PASS" if result.met else "FAIL")
    raise typer.Exit(0 if result.met else 1)


if __name__ == "__main__":
    typer.run(main)
