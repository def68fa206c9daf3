"""Connections to PostgreSQL, with every time-out set, and which of its errors pass by themselves."""

from typing import TypeAlias

import asyncpg
from asyncpg.connect_utils import SessionAttribute
from asyncpg.pool import PoolConnectionProxy

# In quotes: only the stubs know that these are generic.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

# The server is away, starting, failing over or asks to try again: the same transaction may succeed later.
PASSING = (
    # Refused, reset, timed out, no route, no such host: the network's troubles all pass.
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # What asyncpg makes of a connection that the server ended while it lay idle.
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.QueryCanceledError,
    asyncpg.DiskFullError,
)


async def _leave_as_is(_connection: Connection) -> None:
    """Skip the reset between two users of a connection: nobody here changes a session outside of a transaction."""


async def create_pool(url: str, *, application_name: str, size: int = 8) -> Pool:
    """Open a pool against the primary; statements end after 30 s, transactions that nobody drives after 60 s."""
    pool: Pool = await asyncpg.create_pool(
        url,
        min_size=2,
        max_size=size,
        command_timeout=30,
        timeout=5,
        reset=_leave_as_is,
        target_session_attrs=SessionAttribute.read_write,
        server_settings={
            "application_name": application_name,
            "timezone": "UTC",
            "idle_in_transaction_session_timeout": "60s",
        },
    )
    return pool
