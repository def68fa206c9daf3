"""One whole run: an empty database, the year, the check of its record."""

import logging
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import asyncpg
import structlog
import uvloop

from bench.processes import own_cpu_seconds
from bench.year import clock
from bench.year.findings import Findings, compare
from bench.year.world import World
from bench.year.year_store import READ_SUSPECTED
from deploy.local.database import ROLES, prepare_database, serving
from deploy.local.hotline import POLICY, PROJECT
from services.tracker.record import verifying
from services.tracker.record.verifying import Whole
from shared import migrate
from shared.policy import Policy
from shared.policy_files import load_policy

# A year whose holidays are all known, and those of the months after it.
FIRST = date(2025, 1, 1)


@dataclass(frozen=True, slots=True)
class Year:
    """How much there is to live through."""

    complaints: int
    days: int
    seed: int


@dataclass(frozen=True, slots=True)
class Lived:
    opened: int
    moves: Counter[str]
    refused_moves: Counter[str]
    planted: int
    findings: Findings
    # What the check of the record says is wrong; None where it is whole.
    broken: str | None
    entries: int
    anchors: int
    head: str
    seconds: float
    # Of this process, without the database's.
    cpu_seconds: float
    check_seconds: float


def live_alone(server_url: str, year: Year, nth: int) -> Lived:
    """The year in a process of its own, on a server made for it and nothing else."""
    # Of every anchor the tracker writes a line.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    return uvloop.run(_in_fresh_database(server_url, year, f"year_{nth}"))


async def _in_fresh_database(server_url: str, year: Year, database: str) -> Lived:
    passwords = dict.fromkeys(ROLES, "only-for-this-year")
    urls = await prepare_database(server_url, passwords, database=database, fresh=True)
    return await live(urls["tracker"], passwords, year, load_policy(POLICY))


async def live(url: str, passwords: Mapping[str, str], year: Year, policy: Policy) -> Lived:
    """Live through the year in the tracker's empty database, and look at what is in it then.

    `url` is of the schema's owner; the services' code logs in as the service does, which may only add to the record.
    """
    await migrate.migrate(url, migrate.read(migrate.SHARED, PROJECT / "services" / "tracker" / "migrations"))
    await clock.install(url)
    owner = await asyncpg.connect(url)
    pool = await clock.one_connection(serving(url, "tracker", passwords))
    started, before = time.perf_counter(), own_cpu_seconds()
    try:
        world = World(pool, owner, policy, year.seed, year.complaints, FIRST, year.days)
        await world.run()
        seconds, cpu = time.perf_counter() - started, own_cpu_seconds() - before
        findings = compare(await pool.fetch(READ_SUSPECTED), world.ledger, policy.detection)
    finally:
        await pool.close()
        await owner.close()
    started = time.perf_counter()
    async with verifying.snapshot(url) as connection:
        found = await verifying.verify(connection)
    whole = found if isinstance(found, Whole) else None
    return Lived(
        opened=world.opened,
        moves=world.ledger.moves,
        refused_moves=world.ledger.refused_moves,
        planted=len(world.ledger.planted),
        findings=findings,
        broken=None if whole else str(found),
        entries=whole.entries if whole else 0,
        anchors=whole.anchors if whole else 0,
        head=whole.head.line if whole and whole.head else "",
        seconds=seconds,
        cpu_seconds=cpu,
        check_seconds=time.perf_counter() - started,
    )
