"""The router's command line: ``python -m services.router --help``."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from services.router.examples import UnreadableExamples, read_examples
from services.router.main import run
from services.router.measuring import evaluate
from services.router.model_file import UnreadableModel, save_model
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


@app.command("train")
def train_command(
    data: Annotated[Path, typer.Argument(help="Lines of JSON with text and label; group, date, category are used.")],
    out: Annotated[
        Path, typer.Option(help="Where the model goes; one that is there is replaced by a better one only.")
    ],
    force: Annotated[bool, typer.Option(help="Replace the model at --out even by a worse one.")] = False,
) -> None:
    """Train the classifier; what it reaches is measured on texts that it has not seen."""
    # The service itself runs without scikit-learn.
    from services.router.replacing import WorseModel, refuse_worse  # noqa: PLC0415
    from services.router.training import TooFewExamples, train  # noqa: PLC0415

    try:
        examples = read_examples(data)
        trained = train(examples)
        if out.exists() and not force:
            typer.echo(refuse_worse(trained, examples, out))
    except (OSError, TooFewExamples, UnreadableExamples, UnreadableModel, WorseModel) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None
    save_model(trained.model, out)
    typer.echo(f"{len(examples)} examples, {len(trained.model.labels)} labels, saved as {out}. Out of fold:")
    typer.echo(json.dumps(asdict(trained.measured)))


@app.command("evaluate")
def evaluate_command(
    data: Annotated[Path, typer.Argument(help="Lines of JSON with text and label.")],
    model: Annotated[Path, typer.Option(help="A file that the train command wrote.")],
) -> None:
    """Measure a model on one core; the last line is one JSON object."""
    try:
        figures, notes = evaluate(data, model)
    except (OSError, UnreadableExamples, UnreadableModel) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None
    typer.echo("\n".join(notes))
    typer.echo(json.dumps(figures))


if __name__ == "__main__":
    app()
