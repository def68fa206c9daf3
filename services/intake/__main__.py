"""The intake's command line: ``python -m services.intake --help``."""

from pathlib import Path

import typer
import uvloop

from services.intake.main import run
from services.intake.settings import IntakeSettings
from shared.commands import add_commands
from shared.logs import configure_logs
from shared.settings import read_settings

app = typer.Typer(help="Takes complaints in from every channel.", no_args_is_help=True, pretty_exceptions_enable=False)
add_commands(app, Path(__file__).parent / "migrations")


@app.command()
def serve() -> None:
    """Serve the API, read the mail spool and publish what was accepted."""
    configure_logs("intake")
    uvloop.run(run(read_settings(IntakeSettings)))


if __name__ == "__main__":
    app()
