"""The virtual clock: the simulation's own database tells the instant that the simulation says, and no other.

``present()``, which all of the tracker goes by, is replaced in that one database, by the statement below; nothing in
the services can do so. The database is marked as one whose clock is simulated, so that a tracker refuses to serve it.
"""

from datetime import datetime, timedelta

import asyncpg

from services.tracker.store import SET_SIMULATED_CLOCK
from shared.postgres import Connection, Pool

# Without the setting it fails: a present that nobody has set is none.
REPLACE_PRESENT = """
CREATE OR REPLACE FUNCTION present() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT current_setting('hotline.present')::timestamptz $$
"""
SET_PRESENT = "SELECT set_config('hotline.present', $1, false)"


async def install(url: str) -> None:
    """Make the tracker's database at `url` one of virtual time; for a database made for nothing else."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(SET_SIMULATED_CLOCK, timedelta())
        await connection.execute(REPLACE_PRESENT)
    finally:
        await connection.close()


async def set_present(connection: Connection, at: datetime) -> None:
    """What ``present()`` is on this connection from here on."""
    await connection.execute(SET_PRESENT, at.isoformat())


async def one_connection(url: str) -> Pool:
    """A pool of one connection, so that everything that the services do has the same present, one after the other."""
    pool: Pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=1,
        max_inactive_connection_lifetime=0,
        max_queries=2**62,
        reset=_keep_present,
        server_settings={"application_name": "year", "timezone": "UTC", "synchronous_commit": "off"},
    )
    return pool


async def _keep_present(_connection: Connection) -> None:
    """No reset between two users: the present is a setting of the session."""
