"""The router's command line: ``python -m services.router --help``."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from services.router.main import run
from services.router.settings import RouterSettings
from shared.commands import command_line, read_policy
from shared.kafka import create_topics
from shared.settings import KafkaSettings, PolicySettings, read_settings
from shared.topics import all_topics

app = command_line("router", "Places each complaint with the department that must answer it.", RouterSettings, run)


@app.command("create-topics")
def create_topics_command() -> None:
    """Create the topics of the county's departments that do not exist yet, with the partitions that they keep."""
    policy = read_policy(read_settings(PolicySettings).policy_dir)
    created = asyncio.run(create_topics(read_settings(KafkaSettings).bootstrap_servers, all_topics(policy.departments)))
    typer.echo("\n".join(f"created {name}" for name in created) or "nothing to do")


@app.command("check-policy")
def check_policy(
    directory: Annotated[Path, typer.Argument(help="A county's policy, such as deploy/policy/zhenping.")],
) -> None:
    """Check a policy as a whole; every problem is named with its file, line and mend."""
    policy = read_policy(directory)
    typer.echo(
        f"{policy.county}: {len(policy.departments)} departments, {len(policy.matters)} matters, "
        f"{len(policy.rules)} rules. Hash {policy.hash}"
    )


if __name__ == "__main__":
    app()
