"""``make bench-intake``: how fast the intake accepts, next to two limits in the same run on the same servers.

The limits are the intake's own HTTP stack with an empty handler, and bare inserts of the same rows into the same
tables. Beside the first stand two more, so that nobody is misled: the bare framework, without the intake's middlewares,
limits and access rule, and the way around the framework that the intake takes for single POSTs, with nothing behind it
(docs/decisions/0025). Each round measures the intake and its limits one after the other, and a ratio is the median of
the rounds' ratios. fsync is on. The relay carries every event to a real Kafka meanwhile, because that is what the
intake does; the router and the tracker are stopped, because they are not the intake.
"""

import asyncio
import itertools
import shutil
import statistics
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import asyncpg
import typer

from bench import load
from bench.bare_inserts import run_bare_inserts
from bench.empty_handler import EmptyHandler, Kind
from bench.processes import cpu_seconds, resident_megabytes
from bench.result import Result, Target
from deploy.local.database import prepare_database, service_passwords
from deploy.local.hotline import PROJECT
from deploy.local.messages import say
from deploy.local.observe import outboxes_are_empty, services_are_ready
from deploy.local.ports import free_ports
from deploy.local.stack import Ports, Stack, start_stack
from shared import migrate
from shared.principal import Role

STATE = PROJECT / ".local/bench-intake"
CONNECTIONS = 32
ROUNDS = 9
SINGLY, EMPTY, LINES, BARE = 4_000, 8_000, 16_000, 16_000
LINES_EACH = 250
PACED_SECONDS = 10
# Complaints between two looks at the memory, most of them by the line.
STRIDE, STRIDE_SINGLY = 20_000, 2_000
SHORT, MILLION = 5, 50

# The name of the figure, and which of the empty handlers it is of.
LIMITS: Mapping[str, Kind] = {"empty_handler": "stack", "bare_framework": "bare", "around_framework": "direct"}

TARGETS = {
    "singly_to_empty_handler": Target("at least", 0.5),
    "lines_to_bare_inserts": Target("at least", 0.5),
    "half_load_p99_ms": Target("at most", 50),
    "resident_mb": Target("at most", 150),
    "resident_growth_mb": Target("at most", 8),
}


def main(
    *,
    million: Annotated[bool, typer.Option(help="Watch the memory over a million submissions.")] = False,
    page: Annotated[
        Path | None, typer.Option(help="Write the table into this file, such as docs/benchmarks/intake.txt.")
    ] = None,
) -> None:
    result = Result("Accepting complaints: from HTTP to the commit", TARGETS)
    shutil.rmtree(STATE, ignore_errors=True)
    with start_stack(STATE, Ports.free(), require_apache=True) as stack:
        asyncio.run(_wait_until_ready(stack))
        stack.router.stop()
        stack.tracker.stop()
        with ExitStack() as running:
            limits = {
                name: running.enter_context(EmptyHandler(kind, port, stack.intake))
                for (name, kind), port in zip(LIMITS.items(), free_ports(len(LIMITS)), strict=True)
            }
            asyncio.run(_Measuring(stack, result, limits).run(MILLION if million else SHORT))
    result.show(page)


async def _wait_until_ready(stack: Stack) -> None:
    while not await services_are_ready(stack):  # noqa: ASYNC110  # other processes
        await asyncio.sleep(0.1)


@dataclass(slots=True)
class _Measuring:
    stack: Stack
    result: Result
    # Of single POSTs, by the name of the figure.
    limits: Mapping[str, EmptyHandler]
    bodies: Iterator[bytes] = field(default_factory=lambda: load.submissions(uuid4().hex))

    door: load.Door = field(init=False)

    def __post_init__(self) -> None:
        self.door = load.Door(self.stack.intake.port, self.stack.issuer.token(Role.ADAPTER))

    async def run(self, strides: int) -> None:
        bare_url = await self._bare_database()
        say("Warming up")
        await load.post_singly(self.door, self._take(1000), CONNECTIONS)
        for limit in self.limits.values():
            await load.post_singly(self._door(limit), self._take(1000), CONNECTIONS)
        await load.post_lines(self.door, self._take(4000), CONNECTIONS, LINES_EACH)
        await self._drained()
        await self._singly()
        await self._lines(bare_url)
        await self._half_load()
        await self._memory(strides)

    async def _singly(self) -> None:
        rates: dict[str, list[tuple[float, float]]] = {name: [] for name in self.limits}
        cpu, posted = dict.fromkeys(("singly", *self.limits), 0.0), load.Posted()
        for number in range(1, ROUNDS + 1):
            say(f"Round {number} of {ROUNDS}: {SINGLY} single POSTs, {EMPTY} to each of the empty handlers")
            before = cpu_seconds(self.stack.intake.pid)
            one = await load.post_singly(self.door, self._take(SINGLY), CONNECTIONS)
            await self._drained()
            cpu["singly"] += (cpu_seconds(self.stack.intake.pid) - before) / SINGLY
            posted.latencies += one.latencies
            for name, limit in self.limits.items():
                before = cpu_seconds(limit.pid)
                empty = await load.post_singly(self._door(limit), self._take(EMPTY), CONNECTIONS)
                cpu[name] += (cpu_seconds(limit.pid) - before) / EMPTY
                rates[name].append((SINGLY / one.seconds, EMPTY / empty.seconds))
        for name, rounds in rates.items():
            self._compare("singly", name, rounds)
        self._percentiles("singly", posted)
        for name, seconds in cpu.items():
            self.result.figures[f"{name}_cpu_ms_each"] = 1000 * seconds / ROUNDS

    def _door(self, limit: EmptyHandler) -> load.Door:
        return load.Door(limit.port, self.door.token)

    async def _lines(self, bare_url: str) -> None:
        rounds, posted = [], load.Posted()
        before = cpu_seconds(self.stack.intake.pid)
        for number in range(1, ROUNDS + 1):
            say(f"Round {number} of {ROUNDS}: {LINES} lines, {BARE} bare inserts")
            await self._settle_log()
            some = await load.post_lines(self.door, self._take(LINES), CONNECTIONS, LINES_EACH)
            await self._drained()
            bare = await asyncio.to_thread(run_bare_inserts, bare_url, self._take(BARE))
            rounds.append((LINES / some.seconds, bare))
            posted.latencies += some.latencies
        cpu = cpu_seconds(self.stack.intake.pid) - before
        self._compare("lines", "bare_inserts", rounds)
        self._percentiles(f"lines_{LINES_EACH}_together", posted)
        self.result.figures["lines_cpu_ms_each"] = 1000 * cpu / (LINES * ROUNDS)

    async def _half_load(self) -> None:
        await self._settle_log()
        rate = self.result.figures["singly_per_second"] / 2
        say(f"Single POSTs at half that rate, {rate:.0f}/s for {PACED_SECONDS} s")
        posted = await load.post_paced(self.door, self._take(int(rate * PACED_SECONDS)), rate, CONNECTIONS)
        self.result.figures["half_load_per_second"] = rate
        self._percentiles("half_load", posted)

    async def _memory(self, strides: int) -> None:
        say(f"Memory over {strides * STRIDE} submissions")
        seen = []
        for _ in range(strides):
            await load.post_lines(self.door, self._take(STRIDE - STRIDE_SINGLY), CONNECTIONS, LINES_EACH)
            await load.post_singly(self.door, self._take(STRIDE_SINGLY), CONNECTIONS)
            seen.append(resident_megabytes(self.stack.intake.pid))
        await self._drained()
        # After the first fifth everything that is kept has been loaded once.
        settled = seen[len(seen) // 5]
        self.result.figures["memory_submissions"] = strides * STRIDE
        self.result.figures["resident_mb"] = max(seen)
        self.result.figures["resident_growth_mb"] = max(0.0, statistics.median(seen[-len(seen) // 5 :]) - settled)

    def _compare(self, ours: str, limit: str, rounds: list[tuple[float, float]]) -> None:
        figures = self.result.figures
        figures[f"{ours}_per_second"] = statistics.median(rate for rate, _ in rounds)
        figures[f"{limit}_per_second"] = statistics.median(rate for _, rate in rounds)
        ratios = sorted(rate / limit_rate for rate, limit_rate in rounds)
        figures[f"{ours}_to_{limit}"] = statistics.median(ratios)
        figures[f"{ours}_to_{limit}_lowest"], figures[f"{ours}_to_{limit}_highest"] = ratios[0], ratios[-1]

    def _percentiles(self, name: str, posted: load.Posted) -> None:
        cuts = statistics.quantiles(posted.latencies, n=100)
        self.result.figures[f"{name}_p50_ms"], self.result.figures[f"{name}_p99_ms"] = 1000 * cuts[49], 1000 * cuts[98]

    def _take(self, count: int) -> list[bytes]:
        return list(itertools.islice(self.bodies, count))

    async def _drained(self) -> None:
        """Wait until the relay has nothing left to do, which would otherwise weigh on what is measured next."""
        while not await outboxes_are_empty(self.stack):  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.05)

    async def _settle_log(self) -> None:
        """Have the checkpoint now that would otherwise fall into something measured.

        It also leaves PostgreSQL files to write its log over, as one has that has run for some hours: until the first
        checkpoint it makes a new one of 16 MB every few seconds, and each commit waits meanwhile.
        """
        connection = await asyncpg.connect(self.stack.postgres.url)
        await connection.execute("CHECKPOINT")
        await connection.close()

    async def _bare_database(self) -> str:
        """The same tables in a database of their own."""
        urls: Mapping[str, str] = await prepare_database(
            self.stack.postgres.url, service_passwords(STATE), database="bare"
        )
        await migrate.migrate(
            urls["intake"], migrate.read(migrate.SHARED, PROJECT / "services" / "intake" / "migrations")
        )
        return urls["intake"]


if __name__ == "__main__":
    typer.run(main)
