"""The intake's command line: ``python -m services.intake --help``."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from asyncpg import Record

from services.intake import store
from services.intake.main import run
from services.intake.settings import IntakeSettings
from shared.china_time import CHINA_TIME
from shared.commands import add_commands
from shared.logs import configure_logs
from shared.postgres import create_pool
from shared.settings import PostgresSettings, read_settings

app = typer.Typer(help="Takes complaints in from every channel.", no_args_is_help=True, pretty_exceptions_enable=False)
add_commands(app, Path(__file__).parent / "migrations")


@app.command()
def serve() -> None:
    """Serve the API, read the mail spool and publish what was accepted."""
    configure_logs("intake")
    uvloop.run(run(read_settings(IntakeSettings)))


@app.command()
def refusals(*, limit: Annotated[int, typer.Option(min=1, max=100_000)] = 100) -> None:
    """Show the newest mails that became no ticket, and why: time, mailbox, code, hash of the mail's id, reason."""
    for row in asyncio.run(_newest_refusals(str(read_settings(PostgresSettings).database_url), limit)):
        when = row["refused_at"].astimezone(CHINA_TIME).isoformat(sep=" ", timespec="seconds")
        print(when, row["mailbox"], row["code"], row["mail_hash"].hex()[:16], row["reason"], sep="\t")


async def _newest_refusals(url: str, limit: int) -> list[Record]:
    async with await create_pool(url, application_name="hotline-refusals") as pool:
        return await store.read_refusals(pool, limit)


if __name__ == "__main__":
    app()
