"""A tracker's database as months of work leave it: open cases with their deadlines, timers, outcomes and records.

Every case has been acknowledged and waits for its reply. At the end of each day as many replies fall due as the bench
asks for, so that more cases mean more days. Rows are as long as the tracker writes them and ids are spread as its own
are; only the hashes of the entries that stand in the records already are no chain.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg

# 24:00 in Asia/Shanghai of the first day on which replies are due.
FIRST_DUE = datetime(2026, 3, 2, 16, tzinfo=UTC)

_TABLES = ("cases", "timelines", "deadlines", "timers", "outcomes", "entries")

# Past the triggers, and past the write-ahead log where the server runs with wal_level=minimal: the tables are new then.
_BEGIN = """
SET LOCAL session_replication_role = replica; SET LOCAL maintenance_work_mem = '1GB'; SET LOCAL work_mem = '256MB';
"""
_CONSTRAINTS = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop, format(
    'ALTER TABLE %s ADD CONSTRAINT %I %s%s', conrelid::regclass, conname, pg_get_constraintdef(oid),
    CASE contype WHEN 'f' THEN ' NOT VALID' END
) AS make
FROM pg_constraint
WHERE contype IN ('f', 'p') AND (conrelid = ANY($1::regclass[]) OR confrelid = ANY($1::regclass[])) ORDER BY contype
"""
_INDEXES = """
SELECT format('DROP INDEX %s', indexrelid::regclass) AS drop, pg_get_indexdef(indexrelid) AS make
FROM pg_index WHERE indrelid = ANY($1::regclass[]) AND NOT indisprimary
"""

# $1 cases, $2 due together, $3 departments, $4 the first due moment.
_NUMBERED = """
CREATE TEMP TABLE numbered ON COMMIT DROP AS
SELECT
    n, department, opened_at, due_at, md5(n || 'decision')::uuid AS decision_id,
    (time || '70008' || lpad(to_hex(n), 15, '0'))::uuid AS complaint_id,
    (time || '8' || substr(md5(n || 'a'), 1, 3) || 'a' || substr(md5(n || 'a'), 4, 15))::uuid AS acknowledge_id,
    (time || '8' || substr(md5(n || 'r'), 1, 3) || 'a' || substr(md5(n || 'r'), 4, 15))::uuid AS reply_id
FROM (
    SELECT
        n, due_at, due_at - interval '14 days 8 hours' + interval '8 hours' * (n % $2::int / $2::float8) AS opened_at,
        ($3::text[])[1 + n % cardinality($3::text[])] AS department
    FROM generate_series(0, $1::int - 1) AS n
    CROSS JOIN LATERAL (SELECT $4::timestamptz + n / $2::int * interval '1 day' AS due_at) AS its
) AS each
CROSS JOIN LATERAL (
    SELECT lpad(to_hex((extract(epoch FROM opened_at) * 1000)::bigint), 12, '0') AS time
) AS begun
"""
_TERMS = """
CROSS JOIN LATERAL (
    VALUES
        (acknowledge_id, 'acknowledge', '1wd', opened_at + interval '1 day', NULL::timestamptz),
        (reply_id, 'reply', '10wd', due_at, due_at - interval '5 days 6 hours')
) AS its (deadline_id, clock, term, due, warn_at)
"""
_FILL = (
    """
    INSERT INTO cases (
        complaint_id, ticket_number, department, channel, kind, urgency, confidentiality, matter, text, place, reason,
        decision_id, status, version, accepted_at, opened_at
    ) SELECT
        complaint_id, to_char(opened_at, 'YYYYMMDD') || '-' || lpad((n % 1000000)::text, 6, '0') || '-5', department,
        'hotline_12345', 'help', 'normal', 'named', 'street-lamps',
        '小区楼下的路灯坏了半个月，报了几次没有人来修，晚上老人和孩子出门看不见路，希望尽快派人来修好。', '城关镇',
        '提到“路灯”，按照事项“城市照明管理”转城市管理局。', decision_id, 'in_progress', 2, opened_at, opened_at
    FROM numbered
    """,
    "INSERT INTO timelines SELECT md5('days')::uuid, '[]'",
    f"""
    INSERT INTO deadlines (
        deadline_id, complaint_id, clock, started_at, term, due_at, warn_at, provisional, policy_hash,
        calendar_version, timeline_id
    ) SELECT
        deadline_id, complaint_id, clock, opened_at, term, due, warn_at, false, repeat('a', 64),
        'chinesecalendar-1.11.0/2004-2026+holidays-0.109/provisional', md5('days')::uuid
    FROM numbered {_TERMS}
    """,  # noqa: S608  # a constant of this module
    "INSERT INTO outcomes SELECT acknowledge_id, 'met', opened_at + interval '1 hour' FROM numbered",
    # The warnings of the first days have fired.
    """
    INSERT INTO outcomes
    SELECT reply_id, 'warned', due_at - interval '5 days 6 hours' FROM numbered
    WHERE due_at - interval '5 days 6 hours' < (SELECT min(due_at) FROM numbered)
    """,
    """
    INSERT INTO timers (deadline_id, kind, fires_at, addressee)
    SELECT reply_id, kind, at, 'department' FROM numbered
    CROSS JOIN LATERAL (VALUES ('warning', due_at - interval '5 days 6 hours'), ('due', due_at)) AS its (kind, at)
    WHERE at >= (SELECT min(due_at) FROM numbered)
    """,
    f"""
    INSERT INTO entries (
        complaint_id, number, happened, version, status, actor_role, actor_department, at, deadlines, prev_hash, hash
    )
    SELECT complaint_id, 1, 'assign', 1, 'dispatched', 'system', NULL, opened_at, (
        SELECT '[' || string_agg(format(
            '{{"deadline_id":"%s","clock":"%s","started_at":"%s","term":"%s","due_at":"%s","warn_at":null,'
            '"provisional":false,"policy_hash":"%s","calendar_version":"%s","timeline_id":"%s"}}',
            deadline_id, clock, opened_at, term, due, repeat('a', 64),
            'chinesecalendar-1.11.0/2004-2026+holidays-0.109/provisional', md5('days')::uuid
        ), ',') || ']' FROM (SELECT 1) AS one {_TERMS}
    ), decode(repeat('00', 32), 'hex'), decode(md5(n || 'a') || md5(n || 'b'), 'hex')
    FROM numbered
    UNION ALL
    SELECT
        complaint_id, 2, 'acknowledge', 2, 'in_progress', 'officer', department, opened_at + interval '1 hour', NULL,
        decode(md5(n || 'a') || md5(n || 'b'), 'hex'), decode(md5(n || 'c') || md5(n || 'd'), 'hex')
    FROM numbered
    """,  # noqa: S608  # as above
)


async def fill(superuser_url: str, cases: int, due_together: int, departments: Sequence[str]) -> None:
    """Put `cases` open cases into the tracker's migrated and empty tables; `due_together` of them each day."""
    connection = await asyncpg.connect(superuser_url, server_settings={"search_path": "tracker"})
    try:
        async with connection.transaction():
            await connection.execute(_BEGIN)
            constraints = await connection.fetch(_CONSTRAINTS, _TABLES)
            indexes = await connection.fetch(_INDEXES, _TABLES)
            await connection.execute(f"TRUNCATE {', '.join(_TABLES)} CASCADE")
            for row in [*constraints, *indexes]:
                await connection.execute(row["drop"])
            await connection.execute(_NUMBERED, cases, due_together, departments, FIRST_DUE)
            for statement in _FILL:
                await connection.execute(statement)
            for row in [*reversed(constraints), *indexes]:
                await connection.execute(row["make"])
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
