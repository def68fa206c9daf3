"""The migrations of each service, applied to an empty database as an installation does."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from shared import migrate
from tests.conftest import migrations_of

SERVICES = ("intake", "router", "tracker")

SHAPE = """
SELECT relname, relkind::text, attname, format_type(atttypid, atttypmod), attnotnull
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
WHERE relnamespace = current_schema()::regnamespace
ORDER BY relname, attname
"""


async def shape(url: str) -> list[tuple[object, ...]]:
    """Every table and index of the schema with its columns."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(SHAPE)
    await connection.close()
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("service", SERVICES)
async def test_from_zero_all_are_applied_and_a_second_run_applies_nothing(
    empty_urls: dict[str, str], service: str
) -> None:
    url, migrations = empty_urls[service], migrations_of(service)
    assert await shape(url) == []
    assert await migrate.migrate(url, migrations) == [migration.name for migration in migrations]
    made = await shape(url)
    assert {"inbox", "outbox", "migrations"} < {row[0] for row in made}
    assert await migrate.migrate(url, migrations) == []
    assert await shape(url) == made


async def test_started_at_once_by_many_they_are_applied_once(empty_urls: dict[str, str]) -> None:
    jobs = [(service, copy) for service in SERVICES for copy in range(3)]
    done = await asyncio.gather(*(migrate.migrate(empty_urls[s], migrations_of(s)) for s, _ in jobs))
    for service in SERVICES:
        applied = [names for (s, _), names in zip(jobs, done, strict=True) if s == service]
        assert sorted(applied) == [[], [], [migration.name for migration in migrations_of(service)]]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_file_that_was_edited_after_it_was_applied_is_refused(empty_urls: dict[str, str], service: str) -> None:
    url, migrations = empty_urls[service], migrations_of(service)
    await migrate.migrate(url, migrations)
    for position, migration in enumerate(migrations):
        edited = [*migrations]
        edited[position] = replace(migration, sql=migration.sql + "\n-- edited")
        with pytest.raises(migrate.EditedMigration, match=migration.name):
            await migrate.migrate(url, edited)


@pytest.mark.parametrize("service", SERVICES)
def test_files_are_numbered_without_gaps_and_doubles(service: str) -> None:
    for owner in ("shared", service):
        numbers = [m.name.split("/")[1][:4] for m in migrations_of(service) if m.name.startswith(f"{owner}/")]
        assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
        assert numbers
