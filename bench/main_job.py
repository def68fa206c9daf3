"""``make bench``: the whole stack under load, next to the bare pipe in the same run on the same servers."""

import asyncio
import itertools
import shutil
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
import typer
from aiokafka import AIOKafkaConsumer

from bench import load
from bench.bare_pipe import ASSIGNED, OPENED, RECEIVED, Pipe, run_bare_pipe
from bench.processes import cpu_seconds, own_cpu_seconds
from bench.result import Result, Target
from deploy.local.database import prepare_database, service_passwords
from deploy.local.hotline import PROJECT
from deploy.local.messages import say
from deploy.local.observe import outboxes_are_empty, services_are_ready
from deploy.local.stack import Ports, Stack, start_stack
from shared import migrate
from shared.kafka import create_topics
from shared.principal import Role
from shared.topics import CASES_EVENTS
from shared.wire import decode

SINGLY, LINES, BARE = 7_000, 20_000, 20_000
CONNECTIONS = 32
STATE = PROJECT / ".local/bench"
IDLE_SAMPLES = 40
PACED_SECONDS = 15

ACCEPTED_AT = """
SELECT complaint_id, extract(epoch FROM accepted_at)::float8 AS accepted_at
FROM complaints WHERE complaint_id = ANY($1)
"""

TARGETS = {
    "singly_per_second": Target("at least", 700),
    "lines_per_second": Target("at least", 2000),
    "lines_to_bare_pipe": Target("at least", 0.35),
    "half_load_p99_ms": Target("at most", 1000),
    "idle_p50_ms": Target("at most", 200),
    "idle_p99_ms": Target("at most", 200),
}


def main(
    page: Annotated[
        Path | None, typer.Option(help="Write the table into this file, such as docs/benchmarks/main-job.txt.")
    ] = None,
) -> None:
    result = Result("From HTTP to a committed case with its deadlines", TARGETS)
    shutil.rmtree(STATE, ignore_errors=True)
    with start_stack(STATE, Ports.free(), require_apache=True) as stack:
        asyncio.run(_measure(stack, result))
        say(f"The bare pipe, {BARE} complaints")
        result.figures["bare_pipe_per_second"] = _bare_pipe(stack)
    figures = result.figures
    figures["lines_to_bare_pipe"] = figures["lines_per_second"] / figures["bare_pipe_per_second"]
    result.show(page)


async def _measure(stack: Stack, result: Result) -> None:
    while not await services_are_ready(stack):  # noqa: ASYNC110  # other processes
        await asyncio.sleep(0.1)
    tracker = await asyncpg.connect(stack.database_urls["tracker"])
    door = load.Door(stack.intake.port, stack.issuer.token(Role.ADAPTER))
    run = uuid4().hex
    bodies = load.submissions(run)
    submitted = 0

    async def all_have_cases() -> None:
        while await tracker.fetchval("SELECT count(*) FROM cases") < submitted:  # noqa: ASYNC110  # another process commits them
            await asyncio.sleep(0.05)

    def take(count: int) -> list[bytes]:
        nonlocal submitted
        submitted += count
        return list(itertools.islice(bodies, count))

    say("Warming up")
    await load.post_singly(door, take(500), CONNECTIONS)
    await load.post_lines(door, take(2000), 2, 1000)
    await all_have_cases()

    say(f"Idle latency, {IDLE_SAMPLES} complaints one after the other")
    await _latencies(stack, result, "idle", lambda: load.post_paced(door, take(IDLE_SAMPLES), 4, 1), IDLE_SAMPLES)

    say(f"Single POSTs, {SINGLY} over {CONNECTIONS} connections")
    await _throughput(
        stack,
        result,
        "singly",
        SINGLY,
        lambda: load.post_singly(door, take(SINGLY), CONNECTIONS),
        all_have_cases,
    )
    say(f"NDJSON, {LINES} lines")
    await _throughput(
        stack, result, "lines", LINES, lambda: load.post_lines(door, take(LINES), 2, 1000), all_have_cases
    )

    rate = result.figures["singly_per_second"] / 2
    count = int(rate * PACED_SECONDS)
    say(f"Latency at half that load, {count} single POSTs at {rate:.0f}/s")
    result.figures["half_load_per_second"] = rate
    await _latencies(stack, result, "half_load", lambda: load.post_paced(door, take(count), rate, CONNECTIONS), count)
    await tracker.close()


async def _throughput(
    stack: Stack,
    result: Result,
    name: str,
    count: int,
    submit: Callable[[], Awaitable[load.Posted]],
    all_have_cases: Callable[[], Awaitable[None]],
) -> None:
    """Measure from the first submission to the last committed case, with the CPU time of each process."""
    before = _cpu(stack)
    started = time.perf_counter()
    accepting = (await submit()).seconds
    await all_have_cases()
    result.figures[f"{name}_per_second"] = count / (time.perf_counter() - started)
    result.figures[f"{name}_accepted_per_second"] = count / accepting
    for process, seconds in _cpu(stack).items():
        result.figures[f"{name}_cpu_s_per_1000_{process}"] = (seconds - before[process]) * 1000 / count


def _cpu(stack: Stack) -> dict[str, float]:
    servers = {"intake": stack.intake, "router": stack.router, "tracker": stack.tracker}
    return {
        **{name: cpu_seconds(server.pid) for name, server in servers.items()},
        "postgresql": cpu_seconds(stack.postgres.pid),  # type: ignore[union-attr]  # the bench starts its own
        "kafka": cpu_seconds(stack.broker.pid),  # type: ignore[union-attr]
        "load": own_cpu_seconds(),
    }


async def _latencies(
    stack: Stack, result: Result, name: str, submit: Callable[[], Awaitable[object]], count: int
) -> None:
    """Measure from each acceptance to the arrival of its ``case.opened`` event, which is sent after the commit."""
    arrived: dict[UUID, float] = {}
    consumer = AIOKafkaConsumer(CASES_EVENTS, bootstrap_servers=stack.broker.bootstrap_servers)
    async with consumer:
        # What an earlier phase has yet to publish is not of this one.
        while not await outboxes_are_empty(stack):  # noqa: ASYNC110  # other processes
            await asyncio.sleep(0.05)
        await consumer.seek_to_end()
        await submit()
        while len(arrived) < count:
            for records in (await consumer.getmany(timeout_ms=10_000)).values():
                arrived |= {decode(r).event.complaint_id: r.timestamp / 1000 for r in records}
    connection = await asyncpg.connect(stack.database_urls["intake"])
    accepted = await connection.fetch(ACCEPTED_AT, list(arrived))
    await connection.close()
    latencies = sorted(1000 * (arrived[row["complaint_id"]] - row["accepted_at"]) for row in accepted)
    cuts = statistics.quantiles(latencies, n=100)
    result.figures[f"{name}_p50_ms"], result.figures[f"{name}_p99_ms"] = cuts[49], cuts[98]


def _bare_pipe(stack: Stack) -> float:
    urls = asyncio.run(_bare_tables(stack))
    pipe = Pipe(stack.broker.bootstrap_servers, urls["intake"], urls["router"], urls["tracker"])
    return run_bare_pipe(pipe, list(itertools.islice(load.submissions(uuid4().hex), BARE)))


async def _bare_tables(stack: Stack) -> dict[str, str]:
    """The same tables in a database of their own, and three topics."""
    urls = await prepare_database(stack.postgres.url, service_passwords(STATE), database="bare")
    for service, url in urls.items():
        await migrate.migrate(url, migrate.read(migrate.SHARED, PROJECT / "services" / service / "migrations"))
    await create_topics([stack.broker.bootstrap_servers], [RECEIVED, ASSIGNED, OPENED])
    return urls


if __name__ == "__main__":
    typer.run(main)
