"""The one-machine stack: ``python -m deploy.local --help``."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.local.demo import run_demo
from deploy.local.hotline import PROJECT
from deploy.local.messages import StackError
from deploy.local.stack import Ports

app = typer.Typer(
    help="Runs Hotline on this machine, without root and without Docker.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def main() -> None:
    """Keep `demo` a command of its own, though it is the only one."""


@app.command()
def demo(
    *,
    leave: Annotated[
        bool, typer.Option("--exit", help="Stop by itself: 0 if every complaint has exactly one case.")
    ] = False,
    picture: Annotated[Path | None, typer.Option(help="Draw what is printed into this SVG file.")] = None,
    first_port: Annotated[int, typer.Option(help="The first of five ports in a row.")] = 8101,
) -> None:
    """Show the whole: start everything, feed complaints, let deadlines pass, and report."""
    try:
        good = run_demo(PROJECT / ".local/demo", Ports.from_first(first_port), leave=leave, picture=picture)
    except StackError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        return
    if not good:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
