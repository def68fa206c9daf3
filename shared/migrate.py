"""Bring one service's schema up to date: numbered SQL files, forward only, each applied once and never edited.

An advisory lock lets any number of replicas start at the same time; lock and statement time-outs keep a migration
from blocking the service that still runs. The role that connects owns the schema and its search path names it. The
service itself logs in as another role, `<schema>_service`, which owns nothing: it may read and write the rows of every
table, but of those that are append-only by their trigger it may add some and change none.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

SHARED = Path(__file__).parent / "migrations"

LOCK = "SELECT pg_advisory_lock(7141, hashtext(current_schema()))"
CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""
APPLIED = "SELECT name, checksum FROM migrations"
REMEMBER = "INSERT INTO migrations (name, checksum) VALUES ($1, $2)"
LIMITS = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '300s'"


# Everything anew at each run, so that a table that a migration has just made is not forgotten. Where there is no such
# role the owner serves itself, as before there were two.
GRANT_TO_SERVICE = """
DO $$
DECLARE
    service name := current_schema() || '_service';
    found regclass;
    locking regprocedure;
BEGIN
    IF to_regrole(quote_ident(service)) IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), service);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I', current_schema(), service);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO %I', current_schema(), service);
    EXECUTE format('REVOKE ALL ON migrations FROM %I', service);
    FOR found IN
        SELECT tgrelid::regclass FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE tgname = 'append_only' AND relnamespace = current_schema()::regnamespace
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE ON %s FROM %I', found, service);
    END LOOP;
    -- What its owner alone may do, and lends to the service.
    FOR locking IN
        SELECT oid::regprocedure FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND prosecdef AND proowner = current_user::regrole
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', locking, service);
    END LOOP;
END
$$
"""


class EditedMigration(RuntimeError):
    """An applied migration file was changed; write a new file instead."""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read(*directories: Path) -> list[Migration]:
    """The migrations of these directories, in their order and within each by number; named ``<parent>/<file>``."""
    return [
        Migration(f"{directory.parent.name}/{path.name}", path.read_text(encoding="utf-8"))
        for directory in directories
        for path in sorted(directory.glob("*.sql"))
    ]


async def migrate(database_url: str, migrations: Sequence[Migration]) -> list[str]:
    """Apply what is missing and return its names; EditedMigration if an applied file has changed since."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(LOCK)
        await connection.execute(CREATE_TABLE)
        applied = {row["name"]: row["checksum"] for row in await connection.fetch(APPLIED)}
        done = []
        for migration in migrations:
            if migration.name in applied:
                if applied[migration.name] != migration.checksum:
                    raise EditedMigration(
                        f"{migration.name} was changed after it was applied; put the change in a new file"
                    )
                continue
            async with connection.transaction():
                await connection.execute(LIMITS)
                await connection.execute(migration.sql)
                await connection.execute(REMEMBER, migration.name, migration.checksum)
            done.append(migration.name)
        await connection.execute(GRANT_TO_SERVICE)
        return done
    finally:
        await connection.close()
