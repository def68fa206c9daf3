"""The commands that every service's command line has beside its own."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import typer
import uvloop

from shared import migrate, redrive
from shared.logs import configure_logs
from shared.policy import Policy
from shared.policy_files import load_policy
from shared.policy_problems import PolicyInvalid
from shared.settings import KafkaSettings, PostgresSettings, S, read_settings

_SERVICES = Path(__file__).parents[1] / "services"


def read_policy(directory: Path) -> Policy:
    """The policy in `directory`, or the end of the process with every problem that is in it."""
    try:
        return load_policy(directory)
    except PolicyInvalid as invalid:
        raise SystemExit(str(invalid)) from None


def command_line(
    service: str, about: str, settings: type[S], run: Callable[[S], Coroutine[Any, Any, None]]
) -> typer.Typer:
    """The command line of a service: ``serve``, ``migrate`` and ``redrive``; its own commands are added to it."""
    app = typer.Typer(help=about, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    @app.command()
    def serve() -> None:
        """Serve the API and the event streams until told to stop."""
        configure_logs(service)
        try:
            uvloop.run(run(read_settings(settings)))
        except PolicyInvalid as invalid:
            raise SystemExit(str(invalid)) from None

    @app.command("migrate")
    def migrate_command() -> None:
        """Bring the service's schema up to date; safe to run again and by many at once."""
        database_url = str(read_settings(PostgresSettings).database_url)
        migrations = migrate.read(migrate.SHARED, _SERVICES / service / "migrations")
        done = asyncio.run(migrate.migrate(database_url, migrations))
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

    return app
