"""What was moved before there was a record is taken into it, hashed by the database as the tracker would have."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from services.tracker.record import record_store
from services.tracker.record.record import GENESIS, Entry, hash_of
from services.tracker.record.verifying import Whole
from shared import migrate
from shared.postgres import Connection
from tests.conftest import migrations_of
from tests.integration.records import checked

HASH = "SELECT record_hash($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"

# Three hundred cases: every third acknowledged and answered late, so that it was warned of, missed and suspected first;
# every third only acknowledged, in time.
BEFORE_THE_RECORD = """
CREATE FUNCTION pg_temp.id(n bigint, kind int) RETURNS uuid LANGUAGE sql AS
    $$ SELECT (lpad(to_hex(n), 12, '0') || '7000' || lpad(kind::text, 16, '8'))::uuid $$;
CREATE TEMP TABLE numbers AS
    SELECT n, timestamptz '2026-11-24 00:00:00.123456+00' + n * interval '1 minute' AS at,
        CASE n % 3 WHEN 0 THEN 3 WHEN 1 THEN 2 ELSE 1 END AS version
    FROM generate_series(1, 300) AS n;
INSERT INTO cases
    SELECT pg_temp.id(n, 1), '20261124-' || n, 'water-supply', 'web_portal', 'help', 'normal', 'named', NULL, NULL,
        '路灯坏了', NULL, 'reason', NULL, pg_temp.id(n, 2),
        CASE version WHEN 3 THEN 'replied' WHEN 2 THEN 'in_progress' ELSE 'dispatched' END, version, at, at
    FROM numbers;
INSERT INTO timelines SELECT pg_temp.id(1, 9), '[]';
INSERT INTO deadlines
    SELECT pg_temp.id(n, 10 + kind), pg_temp.id(n, 1), CASE kind WHEN 1 THEN 'acknowledge' ELSE 'reply' END, at, '1wd',
        at + kind * interval '1 day', CASE kind WHEN 2 THEN at + interval '1 hour' END, kind = 2, 'hash', 'calendar',
        pg_temp.id(1, 9), NULL, NULL
    FROM numbers, generate_series(1, 2) AS kind;
INSERT INTO moves SELECT pg_temp.id(n, 1), 1, 'assign', 'dispatched', 'system', NULL, at, NULL FROM numbers;
INSERT INTO moves
    SELECT pg_temp.id(n, 1), 2, 'acknowledge', 'in_progress', 'officer', 'water-supply', at + interval '1 minute', NULL
    FROM numbers WHERE version > 1;
INSERT INTO moves
    SELECT pg_temp.id(n, 1), 3, 'reply', 'replied', 'officer', 'water-supply', at + interval '3 days',
        E'已修好：\n1:a-' || n
    FROM numbers WHERE version > 2;
INSERT INTO outcomes SELECT pg_temp.id(n, 12), 'warned', at + interval '1 hour' FROM numbers WHERE version = 3;
INSERT INTO outcomes SELECT pg_temp.id(n, 12), 'missed', at + interval '2 days' FROM numbers WHERE version = 3;
INSERT INTO outcomes SELECT pg_temp.id(n, 12), 'met', at + interval '3 days' FROM numbers WHERE version = 3;
INSERT INTO inaction
    SELECT pg_temp.id(n, 20), pg_temp.id(n, 1), 'water-supply', 'not_answered', 'reply', at + interval '2 days',
        at + interval '2 days', '至今未答复。' FROM numbers WHERE version = 3;
"""


@pytest.fixture
async def url(empty_urls: dict[str, str]) -> str:
    """The URL of a tracker's database as it was before the record, with cases in it."""
    first = [m for m in migrations_of("tracker") if m.name < "tracker/0002"]
    await migrate.migrate(empty_urls["tracker"], first)
    connection = await asyncpg.connect(empty_urls["tracker"])
    await connection.execute(BEFORE_THE_RECORD)
    await connection.close()
    return empty_urls["tracker"]


@pytest.fixture
async def migrated(url: str) -> AsyncIterator[Connection]:
    await migrate.migrate(url, migrations_of("tracker"))
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.mark.usefixtures("migrated")
async def test_what_happened_before_is_a_whole_record(url: str) -> None:
    assert await checked(url) == Whole(cases=300, entries=300 + 200 + 100 + 3 * 100, anchors=0, head=None)


async def test_it_is_told_in_the_order_in_which_it_happened(migrated: Connection) -> None:
    rows = await migrated.fetch(
        "SELECT happened, version FROM entries WHERE complaint_id = (SELECT complaint_id FROM cases WHERE version = 3 "
        "LIMIT 1) ORDER BY number"
    )
    assert [tuple(row) for row in rows] == [
        ("assign", 1),
        ("acknowledge", 2),
        ("warned", 2),
        ("missed", 2),
        ("suspected", 2),
        ("reply", 3),
    ]


async def test_python_and_the_database_compute_the_same_hash(migrated: Connection) -> None:
    chance = random.Random(20261124)  # noqa: S311  # a repeatable choice, no secret
    texts = [None, "", "-", "0:", "3:abc", "路灯坏了", "😀", "a\nb\t\\x00'\"", "长" * 5000, "\u00e9", "e\u0301"]
    instants = [datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(2099, 12, 31, 16, tzinfo=UTC)]
    instants += [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=chance.getrandbits(50)) for _ in range(20)]
    for _ in range(500):
        prev_hash = chance.choice([GENESIS, chance.randbytes(32)])
        entry = Entry(
            complaint_id=UUID(bytes=chance.randbytes(16)),
            number=chance.choice([1, 2, 10, 12345]),
            happened=chance.choice(texts[1:]) or "",
            version=chance.choice([1, 99]),
            status=chance.choice(texts[1:]) or "",
            actor_role="officer",
            actor_department=chance.choice(texts),
            actor_subject=chance.choice(texts),
            deadline_id=chance.choice([None, UUID(bytes=chance.randbytes(16))]),
            at=chance.choice(instants),
            note=chance.choice(texts),
            deadlines=chance.choice(texts),
        )
        values = [getattr(entry, name) for name in Entry.__slots__]
        assert await migrated.fetchval(HASH, prev_hash, *values) == hash_of(entry, prev_hash), entry


async def test_the_table_holds_what_the_hash_is_taken_over(migrated: Connection) -> None:
    columns = ", ".join(Entry.__slots__)
    again = f"SELECT count(*) FROM entries WHERE hash = record_hash(prev_hash, {columns})"  # noqa: S608  # fixed names
    assert await migrated.fetchval(again) == 900
    async with migrated.transaction():
        links = [link async for _, link, _ in record_store.read_entries(migrated)]
    assert [link.hash for link in links if link] == [hash_of(link.entry, link.prev_hash) for link in links if link]
