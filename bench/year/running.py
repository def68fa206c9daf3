"""One whole run: an empty database, the year, the check of its record."""

import time
from dataclasses import dataclass
from datetime import date

from bench.year import clock
from bench.year.findings import Findings, compare
from bench.year.ledger import Ledger
from bench.year.world import World
from bench.year.year_store import READ_SUSPECTED
from deploy.local.hotline import PROJECT
from services.tracker import verifying
from services.tracker.verifying import Whole
from shared import migrate
from shared.policy import Policy

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
    ledger: Ledger
    findings: Findings
    # What the check of the record says is wrong; None where it is whole.
    broken: str | None
    entries: int
    anchors: int
    head: str
    seconds: float
    check_seconds: float


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
        ledger=world.ledger,
        findings=findings,
        broken=None if whole else str(found),
        entries=whole.entries if whole else 0,
        anchors=whole.anchors if whole else 0,
        head=whole.head.line if whole and whole.head else "",
        seconds=seconds,
        check_seconds=time.perf_counter() - started,
    )
