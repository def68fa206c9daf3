"""The tracker's command line: ``python -m services.tracker --help``."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from services.tracker import store
from services.tracker.deadlines import deadlines
from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.due import format_due
from services.tracker.deadlines.recomputing import Recomputed, Recomputing
from services.tracker.inaction.detecting import Detecting
from services.tracker.main import run
from services.tracker.record import record_store, verifying
from services.tracker.record.record import Broken
from services.tracker.record.verifying import Whole
from services.tracker.settings import TrackerSettings
from services.tracker.timers import timers_store
from shared.commands import command_line, read_policy
from shared.counting import BY_LAW_ALONE
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import create_pool
from shared.settings import PostgresSettings, read_settings
from shared.term import Term

app = command_line("tracker", "Opens cases, keeps their deadlines and reports inaction.", TrackerSettings, run)


@app.command()
def due(
    opened: Annotated[str, typer.Option(help="Instant of opening, ISO 8601 with offset: 2026-09-30T16:00:00+08:00.")],
    term: Annotated[
        str, typer.Option(help="5wd working days, 15d calendar days, 4wh office hours, 2h hours, 30m minutes.")
    ],
    policy: Annotated[
        Path | None,
        typer.Option(envvar="HOTLINE_POLICY_DIR", help="The county whose notices and hours hold."),
    ] = None,
) -> None:
    """Say when a term runs out, and how it was counted."""
    county = read_policy(policy) if policy else None
    try:
        answer = deadlines.due(
            datetime.fromisoformat(opened),
            Term.parse(term),
            Calendar.of_china(county.notices if county else ()),
            county.counting if county else BY_LAW_ALONE,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    typer.echo(format_due(answer))


@app.command()
def recompute(
    policy: Annotated[Path, typer.Option(envvar="HOTLINE_POLICY_DIR", help="The county whose notices hold.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Count provisional deadlines again after a holiday notice, as every start of the tracker does by itself."""
    calendar = Calendar.of_china(read_policy(policy).notices)
    found = asyncio.run(_recompute(str(read_settings(PostgresSettings).database_url), calendar, dry_run=dry_run))
    for change in found.changes:
        typer.echo(change)
    would = "would be " if dry_run else ""
    typer.echo(
        f"{found.moved} deadlines {would}moved, {found.settled} {would}settled as they were, {found.kept} kept; "
        f"calendar {calendar.version}"
    )


async def _recompute(database_url: str, calendar: Calendar, *, dry_run: bool) -> Recomputed:
    pool = await create_pool(database_url, application_name="tracker recompute")
    try:
        return await Recomputing(pool, Relay(pool, []), lambda: calendar).recompute(dry_run=dry_run)
    finally:
        await pool.close()


@app.command()
def detect(
    policy: Annotated[
        Path, typer.Option(envvar="HOTLINE_POLICY_DIR", help="The county whose departments are looked at.")
    ],
) -> None:
    """Look for inaction in what has changed since the last time, as the tracker does by itself every night."""
    found = asyncio.run(_detect(str(read_settings(PostgresSettings).database_url), read_policy(policy)))
    for kind, number in sorted(found.items()):
        typer.echo(f"{kind}: {number}")
    typer.echo(f"{found.total()} new suspicions")


async def _detect(database_url: str, county: Policy) -> Counter[str]:
    pool = await create_pool(database_url, application_name="tracker detect")
    try:
        return await Detecting(pool, Relay(pool, []), lambda: county).detect()
    finally:
        await pool.close()


@app.command()
def clock(
    ahead: Annotated[float, typer.Argument(help="Days by which the tracker runs ahead of the real time.")],
) -> None:
    """Move the clock of a demonstration; refused where HOTLINE_SIMULATION is not set."""
    settings = read_settings(TrackerSettings)
    if not settings.simulation:
        raise typer.BadParameter(
            "real deadlines run on real time; HOTLINE_SIMULATION=true allows this in a demonstration"
        )
    asyncio.run(_execute(str(settings.database_url), store.SET_SIMULATED_CLOCK, timedelta(days=ahead)))


@app.command("confirm-clock")
def confirm_clock() -> None:
    """Say that the database's clock is right after it jumped: every tracker fires again at its next look."""
    asyncio.run(_execute(str(read_settings(PostgresSettings).database_url), timers_store.CONFIRM_CLOCK))


@app.command()
def verify(
    heads: Annotated[
        Path | None, typer.Option(help="A file of lines that `heads` printed: each must still hold.", exists=True)
    ] = None,
) -> None:
    """Check the whole record; name the first thing that is not as it was written, and exit with 1."""
    exported = heads.read_text(encoding="utf-8").splitlines() if heads else []
    found = asyncio.run(_verify(str(read_settings(PostgresSettings).database_url), exported))
    if not isinstance(found, Whole):
        typer.echo(f"BROKEN: {found}", err=True)
        raise typer.Exit(1)
    head = f"the last is {found.head.line}" if found.head else "nothing was anchored yet"
    typer.echo(f"whole: {found.entries} entries of {found.cases} cases, {found.anchors} anchors; {head}")


async def _verify(database_url: str, exported: Sequence[str]) -> Whole | Broken | str:
    async with verifying.snapshot(database_url) as connection:
        return await verifying.verify(connection, exported)


@app.command("heads")
def heads_command() -> None:
    """Print the head of every hour's anchor, a line each; keep them where nobody can change them."""
    for line in asyncio.run(_heads(str(read_settings(PostgresSettings).database_url))):
        typer.echo(line)


async def _heads(database_url: str) -> Sequence[str]:
    async with verifying.snapshot(database_url) as connection:
        return [anchor.line for anchor in await record_store.read_anchors(connection)]


async def _execute(database_url: str, statement: str, *arguments: object) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(statement, *arguments)
    finally:
        await connection.close()


if __name__ == "__main__":
    app()
