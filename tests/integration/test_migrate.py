"""The migration runner: what it promises of any list of migrations."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from shared import migrate
from shared.migrate import EditedMigration, Migration

FIRST = Migration("test/0001_first.sql", "CREATE TABLE first (n int)")
SECOND = Migration("test/0002_second.sql", "CREATE TABLE second (n int); INSERT INTO first VALUES (1)")


@pytest.fixture
def url(empty_urls: dict[str, str]) -> str:
    return empty_urls["intake"]


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT relname FROM pg_class WHERE relnamespace = 'intake'::regnamespace")
    await connection.close()
    return {row["relname"] for row in rows} & {"first", "second"}


async def test_what_is_missing_is_applied_in_order_and_told(url: str) -> None:
    assert await migrate.migrate(url, [FIRST]) == [FIRST.name]
    assert await migrate.migrate(url, [FIRST, SECOND]) == [SECOND.name]
    assert await migrate.migrate(url, [FIRST, SECOND]) == []
    assert await tables(url) == {"first", "second"}


async def test_a_migration_that_fails_leaves_nothing_and_those_before_it_stay(url: str) -> None:
    broken = Migration(SECOND.name, "CREATE TABLE second (n int); SELECT 1/0")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate.migrate(url, [FIRST, broken])
    assert await tables(url) == {"first"}
    # It was never applied, so it may still be mended.
    assert await migrate.migrate(url, [FIRST, SECOND]) == [SECOND.name]


async def test_an_applied_file_that_was_edited_is_refused_before_anything_else_is_applied(url: str) -> None:
    await migrate.migrate(url, [FIRST])
    edited = Migration(FIRST.name, FIRST.sql + " -- only a comment")
    with pytest.raises(EditedMigration, match=r"test/0001_first\.sql"):
        await migrate.migrate(url, [edited, SECOND])
    assert await tables(url) == {"first"}


async def test_many_at_once_apply_each_once(url: str) -> None:
    done = await asyncio.gather(*(migrate.migrate(url, [FIRST, SECOND]) for _ in range(5)))
    assert sorted(done) == [[], [], [], [], [FIRST.name, SECOND.name]]


async def test_a_migration_gives_up_rather_than_block_the_service_that_runs(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "lock_timeout" in migrate.LIMITS
    monkeypatch.setattr(migrate, "LIMITS", migrate.LIMITS.replace("'5s'", "'100ms'"))
    await migrate.migrate(url, [FIRST])
    service = await asyncpg.connect(url)
    async with service.transaction():
        await service.execute("INSERT INTO first VALUES (2)")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await migrate.migrate(url, [FIRST, Migration("test/0002_alter.sql", "ALTER TABLE first ADD m int")])
    await service.close()


async def test_one_services_role_sees_nothing_of_another(empty_urls: dict[str, str]) -> None:
    await migrate.migrate(empty_urls["intake"], [FIRST])
    router = await asyncpg.connect(empty_urls["router"])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await router.fetch("SELECT * FROM intake.first")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await router.execute("CREATE TABLE intake.mine (n int)")
    await router.close()


def test_files_are_read_directory_by_directory_and_in_each_by_number(tmp_path: Path) -> None:
    for name in ("one/migrations/0002_b.sql", "one/migrations/0001_a.sql", "two/migrations/0001_c.sql"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"-- {name}")
    (tmp_path / "one/migrations/notes.txt").write_text("no migration")
    names = [m.name for m in migrate.read(tmp_path / "one/migrations", tmp_path / "two/migrations")]
    assert names == ["one/0001_a.sql", "one/0002_b.sql", "two/0001_c.sql"]
