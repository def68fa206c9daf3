"""``make bench-incidents``: what it costs to find which complaints tell of one incident, among a million of them.

A real PostgreSQL with fsync on holds a million fingerprints within the window, a hot incident and empty phrases among
them; then further complaints join in batches and one by one, each in a transaction of its own that is committed. With
``--data FILE`` (lines of JSON with `group`, `date`, `text`) or ``--pairs`` it says instead how often the rule is right.
"""

import asyncio
import resource
import shutil
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from bench.incident_pairs import Labelled, Quality, from_file, gathered, our_own
from bench.incident_texts import batched, decided
from bench.processes import cpu_seconds, own_cpu_seconds
from bench.result import Result, Target
from deploy.local.database import prepare_database, service_passwords
from deploy.local.hotline import POLICY, PROJECT
from deploy.local.messages import say
from deploy.local.ports import free_ports
from deploy.local.postgres import LocalPostgres
from services.router import store
from services.router.decide import Matcher
from services.router.incidents.fingerprints import fingerprint, keys
from services.router.incidents.gathering import gather
from services.router.placement import Decided
from shared import migrate
from shared.matching import comparable
from shared.policy_files import load_policy
from shared.postgres import Pool, create_pool

STATE = PROJECT / ".local/bench-incidents"
END = datetime(2026, 11, 24, tzinfo=UTC)
BATCH, BATCHES, SINGLE = 500, 20, 500
# What an operator of a database of this size would set; fsync and synchronous_commit stay on.
SERVER = ("shared_buffers=2GB", "max_wal_size=16GB", "checkpoint_timeout=30min", "wal_compression=on")
_AT_ONCE = 20_000
_MEGABYTE = 1024 * 1024


class Postgres(LocalPostgres):
    def command(self) -> list[str]:
        return [*super().command(), *(word for setting in SERVER for word in ("-c", setting))]


def main(
    complaints: Annotated[int, typer.Option(help="How many there are within the window.")] = 1_000_000,
    data: Annotated[Path | None, typer.Option(help="Measure how often the rule is right on this file.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write the table into this file.")] = None,
    *,
    pairs: Annotated[bool, typer.Option(help="Measure how often the rule is right on our own sentences.")] = False,
) -> None:
    policy = load_policy(POLICY)
    if data is not None or pairs:
        matcher = Matcher(policy)
        lots = {lot: our_own(lot) for lot in ("dev", "held", "fresh", "last")} if data is None else _halves(data)
        for name, labelled in lots.items():
            one_by_one, together = gathered(labelled, matcher, policy.incidents.window)
            print(f"{name}: {len(labelled)} texts; {_said('pairs', one_by_one)}; {_said('together', together)}")
        return
    result = Result(
        f"Complaints joining their incident among {complaints:,} within the window",
        {name: Target("at most", 1) for name in ("batch_ms_each", "batch_cpu_ms_each", "single_ms_p50")},
    )
    shutil.rmtree(STATE, ignore_errors=True)
    STATE.mkdir(parents=True)
    STATE.chmod(0o755)
    with Postgres(STATE, free_ports(1)[0]) as server:
        asyncio.run(_measure(server, complaints, Matcher(policy), result))
    shutil.rmtree(STATE, ignore_errors=True)
    result.show(page)
    raise typer.Exit(0 if result.met else 1)


def _halves(file: Path) -> dict[str, list[Labelled]]:
    labelled = from_file(file)
    middle = labelled[len(labelled) // 2].at
    return {
        "earlier half": [one for one in labelled if one.at < middle],
        "later half": [one for one in labelled if one.at >= middle],
    }


def _said(what: str, quality: Quality) -> str:
    return (
        f"{what}: precision {quality.precision:.3f}, recall {quality.recall:.3f} "
        f"({quality.right} right, {quality.wrong} wrong, {quality.missed} missed)"
    )


async def _measure(server: LocalPostgres, complaints: int, matcher: Matcher, result: Result) -> None:
    say(f"Filling {complaints:,} fingerprints")
    urls = await prepare_database(server.url, service_passwords(STATE), database="bench")
    migrations = migrate.read(migrate.SHARED, PROJECT / "services/router/migrations")
    await migrate.migrate(urls["router"], migrations)
    window = matcher.policy.incidents.window
    started = time.perf_counter()
    await _fill(urls["router"], complaints, matcher, window)
    result.figures["filled_s"] = time.perf_counter() - started
    fresh = list(decided(BATCH * BATCHES + SINGLE, 99, matcher, END, timedelta(minutes=30)))
    async with await create_pool(urls["router"], application_name="bench-incidents") as pool:
        await _run(server, pool, fresh, matcher, result)
    result.figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _run(server: LocalPostgres, pool: Pool, fresh: Sequence[Decided], matcher: Matcher, result: Result) -> None:
    async def one(batch: Sequence[Decided]) -> float:
        started = time.perf_counter()
        async with pool.acquire() as connection, connection.transaction():
            await gather(connection, batch, matcher.policy, END)
        return 1000 * (time.perf_counter() - started)

    for batch in batched(fresh, BATCH):
        async with pool.acquire() as connection:
            await store.insert_decisions(connection, batch)
    say("Joining in batches, then one by one")
    await one(fresh[:BATCH])
    # As autovacuum does within a minute: after the filling there was but one incident.
    await pool.execute("ANALYZE memberships")
    joining = fresh[BATCH : BATCH * BATCHES]
    cpu = cpu_seconds(server.pid) + own_cpu_seconds()
    batches = [await one(batch) / BATCH for batch in batched(joining, BATCH)]
    cpu = cpu_seconds(server.pid) + own_cpu_seconds() - cpu
    singles = sorted([await one([each]) for each in islice(fresh, BATCH * BATCHES, None)])
    result.figures |= {
        "batch_ms_each": statistics.median(batches),
        # Of both processes, whoever else uses the machine meanwhile.
        "batch_cpu_ms_each": 1000 * cpu / len(joining),
        "batch_ms_each_worst": max(batches),
        "single_ms_p50": statistics.median(singles),
        "single_ms_p99": singles[int(len(singles) * 0.99)],
    }
    for table in ("fingerprints", "fingerprint_keys"):
        size = await pool.fetchval("SELECT pg_total_relation_size($1::text::regclass)", table)
        result.figures[f"{table}_mb"] = size / _MEGABYTE
    result.figures["largest_incident"] = await pool.fetchval(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM memberships WHERE in_force GROUP BY incident_id) AS each"
    )
    result.figures["busiest_key"] = await pool.fetchval(
        "SELECT max(number) FROM (SELECT count(*) AS number FROM fingerprint_keys GROUP BY key) AS each"
    )


async def _fill(url: str, complaints: int, matcher: Matcher, window: timedelta) -> None:
    """Complaints spread over the window before END; those of the hot incident are its members already."""
    connection = await asyncpg.connect(url)
    indexes = await connection.fetch("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'fingerprint_keys'")
    for row in indexes:
        await connection.execute(f"DROP INDEX {row['indexname']}")
    hot: list[tuple[object, ...]] = []
    for chunk in batched(decided(complaints, 1, matcher, END - window, window), _AT_ONCE):
        prints, rows = [], []
        for each in chunk:
            complaint, text = each.complaint, comparable(each.complaint.text)
            found = fingerprint(complaint.accepted_at, text, complaint.place, matcher.policy.towns, each.decision)
            towns, names, parts, implicated, happenings = (
                " ".join(one) for one in (found.towns, found.names, found.parts, found.implicated, found.happenings)
            )
            where = towns, names, parts
            prints.append(
                (complaint.complaint_id, found.at, found.characters, *where, found.matter, implicated, happenings)
            )
            rows += [(key, found.at, complaint.complaint_id) for key in keys(found, text)]
            if "北门小区" in found.names:
                opener = hot[0][0] if hot else complaint.complaint_id
                hot.append((complaint.complaint_id, 1, opener, found.at, found.at, "bench"))
        await connection.copy_records_to_table("fingerprints", records=prints)
        await connection.copy_records_to_table("fingerprint_keys", records=rows)
    columns = ("complaint_id", "version", "incident_id", "accepted_at", "said_at", "because")
    await connection.copy_records_to_table("memberships", columns=columns, records=hot)
    for row in indexes:
        await connection.execute(row["indexdef"], timeout=1800)
    await connection.execute("VACUUM ANALYZE", timeout=1800)
    await connection.close()


if __name__ == "__main__":
    typer.run(main)
