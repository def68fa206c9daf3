"""One whole run: an empty database, the year, the check of its record."""

import logging
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date

import structlog
import uvloop

from bench.year import clock
from bench.year.findings import Findings, compare
from bench.year.world import World
from bench.year.year_store import READ_SUSPECTED
from deploy.local.database import SERVICES, prepare_database
from deploy.local.hotline import POLICY, PROJECT
from services.tracker import verifying
from services.tracker.verifying import Whole
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
    check_seconds: float


def live_alone(server_url: str, year: Year, nth: int) -> Lived:
    """The year in a process of its own, on a server made for it and nothing else."""
    # Of every anchor the tracker writes a line.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    return uvloop.run(_in_fresh_database(server_url, year, f"year_{nth}"))


async def _in_fresh_database(server_url: str, year: Year, database: str) -> Lived:
    passwords = dict.fromkeys(SERVICES, "only-for-this-year")
    urls = await prepare_database(server_url, passwords, database=database, fresh=True)
    return await live(urls["tracker"], year, load_policy(POLICY))


async def live(url: str, year: Year, policy: Policy) -> Lived:
    """Live through the year in the tracker's empty database at `url`, and look at what is in it then."""
    await migrate.migrate(url, migrate.read(migrate.SHARED, PROJECT / "services" / "tracker" / "migrations"))
    await clock.install(url)
    pool = await clock.one_connection(url)
    started = time.perf_counter()
    try:
        world = World(pool, policy, year.seed, year.complaints, FIRST, year.days)
        await world.run()
        seconds = time.perf_counter() - started
        findings = compare(await pool.fetch(READ_SUSPECTED), world.ledger, policy.detection)
    finally:
        await pool.close()
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
        check_seconds=time.perf_counter() - started,
    )
