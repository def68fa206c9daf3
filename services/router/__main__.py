"""The router's command line: ``python -m services.router --help``."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from services.router.main import run
from services.router.settings import RouterSettings
from shared.commands import add_commands
from shared.kafka import create_topics
from shared.logs import configure_logs
from shared.policy_files import load_policy
from shared.policy_problems import PolicyInvalid
from shared.settings import KafkaSettings, PolicySettings, read_settings
from shared.topics import all_topics

app = typer.Typer(
    help="Places each complaint with the department that must answer it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
add_commands(app, Path(__file__).parent / "migrations")


@app.command()
def serve() -> None:
    """Serve the API and place what the intake accepted."""
    configure_logs("router")
    uvloop.run(run(read_settings(RouterSettings)))


@app.command("create-topics")
def create_topics_command() -> None:
    """Create the topics of the county's departments that do not exist yet, with the partitions that they keep."""
    policy = load_policy(read_settings(PolicySettings).policy_dir)
    created = asyncio.run(create_topics(read_settings(KafkaSettings).bootstrap_servers, all_topics(policy.departments)))
    typer.echo("\n".join(f"created {name}" for name in created) or "nothing to do")


@app.command("check-policy")
def check_policy(
    directory: Annotated[Path, typer.Argument(help="A county's policy, such as deploy/policy/zhenping.")],
) -> None:
    """Check a policy as a whole; every problem is named with its file, line and mend."""
    try:
        policy = load_policy(directory)
    except PolicyInvalid as invalid:
        for problem in invalid.problems:
            typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
    typer.echo(
        f"{policy.county}: {len(policy.departments)} departments, {len(policy.matters)} matters, "
        f"{len(policy.rules)} rules. Hash {policy.hash}"
    )


if __name__ == "__main__":
    app()
