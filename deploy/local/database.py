"""The application's database inside a PostgreSQL server: its encoding, its roles, its schemas."""

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from deploy.local.messages import StackError

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

SERVICES = ("intake", "router", "tracker")
# Each service's schema belongs to a role of its name, as which it is migrated; the service itself logs in as another.
ROLES = (*SERVICES, *(f"{service}_service" for service in SERVICES))
_ROLES = Path(__file__).resolve().parents[1] / "postgres" / "roles.sql"

_TAKE_TURN = "SELECT pg_advisory_lock(hashtext('hotline roles'))"
_EXISTS = "SELECT true FROM pg_database WHERE datname = $1"
_ENCODING = "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
_SET_PASSWORD = "SELECT set_config('hotline.' || $1 || '_password', $2, false)"  # noqa: S105  # a statement


def service_passwords(state: Path) -> dict[str, str]:
    """The passwords of all roles, each made once and kept in a file of `state` that only we can read."""
    file = state / "service-passwords.json"
    kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    passwords = {role: secrets.token_urlsafe(24) for role in ROLES} | kept
    if passwords != kept:
        file.touch(mode=0o600)
        file.write_text(json.dumps(passwords))
    return passwords


async def prepare_database(
    superuser_url: str, passwords: Mapping[str, str], *, database: str = "hotline", fresh: bool = False
) -> dict[str, str]:
    """Make `database` with its roles and a schema for each service, whatever of it exists already; its owner's URL.

    With `fresh` a database of that name is removed first, with all that is in it.

    The user of `superuser_url` must be allowed to make databases and roles; StackError says what went wrong.
    """
    database_url = with_database(superuser_url, database)
    try:
        async with _connected(superuser_url) as server:
            # Roles and databases belong to the whole server: one run at a time makes them.
            await server.execute(_TAKE_TURN)
            if fresh:
                await server.execute(f"DROP DATABASE IF EXISTS {_quoted(database)} WITH (FORCE)")
            if not await server.fetchval(_EXISTS, database):
                await _create_database(server, database)
            async with _connected(database_url) as connection:
                await _create_roles(connection, passwords)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StackError(
            f"The database {database} at {without_password(superuser_url)} could not be prepared: "
            f"{str(error) or 'no answer'}; check the address, and that its user may make databases and roles."
        ) from error
    return {service: _with_user(database_url, service, passwords[service]) for service in SERVICES}


async def _create_database(server: Connection, database: str) -> None:
    create = f"CREATE DATABASE {_quoted(database)} TEMPLATE template0 ENCODING 'UTF8'"
    try:
        await server.execute(f"{create} LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")
    except (asyncpg.WrongObjectTypeError, asyncpg.InvalidParameterValueError):
        # That system does not know the locale; the server's own is the next best.
        await server.execute(create)


async def _create_roles(connection: Connection, passwords: Mapping[str, str]) -> None:
    encoding = await connection.fetchval(_ENCODING)
    if encoding != "UTF8":
        raise StackError(
            f"The database, which exists already, is encoded in {encoding} and cannot hold Chinese text; "
            "remove it, or name another server."
        )
    async with connection.transaction():
        for role in ROLES:
            await connection.execute(_SET_PASSWORD, role, passwords[role])
        await connection.execute(_ROLES.read_text())


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


def with_database(url: str, database: str) -> str:
    """The same server and user, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(database, safe='')}"))


def serving(owner_url: str, service: str, passwords: Mapping[str, str]) -> str:
    """The URL with which the service itself logs in, from that of its schema's owner."""
    role = f"{service}_service"
    return _with_user(owner_url, role, passwords[role])


def without_password(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))


def _with_user(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
