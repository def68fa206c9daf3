"""The inbox: which events a service has already taken in, so that a redelivered one changes nothing."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from shared.postgres import Connection, Pool
from shared.topics import KEPT

REMEMBER = "INSERT INTO inbox (event_id) SELECT * FROM unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id"
FORGET = "DELETE FROM inbox WHERE seen_at < now() - $1::interval"

# Longer than any topic keeps a record, so that nothing forgotten can come again.
_REMEMBERED = KEPT + timedelta(days=5)


async def remember(connection: Connection, event_ids: Sequence[UUID]) -> set[UUID]:
    """Note these ids in the caller's transaction and return those that are new."""
    if not event_ids:
        return set()
    return {row["event_id"] for row in await connection.fetch(REMEMBER, event_ids)}


async def forget_old(pool: Pool) -> None:
    """Drop ids of events that Kafka no longer holds."""
    await pool.execute(FORGET, _REMEMBERED)
