"""The check of the whole record: every anchor, every entry, and the tables that must tell the same."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from services.tracker.record import record_store
from services.tracker.record.record import Anchor, Broken, Link, anchor_flaw, flaw
from shared.postgres import Connection


@dataclass(frozen=True, slots=True)
class Whole:
    """The record is what was written; `head` is the last anchor, None where nothing was anchored yet."""

    cases: int
    entries: int
    anchors: int
    head: Anchor | None


@asynccontextmanager
async def snapshot(database_url: str) -> AsyncIterator[Connection]:
    """A connection that sees one instant of the database, and writes nothing, while the services go on."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        await connection.close()


async def verify(connection: Connection, exported: Sequence[str] = ()) -> Whole | Broken | str:
    """Check everything; the first thing that is wrong, or how much was checked.

    `exported` are lines of ``Anchor.line`` that were kept elsewhere: each must still be an anchor. Anchors are checked
    first, then the entries, of which they are witnesses, case by case, then the other tables. `connection` must see
    one instant, as that of ``snapshot`` does.
    """
    anchors = await record_store.read_anchors(connection)
    if wrong := await _wrong_anchor(connection, anchors, exported):
        return wrong
    cases = entries = 0
    before: Link | None = None
    async for complaint_id, link, anchored_hash in record_store.read_entries(connection):
        if before is not None and before.entry.complaint_id != complaint_id:
            before = None
        if link is None:
            return Broken(complaint_id, before.entry.number + 1 if before else 1, "is missing")
        if broken := flaw(link, before, anchored_hash):
            return broken
        entries += 1
        cases += before is None
        before = link
    for query in record_store.BESIDE_RECORD:
        if row := await connection.fetchrow(query):
            return Broken(row["complaint_id"], row["number"], row["why"])
    return Whole(cases, entries, len(anchors), anchors[-1] if anchors else None)


async def _wrong_anchor(connection: Connection, anchors: Sequence[Anchor], exported: Sequence[str]) -> str | None:
    before: Anchor | None = None
    for found in anchors:
        if why := anchor_flaw(found, before, await record_store.read_anchored(connection, found.number)):
            return why
        before = found
    known = {found.line for found in anchors}
    for line in exported:
        if line not in known:
            return f"anchor {line.partition(' ')[0]} is not the one that was exported"
    return None
