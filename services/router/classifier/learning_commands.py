"""The commands by which the router learns: export, train, evaluate, and a person's switch to a new model."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import asyncpg
import orjson
import typer

from services.router.classifier import learning_store
from services.router.classifier.examples import UnreadableExamples, read_examples
from services.router.classifier.learned import Lesson, lines, pooled
from services.router.classifier.measuring import evaluate
from services.router.classifier.model_file import UnreadableModel, save_model
from services.router.classifier.model_folder import Described, describe
from services.router.policies import policies_store
from services.router.policies.activating import NeverDecides, switch_model
from services.router.policies.policy_folders import ChangedSince
from services.router.settings import ModelSettings
from shared.china_time import CHINA_TIME
from shared.commands import read_policy
from shared.policy import Policy
from shared.settings import PolicySettings, PostgresSettings, read_settings

__all__ = ["Since", "add_learning_commands", "at_midnight"]

Since = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day in Chinese time; from the beginning without it.")
]


def at_midnight(since: datetime | None) -> datetime:
    """The beginning of that day in China."""
    return since.replace(tzinfo=CHINA_TIME) if since else datetime.min.replace(year=1970, tzinfo=UTC)


def add_learning_commands(app: typer.Typer) -> None:
    @app.command("export")
    def export_command(
        out: Annotated[
            Path, typer.Option(help="Lines of JSON for the train command; keep them as you keep the texts.")
        ],
        since: Since = None,
    ) -> None:
        """Write what people decided since a day as labelled examples: accepted returns and their own placings."""
        policy = read_policy(read_settings(PolicySettings).policy_dir)
        lessons = asyncio.run(_lessons(policy, at_midnight(since)))
        out.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines(lessons)))
        typer.echo(f"{len(lessons)} examples of {len({one.label for one in lessons})} departments, saved as {out}")

    @app.command("train")
    def train_command(
        data: Annotated[
            list[Path],
            typer.Argument(
                help="Lines of JSON with text and label; group, date, category are used. Of the same text in several "
                "files the last one's label counts.",
            ),
        ],
        out: Annotated[
            Path, typer.Option(help="Where the model goes; one that is there is replaced by a better one only.")
        ],
        against: Annotated[
            Path | None, typer.Option(help="The model in service, where that is not the one at --out.")
        ] = None,
        force: Annotated[bool, typer.Option(help="Save the model even if it is worse.")] = False,
    ) -> None:
        """Train the classifier; what it reaches is measured on texts that it has not seen."""
        # The service itself runs without scikit-learn.
        from services.router.classifier.replacing import WorseModel, refuse_worse  # noqa: PLC0415
        from services.router.classifier.training import TooFewExamples, train  # noqa: PLC0415

        in_service = against or out
        try:
            examples = pooled([read_examples(path) for path in data])
            trained = train(examples)
            if (against or out.exists()) and not force:
                typer.echo(refuse_worse(trained, examples, in_service))
        except (OSError, TooFewExamples, UnreadableExamples, UnreadableModel, WorseModel) as refused:
            _refuse(refused)
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
            _refuse(refused)
        typer.echo("\n".join(notes))
        typer.echo(json.dumps(figures))

    @app.command("switch-model")
    def switch_model_command(
        model: Annotated[Path, typer.Argument(help="A file that the train command wrote.")],
        by: Annotated[str, typer.Option(help="Who switches it on; kept with the time.")],
    ) -> None:
        """Put a model in service: it takes the place of HOTLINE_MODEL, which a running router reads again by itself."""
        in_service = read_settings(ModelSettings).model
        if in_service is None:
            _refuse("HOTLINE_MODEL does not say where the model in service is.")
        policy = read_policy(read_settings(PolicySettings).policy_dir)
        found = describe(model)
        try:
            asyncio.run(_switch(found, in_service, policy, by))
        except UnreadableModel as refused:
            _refuse(refused)
        except NeverDecides:
            _refuse(f"None of the {len(found.labels)} labels is a department of this county, so it would never decide.")
        except ChangedSince:
            _refuse("The file has changed while it was read.")
        unknown = found.unknown_labels(policy.departments)
        typer.echo(f"In service: {found.hash}. Labels that are no department here: {len(unknown)}")


async def _lessons(policy: Policy, since: datetime) -> Sequence[Lesson]:
    connection = await asyncpg.connect(str(read_settings(PostgresSettings).database_url))
    try:
        undecided = (policy.triage_desk, policy.supervision_office)
        return [lesson async for lesson in learning_store.lessons(connection, since, undecided)]
    finally:
        await connection.close()


async def _switch(found: Described, in_service: Path, policy: Policy, by: str) -> None:
    connection = await asyncpg.connect(str(read_settings(PostgresSettings).database_url))
    try:
        async with connection.transaction():
            await connection.execute(policies_store.HOLD_POLICIES)
            await switch_model(connection, found, in_service, policy, by)
    finally:
        await connection.close()


def _refuse(why: object) -> NoReturn:
    typer.echo(str(why), err=True)
    raise typer.Exit(1) from None
