"""The commands that every service's command line has beside its own."""

import asyncio
from pathlib import Path

import typer

from shared import migrate, redrive
from shared.settings import KafkaSettings, PostgresSettings, read_settings


def add_commands(app: typer.Typer, migrations: Path) -> None:
    """Add ``migrate`` and ``redrive`` to a service's command line."""

    @app.command("migrate")
    def migrate_command() -> None:
        """Bring the service's schema up to date; safe to run again and by many at once."""
        settings = read_settings(PostgresSettings)
        done = asyncio.run(migrate.migrate(str(settings.database_url), migrate.read(migrate.SHARED, migrations)))
        typer.echo("\n".join(f"applied {name}" for name in done) or "nothing to do")

    @app.command("redrive")
    def redrive_command(topic: str) -> None:
        """Publish what lies in TOPIC.dead to where it came from, once its cause is mended."""
        settings = read_settings(KafkaSettings)
        try:
            count = asyncio.run(redrive.redrive(settings.bootstrap_servers, topic))
        except LookupError as error:
            raise typer.BadParameter(str(error)) from None
        typer.echo(f"{count} records published again to their topics")
