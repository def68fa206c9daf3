"""The intake's command line: ``python -m services.intake --help``."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from asyncpg import Record

from services.intake import store
from services.intake.identity import retention_store
from services.intake.main import anonymize as erase
from services.intake.main import collect_orphans, import_file, rotate_vault, run
from services.intake.open311.open311_keys import new_key
from services.intake.platforms.export_files import UnreadableExport
from services.intake.platforms.importing import Outcome
from services.intake.settings import IntakeSettings, KeptSettings, VaultSettings
from shared.china_time import CHINA_TIME
from shared.commands import command_line, read_policy
from shared.logs import configure_logs
from shared.policy import Policy
from shared.postgres import PASSING, create_pool
from shared.settings import PolicySettings, PostgresSettings, read_settings

app = command_line("intake", "Takes complaints in from every channel.", IntakeSettings, run)


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="The export: .csv, .xlsx, .json or .ndjson")],
    *,
    platform: Annotated[Path, typer.Option(help="The platform's mapping file")],
    report: Annotated[Path, typer.Option(help="Write the result of each row to this CSV file")],
) -> None:
    """Import a platform's export; may be run again. Status 1 where a row was refused, 2 where rows are left."""
    configure_logs("intake")
    settings = read_settings(IntakeSettings)
    try:
        counted = asyncio.run(import_file(settings, file, platform, report))
    except UnreadableExport as unreadable:
        typer.echo(str(unreadable), err=True)
        raise typer.Exit(2) from None
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        typer.echo(f"{error.filename}: {error.strerror}", err=True)
        raise typer.Exit(2) from None
    except PASSING as error:
        typer.echo(f"数据库暂时不可用，请稍后重新导入。 The database is away ({type(error).__name__}).", err=True)
        raise typer.Exit(2) from None
    typer.echo("  ".join(f"{outcome}: {counted[outcome]}" for outcome in Outcome), err=True)
    if counted[Outcome.LATER]:
        raise typer.Exit(2)
    if counted[Outcome.REFUSED]:
        raise typer.Exit(1)


@app.command("collect-orphans")
def collect_orphans_command() -> None:
    """Remove files stored a day ago or more that belong to no complaint. Status 2 where they are out of reach.

    The service does it every night.
    """
    configure_logs("intake")
    try:
        collected = asyncio.run(collect_orphans(read_settings(KeptSettings)))
    except PASSING as error:
        typer.echo(
            f"数据库或附件存储暂时不可用。 The database or the files are away ({type(error).__name__}).", err=True
        )
        raise typer.Exit(2) from None
    typer.echo(f"seen: {collected.seen}  removed: {collected.removed}")


@app.command("open311-key")
def open311_key(key_id: Annotated[str, typer.Argument(help="Whose it is, as in city-app")]) -> None:
    """Make an Open311 api key: the key, shown this once, and the entry for HOTLINE_OPEN311_KEYS."""
    try:
        key, entry = new_key(key_id)
    except ValueError as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(2) from None
    print("api_key:", key, sep="\t")
    print("HOTLINE_OPEN311_KEYS:", entry, sep="\t")


@app.command()
def refusals(*, limit: Annotated[int, typer.Option(min=1, max=100_000)] = 100) -> None:
    """Show the newest mails that became no ticket, and why: time, mailbox, code, hash of the mail's id, reason."""
    for row in asyncio.run(_newest_refusals(str(read_settings(PostgresSettings).database_url), limit)):
        when = row["refused_at"].astimezone(CHINA_TIME).isoformat(sep=" ", timespec="seconds")
        print(when, row["mailbox"], row["code"], row["mail_hash"].hex()[:16], row["reason"], sep="\t")


@app.command("rotate-vault")
def rotate_vault_command() -> None:
    """Seal every identity with the first key and trace it with the index key; may be stopped and run again.

    Status 1 where rows are left that do not open.
    """
    try:
        done = asyncio.run(rotate_vault(read_settings(VaultSettings)))
    except PASSING as error:
        typer.echo(f"The database is away ({type(error).__name__}); run it again, what is done stays done.", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"{done.renewed} identities sealed or traced anew")
    for key_id, count in sorted(done.sealed.items()):
        typer.echo(f"key {key_id}: seals {count}")
    for key_id in done.unused:
        typer.echo(f"key {key_id}: no longer used; remove it once no backup needs it")
    if done.unreadable:
        typer.echo(f"{done.unreadable} do not open: their key is not given, or they were altered", err=True)
        raise typer.Exit(1)


@app.command()
def anonymize(
    *, dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many there are")] = False
) -> None:
    """Erase who reported what ended longer ago than the policy's retention, with its mails and its files.

    The service does it every night.
    """
    configure_logs("intake")
    policy = read_policy(read_settings(PolicySettings).policy_dir)
    settings = read_settings(KeptSettings)
    days = policy.retention.days
    if dry_run:
        count, oldest = asyncio.run(_to_anonymize(str(settings.database_url), policy))
        first = f", the first ended on {oldest.astimezone(CHINA_TIME):%Y-%m-%d}" if oldest else ""
        typer.echo(f"{count} complaints ended more than {days} days ago{first}; nothing was changed")
    else:
        complaints, mails, files = asyncio.run(erase(settings, policy))
        typer.echo(f"{complaints} complaints anonymized: they ended more than {days} days ago")
        typer.echo(f"{mails} mails removed: of such complaints, or refused more than {days} days ago")
        typer.echo(f"{files} files removed: of such complaints, or of uploads that were cut short more than a day ago")


async def _to_anonymize(url: str, policy: Policy) -> tuple[int, datetime | None]:
    async with await create_pool(url, application_name="hotline-anonymize") as pool:
        return await retention_store.count_to_anonymize(pool, policy.retention)


async def _newest_refusals(url: str, limit: int) -> list[Record]:
    async with await create_pool(url, application_name="hotline-refusals") as pool:
        return await store.read_refusals(pool, limit)


if __name__ == "__main__":
    app()
