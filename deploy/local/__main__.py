"""The one-machine stack: ``python -m deploy.local --help``."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.local.demo import run_demo
from deploy.local.hotline import PROJECT
from deploy.local.issuer import Issuer
from deploy.local.messages import StackError
from deploy.local.stack import Ports
from shared.principal import Role

DEMO_STATE = PROJECT / ".local/demo"

app = typer.Typer(
    help="Runs Hotline on this machine, without root and without Docker.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def demo(
    *,
    leave: Annotated[
        bool, typer.Option("--exit", help="Stop by itself: 0 if every complaint has exactly one case.")
    ] = False,
    picture: Annotated[Path | None, typer.Option(help="Draw what is printed into this SVG file.")] = None,
    first_port: Annotated[int, typer.Option(help="The first of seven ports in a row.")] = 8101,
) -> None:
    """Show the whole: start everything, feed complaints, let deadlines pass, and report."""
    try:
        good = run_demo(DEMO_STATE, Ports.from_first(first_port), leave=leave, picture=picture)
    except StackError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        return
    if not good:
        raise typer.Exit(1)


@app.command()
def token(
    *,
    role: Annotated[Role, typer.Option(help="What you log in as.")],
    department: Annotated[str | None, typer.Option(help="The code of an officer's department.")] = None,
    state: Annotated[Path, typer.Option(help="Where the stack keeps its data.")] = DEMO_STATE,
) -> None:
    """Print a token, good for 12 hours, with which the services of a local stack know you."""
    try:
        typer.echo(Issuer(state).token(role, department))
    except StackError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
