"""The router's command line: ``python -m services.router --help``."""

import asyncio
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from confluent_kafka import KafkaException

from services.router import broker_logins
from services.router.classifier.learning_commands import Since, add_learning_commands, at_midnight
from services.router.classifier.model_file import UnreadableModel, load_model, model_in_service
from services.router.decide import Matcher
from services.router.in_service import Routing
from services.router.main import run
from services.router.policies.dry_run import Changes
from services.router.policies.policy_folders import lay_out
from services.router.policies.replay_store import replayed
from services.router.settings import ModelSettings, RouterSettings
from shared.commands import command_line, read_policy
from shared.kafka import create_topics
from shared.settings import KafkaSettings, PolicySettings, read_settings
from shared.topics import all_topics

app = command_line("router", "Places each complaint with the department that must answer it.", RouterSettings, run)
add_learning_commands(app)


@app.command("create-topics")
def create_topics_command() -> None:
    """Create the topics of the county's departments that do not exist yet, with the partitions that they keep."""
    policy = read_policy(read_settings(PolicySettings).policy_dir)
    created = asyncio.run(create_topics(read_settings(KafkaSettings).bootstrap_servers, all_topics(policy.departments)))
    typer.echo("\n".join(f"created {name}" for name in created) or "nothing to do")


@app.command("broker-login")
def broker_login(
    department: Annotated[str, typer.Argument(help="The code of a department of the policy, such as water-supply.")],
    *,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the login away again.")] = False,
) -> None:
    """Let a department's own system in at the broker, under its code, and print the new password this one time."""
    servers = read_settings(KafkaSettings).bootstrap_servers
    try:
        if revoke:
            had = broker_logins.revoke(servers, department)
            typer.echo("revoked" if had else "it had none")
            return
        policy = read_policy(read_settings(PolicySettings).policy_dir)
        if department not in policy.departments:
            raise SystemExit(f"{department} is no department of the policy; it has {', '.join(policy.departments)}.")
        typer.echo(broker_logins.grant(servers, department))
    except KafkaException as refused:
        raise SystemExit(f"The broker at {', '.join(servers)} refused: {refused.args[0].str()}") from None


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


@app.command("lay-out-policies")
def lay_out_policies(
    shipped: Annotated[Path, typer.Argument(help="The policy to begin with, such as deploy/policy/zhenping.")],
    root: Annotated[Path, typer.Argument(help="The folder that all three services see and the router writes to.")],
) -> None:
    """Make ROOT/current, to be HOTLINE_POLICY_DIR, ROOT/candidates and ROOT/versions; safe to run again."""
    read_policy(shipped)
    typer.echo(f"In force: {lay_out(root, shipped)}")


@app.command("dry-run")
def dry_run(
    policy: Annotated[Path, typer.Option(help="The changed policy's directory.")],
    model: Annotated[
        Path | None, typer.Option(help="A changed model; without it that of HOTLINE_MODEL, where one is set.")
    ] = None,
    since: Since = None,
) -> None:
    """Say what a changed policy or model would have done with the complaints since a day; nothing is written."""
    changed = read_policy(policy)
    settings = read_settings(ModelSettings)
    try:
        routing = Routing(Matcher(changed), load_model(model) if model else model_in_service(settings.model))
    except UnreadableModel as refused:
        raise SystemExit(str(refused)) from None

    async def replay() -> Changes:
        changes = Changes()
        connection = await asyncpg.connect(str(settings.database_url))
        try:
            async for batch in replayed(connection, at_midnight(since)):
                changes.add(batch, routing.decide([one.complaint for one in batch]))
        finally:
            await connection.close()
        return changes

    typer.echo("\n".join(asyncio.run(replay()).lines(changed)))


if __name__ == "__main__":
    app()
