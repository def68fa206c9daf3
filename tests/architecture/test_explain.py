"""The queries that run all the time touch what they are about and no more, on tables of ten thousand rows and above."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.intake import acceptance_store
from services.intake import store as intake_store
from services.intake.attachments import attachments_store
from services.intake.identity import retention_store, vault_store
from services.intake.mail import mail_retention_store
from services.intake.open311 import open311_store
from services.intake.pages import phone_checks_store
from services.intake.repeats import repeats_store
from services.tracker import store as tracker_store
from services.tracker.deadlines import deadline_store
from services.tracker.inaction import inaction_open_store, inaction_store
from services.tracker.incidents import incidents_store
from services.tracker.record import record_store
from services.tracker.reports import reports_store, tallies_store
from services.tracker.timers import timers_store
from shared import inbox, migrate, outbox
from shared.postgres import Connection
from tests.conftest import migrations_of, new_database

MANY = 10_000
# The database's clock is asked too, so the tables are filled from the present on.
NOW = datetime.now(UTC)
SOON = NOW + timedelta(minutes=10)

# A case a minute from now on, in thirty departments and at last in a new one; ids grow with time, as the intake's do.
FILL_TRACKER = """
CREATE FUNCTION pg_temp.id(n bigint, kind int) RETURNS uuid LANGUAGE sql AS
    $$ SELECT (lpad(to_hex(n), 12, '0') || '7000' || lpad(kind::text, 16, '8'))::uuid $$;
CREATE TEMP TABLE numbers AS
    SELECT n, now() + n * interval '1 minute' AS at,
        CASE WHEN n > 9500 THEN 'new' ELSE 'old-' || n % 30 END AS department
    FROM generate_series(1, 10000) AS n;
INSERT INTO cases
    SELECT pg_temp.id(n, 1), '20261124-' || n, department, 'web_portal', 'help', 'normal', 'named', NULL, NULL,
        repeat('路灯坏了', 20), NULL, 'reason', NULL, pg_temp.id(n, 2),
        CASE WHEN n % 3 = 0 THEN 'closed' ELSE 'dispatched' END, 1, at, at FROM numbers;
INSERT INTO case_incidents SELECT pg_temp.id(n, 1), pg_temp.id(n % 3000, 30), 1 FROM numbers;
INSERT INTO timelines SELECT pg_temp.id(1, 9), '[]';
INSERT INTO deadlines
    SELECT pg_temp.id(n, 10 + kind), pg_temp.id(n, 1), CASE kind WHEN 1 THEN 'acknowledge' ELSE 'reply' END, at, '1wd',
        at, at, false, 'hash', 'calendar', pg_temp.id(1, 9), NULL, NULL FROM numbers, generate_series(1, 2) AS kind;
INSERT INTO timers
    SELECT pg_temp.id(n, 10 + kind), 'due', at, 'department' FROM numbers, generate_series(1, 2) AS kind;
INSERT INTO outcomes SELECT pg_temp.id(n, 11), 'met', at FROM numbers;
INSERT INTO inaction
    SELECT pg_temp.id(n, 20), pg_temp.id(n, 1), department, 'not_answered', 'reply', at, at, 'evidence' FROM numbers;
INSERT INTO inaction_explanations SELECT pg_temp.id(n, 20), 'text', at, at FROM numbers;
INSERT INTO inaction_verdicts SELECT pg_temp.id(n, 20), 1, 'confirmed', 'reason', at FROM numbers;
INSERT INTO inaction_open
    SELECT pg_temp.id(n, 20), department, 'not_answered', CASE WHEN n > 20 THEN at END, false FROM numbers;
INSERT INTO entries (complaint_id, number, happened, version, status, actor_role, at, prev_hash, hash)
    SELECT pg_temp.id(n, 1), number, 'assign', 1, 'dispatched', 'system', at, '', ''
    FROM numbers, generate_series(1, 3) AS number;
"""
ENDED = """
UPDATE cases SET status = 'closed' WHERE ticket_number NOT IN (
    SELECT '20261124-' || n FROM generate_series(101, 10000, 100) AS n
);
INSERT INTO entries (complaint_id, number, happened, version, status, actor_role, at, prev_hash, hash)
    SELECT complaint_id, 4, 'close', 2, 'closed', 'supervisor', now(), '', ''
    FROM cases WHERE ticket_number IN (SELECT '20261124-' || n FROM generate_series(1, 50) AS n);
INSERT INTO tallied (last_entry) SELECT max(id) - 50 FROM entries;
ANALYZE cases, entries, tallied;
"""
FILL_INTAKE = """
INSERT INTO complaints
    SELECT gen_random_uuid(), '20261124-' || n, 'web_portal', 'external-' || n, 'help', 'normal', 'named', NULL,
        repeat('路灯坏了', 20), NULL, NULL, NULL, NULL, NULL, '', now() FROM generate_series(1, 10000) AS n;
INSERT INTO progress
    SELECT gen_random_uuid(), complaint_id, now(), version, 'dispatched', 'department', NULL
    FROM complaints, generate_series(1, 2) AS version;
INSERT INTO open311_requests
    SELECT complaint_id, CASE WHEN n % 1000 = 0 THEN 'rare' ELSE 'service-' || n % 20 END, at, at, n % 2 = 0, NULL, 0
    FROM (SELECT complaint_id, substr(external_id, 10)::int AS n FROM complaints) AS numbered,
        LATERAL (SELECT now() - n * interval '10 minutes' AS at) AS spread;
INSERT INTO attachments
    SELECT complaint_id, decode(md5(n::text || complaint_id), 'hex'), 'image/png', 1000, now()
    FROM complaints, generate_series(1, 2) AS n;
INSERT INTO vault SELECT complaint_id, 'key', repeat('x', 300)::bytea, 'index' FROM complaints;
-- A reporter brings five complaints, each with two numbers.
INSERT INTO blind_index
    SELECT sha256(concat(kind, n % 2000)::bytea), complaint_id
    FROM (SELECT complaint_id, row_number() OVER () AS n FROM complaints) AS numbered, generate_series(1, 2) AS kind;
INSERT INTO standings
    SELECT complaint_id, 'department', 'closed', 2, now() - n * interval '1 day', NULL
    FROM (SELECT complaint_id, row_number() OVER () AS n FROM complaints) AS numbered;
INSERT INTO helpers SELECT complaint_id, 1, '{helper}' FROM complaints;
INSERT INTO accusations SELECT complaint_id, 'accused' FROM complaints;
INSERT INTO checked_phones SELECT complaint_id, now() FROM complaints;
INSERT INTO phone_checks (form_key, trace, code_hash)
    SELECT gen_random_uuid(), sha256(concat(n % 2000)::bytea), 'hash' FROM generate_series(1, 10000) AS n;
INSERT INTO anonymized SELECT complaint_id, now(), now(), interval '3 years', 'hash' FROM complaints;
INSERT INTO number_lookups (subject, roles, ticket_numbers)
    SELECT 'someone', '{operator}', '{}' FROM generate_series(1, 10000);
INSERT INTO vault_reads (subject, roles, purpose, ticket_number, parts)
    SELECT 'someone', '{operator}', 'callback', '20261124-' || n, '{phone}' FROM generate_series(1, 10000) AS n;
INSERT INTO outbox (topic, key, headers, body)
    SELECT 'topic', 'key', '{}', repeat('x', 600)::bytea FROM generate_series(1, 10000);
INSERT INTO inbox SELECT gen_random_uuid(), now() FROM generate_series(1, 10000);
"""


@pytest.fixture(scope="module")
def full_urls(postgres: Any) -> dict[str, str]:
    return new_database(postgres)


async def _filled(url: str, service: str, fill: str) -> AsyncIterator[Connection]:
    await migrate.migrate(url, migrations_of(service))
    connection = await asyncpg.connect(url)
    table = "cases" if service == "tracker" else "complaints"
    if not await connection.fetchval(f"SELECT count(*) FROM {table}"):  # noqa: S608  # one of two names
        await connection.execute(fill)
        await connection.execute("ANALYZE")
    yield connection
    await connection.close()


@pytest.fixture
async def tracker(full_urls: dict[str, str]) -> AsyncIterator[Connection]:
    async for connection in _filled(full_urls["tracker"], "tracker", FILL_TRACKER):
        yield connection


@pytest.fixture
async def intake(full_urls: dict[str, str]) -> AsyncIterator[Connection]:
    async for connection in _filled(full_urls["intake"], "intake", FILL_INTAKE):
        yield connection


async def plan_of(connection: Connection, query: str, *arguments: object, generic: bool = False) -> dict[str, Any]:
    """The plan with which the query ran, and what it read; its effects are undone.

    A `generic` plan is made without a look at the arguments; the server may change to it after five runs.
    """
    explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json)"
    transaction = connection.transaction()
    await transaction.start()
    try:
        if generic:
            values = ", ".join("NULL" if value is None else f"'{value}'" for value in arguments)
            await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            await connection.execute(f"PREPARE asked AS {query}")
            [[written]] = await connection.fetch(f"{explain} EXECUTE asked({values})")
            await connection.execute("DEALLOCATE asked")
        else:
            [[written]] = await connection.fetch(f"{explain} {query}", *arguments)
    finally:
        await transaction.rollback()
    plan: dict[str, Any] = json.loads(written)[0]["Plan"]
    return plan


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def indexes(plan: dict[str, Any]) -> set[str]:
    return {node["Index Name"] for node in nodes(plan) if "Index Name" in node}


def read_rows(plan: dict[str, Any]) -> int:
    """How many rows of tables were looked at, those that a filter dropped included."""
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in nodes(plan)
        if node["Node Type"].endswith("Scan") and "Relation Name" in node
    )


def read_pages(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def outline(plan: dict[str, Any]) -> str:
    told = ("Node Type", "Relation Name", "Index Name", "Actual Rows", "Actual Loops", "Rows Removed by Filter")
    return "\n".join(" ".join(str(node[name]) for name in told if name in node) for node in nodes(plan))


def scanned_whole(plan: dict[str, Any]) -> set[str]:
    return {node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"}


def assert_lean(plan: dict[str, Any], index: str, *, at_most: int) -> None:
    assert (index in indexes(plan), scanned_whole(plan)) == (True, set()), outline(plan)
    assert read_rows(plan) <= at_most, outline(plan)


class TestTracker:
    async def test_a_month_of_reports_is_found_by_its_instants(self, tracker: Connection) -> None:
        # At this size reading a table whole is cheap; with many years of cases it is not.
        await tracker.execute("SET enable_seqscan = off")
        plan = await plan_of(tracker, reports_store.COUNT_FACTS, NOW + timedelta(days=400), NOW + timedelta(days=430))
        await tracker.execute("RESET enable_seqscan")
        assert {"cases_opened", "deadlines_due", "entries_at"} <= indexes(plan), outline(plan)

    async def test_claiming_timers_reads_those_that_are_due(self, tracker: Connection) -> None:
        plan = await plan_of(tracker, timers_store.CLAIM_TIMERS, SOON, 1000)
        assert_lean(plan, "timers_due", at_most=6 * 20)

    async def test_claiming_timers_after_a_long_pause_reads_one_batch(self, tracker: Connection) -> None:
        plan = await plan_of(tracker, timers_store.CLAIM_TIMERS, NOW + timedelta(days=365), 20)
        assert_lean(plan, "timers_due", at_most=4 * 20)

    async def test_a_look_for_due_timers_that_finds_none_reads_nothing(self, tracker: Connection) -> None:
        plan = await plan_of(tracker, timers_store.CLAIM_TIMERS, NOW, 1000)
        assert_lean(plan, "timers_due", at_most=0)
        # The index alone, from its root down to where the first timer is not due yet.
        [look] = [node for node in nodes(plan) if node.get("Index Name") == "timers_due"]
        assert read_pages(look) <= 3

    async def test_a_look_at_the_clock_reads_next_to_nothing(self, tracker: Connection) -> None:
        plan = await plan_of(tracker, timers_store.READ_CLOCK)
        assert read_rows(plan) == 0

    @pytest.mark.parametrize("generic", [True, False])
    async def test_a_claim_deletes_its_timers_where_they_lie(self, tracker: Connection, *, generic: bool) -> None:
        plan = await plan_of(tracker, timers_store.CLAIM_TIMERS, SOON, 1000, generic=generic)
        assert "Tid Scan" in {node["Node Type"] for node in nodes(plan)}, outline(plan)
        assert "timers_pkey" not in indexes(plan)

    async def test_what_fires_is_stored_without_a_look_at_what_stands_there(self, tracker: Connection) -> None:
        some = [row[0] for row in await tracker.fetch("SELECT deadline_id FROM deadlines LIMIT 10 OFFSET 5000")]
        outcomes = await plan_of(tracker, timers_store.INSERT_OUTCOMES, some, ["missed"] * 10, NOW)
        suspected = await plan_of(
            tracker,
            timers_store.INSERT_INACTION,
            *(some, some),
            *(["old-3"] * 10, ["not_answered"] * 10, ["reply"] * 10),
            *([NOW] * 10, [NOW] * 10, ["evidence"] * 10),
        )
        for plan, table in ((outcomes, "outcomes"), (suspected, "inaction")):
            assert scanned_whole(plan) == set()
            inserts = {node["Relation Name"]: node for node in nodes(plan) if node["Node Type"] == "ModifyTable"}
            assert inserts[table]["Conflict Resolution"] == "NOTHING"

    @pytest.mark.parametrize("department", ["old-3", "new"])
    @pytest.mark.parametrize("generic", [True, False])
    async def test_the_first_page_of_a_queue_reads_that_page(
        self, tracker: Connection, department: str, *, generic: bool
    ) -> None:
        plan = await plan_of(tracker, tracker_store.READ_QUEUE, department, None, 50, generic=generic)
        assert_lean(plan, "cases_queue", at_most=50 * 5)

    @pytest.mark.parametrize("generic", [True, False])
    async def test_a_late_page_of_a_queue_reads_that_page(self, tracker: Connection, *, generic: bool) -> None:
        queue = await tracker.fetch("SELECT complaint_id FROM cases WHERE department = 'old-3' ORDER BY 1")
        after: UUID = queue[300]["complaint_id"]
        plan = await plan_of(tracker, tracker_store.READ_QUEUE, "old-3", after, 10, generic=generic)
        assert_lean(plan, "cases_queue", at_most=10 * 5)

    @pytest.mark.parametrize("status", ["closed", "dispatched", "replied"])
    @pytest.mark.parametrize("generic", [True, False])
    async def test_a_queue_of_one_status_is_read_without_the_cases_of_another(
        self, tracker: Connection, status: str, *, generic: bool
    ) -> None:
        queue = await tracker.fetch("SELECT complaint_id FROM cases WHERE department = 'old-3' ORDER BY 1")
        after: UUID = queue[150]["complaint_id"]
        plan = await plan_of(tracker, tracker_store.READ_QUEUE_OF_STATUS, "old-3", after, 10, status, generic=generic)
        assert_lean(plan, "cases_queue_of_status", at_most=10 * 5)

    async def test_one_case_is_found_by_its_id(self, tracker: Connection) -> None:
        case = await tracker.fetchval("SELECT complaint_id FROM cases LIMIT 1 OFFSET 5000")
        assert_lean(await plan_of(tracker, tracker_store.READ_CASE, case), "cases_pkey", at_most=5)
        assert_lean(await plan_of(tracker, tracker_store.LOCK_CASE, case), "cases_pkey", at_most=2)

    @pytest.mark.parametrize("generic", [True, False])
    async def test_an_incidents_cases_are_read_without_those_of_any_other(
        self, tracker: Connection, *, generic: bool
    ) -> None:
        incident = await tracker.fetchval("SELECT incident_id FROM case_incidents LIMIT 1")
        listed = await plan_of(tracker, incidents_store.READ_CASES, incident, "old-3", None, None, 50, generic=generic)
        assert_lean(listed, "case_incidents_incident", at_most=4 * (3 + 2 + 2 * 3))
        counted = await plan_of(tracker, incidents_store.COUNT_STATUSES, incident, "old-3", generic=generic)
        assert_lean(counted, "case_incidents_incident", at_most=2 * 4)
        asked = "{in_progress}" if generic else ["in_progress"]
        to_reply = await plan_of(
            tracker, incidents_store.FIND_ANSWERABLE, incident, "old-3", asked, 500, generic=generic
        )
        assert_lean(to_reply, "case_incidents_incident", at_most=2 * 4)

    async def test_stopping_clocks_reads_those_of_the_case(self, tracker: Connection) -> None:
        case = await tracker.fetchval("SELECT complaint_id FROM cases LIMIT 1 OFFSET 5000")
        plan = await plan_of(tracker, timers_store.STOP_CLOCKS, case, ["acknowledge", "reply"], NOW, "met", True)
        assert_lean(plan, "deadlines_case", at_most=8)
        assert "timers_pkey" in indexes(plan)

    @pytest.mark.parametrize("generic", [True, False])
    async def test_a_start_without_a_new_notice_reads_no_deadline_that_is_certain(
        self, tracker: Connection, *, generic: bool
    ) -> None:
        plan = await plan_of(tracker, deadline_store.FIND_DOUBTFUL, "calendar", UUID(int=0), 500, generic=generic)
        assert_lean(plan, "deadlines_provisional", at_most=0)

    @pytest.mark.parametrize("generic", [True, False])
    async def test_the_ends_of_records_are_found_without_reading_what_stands_before_them(
        self, tracker: Connection, *, generic: bool
    ) -> None:
        some = [row[0] for row in await tracker.fetch("SELECT complaint_id FROM cases LIMIT 10 OFFSET 5000")]
        asked = "{" + ",".join(map(str, some)) + "}" if generic else some
        plan = await plan_of(tracker, record_store.READ_HEADS, asked, generic=generic)
        assert_lean(plan, "entries_pkey", at_most=10)

    async def test_an_anchor_reads_the_entries_since_the_last_one(self, tracker: Connection) -> None:
        last_id = await tracker.fetchval(record_store.NEWEST_ENTRY)
        changed = await plan_of(tracker, record_store.READ_CHANGED, last_id - 50, last_id)
        assert_lean(changed, "entries_newest", at_most=50)
        assert_lean(await plan_of(tracker, record_store.NEWEST_ENTRY), "entries_newest", at_most=1)
        assert_lean(await plan_of(tracker, record_store.NTH_ENTRY, 100, last_id, 9), "entries_newest", at_most=10)

    async def test_a_page_of_suspected_inaction_reads_that_page(self, tracker: Connection) -> None:
        first = await plan_of(tracker, inaction_store.READ_INACTION, None, 50, None, None, None)
        assert_lean(first, "inaction_newest", at_most=200)

    @pytest.mark.parametrize("generic", [True, False])
    async def test_a_further_page_of_suspected_inaction_starts_where_the_last_one_ended(
        self, tracker: Connection, *, generic: bool
    ) -> None:
        late = await tracker.fetchval("SELECT inaction_id FROM inaction ORDER BY suspected_at LIMIT 1 OFFSET 200")
        plan = await plan_of(tracker, inaction_store.READ_INACTION, late, 50, None, None, None, generic=generic)
        assert_lean(plan, "inaction_newest", at_most=210)

    @pytest.mark.parametrize("query", [tallies_store.COUNT_CASES, tallies_store.COUNT_DEADLINES])
    async def test_the_summary_reads_what_is_open_and_not_what_ever_was(self, tracker: Connection, query: str) -> None:
        undo = tracker.transaction()
        await undo.start()
        # A hundred are open, fifty have ended since the tallies, the other 9,850 are in them.
        await tracker.execute(ENDED)
        plan = await plan_of(tracker, query)
        await undo.rollback()
        assert scanned_whole(plan) <= {"tallied", "ended_cases", "ended_deadlines"}, outline(plan)
        # Each open case with its two deadlines, and up to four outcomes of each.
        assert read_rows(plan) <= 150 * (2 + 2 + 2 * 4), outline(plan)

    async def test_the_tallies_take_in_what_has_ended_by_the_entries_that_ended_it(self, tracker: Connection) -> None:
        last_id = await tracker.fetchval(record_store.NEWEST_ENTRY)
        plan = await plan_of(tracker, tallies_store.FIND_ENDINGS, last_id - 50, last_id)
        assert_lean(plan, "entries_newest", at_most=50)

    @pytest.mark.parametrize("generic", [True, False])
    async def test_asking_for_explanations_reads_those_that_nobody_has_been_asked_for(
        self, tracker: Connection, *, generic: bool
    ) -> None:
        undo = tracker.transaction()
        await undo.start()
        await tracker.execute("UPDATE timers SET fires_at = 'infinity' WHERE fires_at <= now()")
        plan = await plan_of(tracker, inaction_open_store.CLAIM_UNASKED, 1000, generic=generic)
        await undo.rollback()
        assert_lean(plan, "inaction_open_unasked", at_most=3 * 20)

    async def test_an_explanations_clock_is_stopped_without_a_look_at_any_other(self, tracker: Connection) -> None:
        some = await tracker.fetchval("SELECT deadline_id FROM deadlines LIMIT 1 OFFSET 5000")
        plan = await plan_of(tracker, inaction_open_store.STOP_EXPLANATION, some, "met", NOW)
        assert_lean(plan, "deadlines_pkey", at_most=4)


class TestIntake:
    async def test_a_ticket_is_found_by_its_number(self, intake: Connection) -> None:
        plan = await plan_of(intake, intake_store.FIND_BY_TICKET, "20261124-5000")
        assert_lean(plan, "complaints_ticket_number_key", at_most=1)

    async def test_its_progress_is_found_by_its_id(self, intake: Connection) -> None:
        complaint = await intake.fetchval("SELECT complaint_id FROM complaints LIMIT 1 OFFSET 5000")
        assert_lean(await plan_of(intake, intake_store.READ_PROGRESS, complaint), "progress_complaint", at_most=2)

    async def test_accepting_a_batch_compares_no_row_with_every_other(self, intake: Connection) -> None:
        nothing = ("{}", str(NOW), "key", r"\x00", "topic")
        plan = await plan_of(intake, acceptance_store.ACCEPT, *nothing, generic=True)
        assert "Nested Loop" not in {node["Node Type"] for node in nodes(plan)}, outline(plan)
        assert scanned_whole(plan) == set(), outline(plan)

    async def test_submissions_seen_before_are_found_by_their_external_ids(self, intake: Connection) -> None:
        ids: Sequence[str] = [f"external-{number}" for number in range(1, 11)]
        plan = await plan_of(intake, acceptance_store.FIND_BY_EXTERNAL_ID, ["web_portal"] * 10, ids)
        assert_lean(plan, "complaints_channel_external_id_key", at_most=10)

    @pytest.mark.parametrize("generic", [True, False])
    @pytest.mark.parametrize("closed", ["{f}", "{f,t}"])
    async def test_a_page_of_public_requests_reads_that_page(
        self, intake: Connection, closed: str, *, generic: bool
    ) -> None:
        asked = closed if generic else [value == "t" for value in closed.strip("{}").split(",")]
        arguments = (asked, NOW - timedelta(days=90), NOW, 20)
        plan = await plan_of(intake, open311_store.READ_REQUESTS, *arguments, generic=generic)
        # A page for each status, and the complaints of the one that is answered.
        assert_lean(plan, "open311_requests_newest", at_most=3 * 20)

    @pytest.mark.parametrize("generic", [True, False])
    @pytest.mark.parametrize("service", ["rare", "service-7"])
    async def test_a_page_of_one_service_reads_that_page_however_rare_it_is(
        self, intake: Connection, service: str, *, generic: bool
    ) -> None:
        closed, services = ("{f,t}", f"{{{service}}}") if generic else ([False, True], [service])
        arguments = (closed, NOW - timedelta(days=90), NOW, 20, services)
        plan = await plan_of(intake, open311_store.READ_REQUESTS_OF_SERVICES, *arguments, generic=generic)
        assert_lean(plan, "open311_requests_service", at_most=3 * 20)

    async def test_public_requests_are_found_by_their_tickets(self, intake: Connection) -> None:
        tickets = [f"20261124-{number}" for number in range(1, 11)]
        plan = await plan_of(intake, open311_store.FIND_REQUESTS, tickets)
        assert_lean(plan, "complaints_ticket_number_key", at_most=2 * 10)

    async def test_following_cases_touches_those_that_are_public_requests(self, intake: Connection) -> None:
        cases = [row[0] for row in await intake.fetch("SELECT complaint_id FROM open311_requests LIMIT 10")]
        news = (cases, [1] * 10, [True] * 10, ["department"] * 10, [NOW] * 10)
        assert_lean(await plan_of(intake, open311_store.FOLLOW_CASES, *news), "open311_requests_pkey", at_most=10)

    async def test_files_are_found_by_their_complaint_and_by_their_hash(self, intake: Connection) -> None:
        complaint, sha256 = await intake.fetchrow("SELECT complaint_id, sha256 FROM attachments OFFSET 5000") or (0, 0)
        one = await plan_of(intake, attachments_store.FIND_ATTACHMENT, complaint, sha256)
        # Either index leads to it.
        assert (scanned_whole(one), read_rows(one)) == (set(), 1)
        every = await plan_of(intake, attachments_store.READ_ATTACHMENTS, complaint)
        assert_lean(every, "attachments_pkey", at_most=2)
        assert_lean(await plan_of(intake, attachments_store.FIND_BELONGING, [sha256]), "attachments_sha256", at_most=1)

    @pytest.mark.parametrize("generic", [True, False])
    async def test_a_reporters_earlier_complaints_are_found_by_their_traces(
        self, intake: Connection, *, generic: bool
    ) -> None:
        traces = [sha256(f"1{n}".encode()).digest() for n in range(50)]
        written = "{" + ",".join(rf'"\\x{trace.hex()}"' for trace in traces) + "}"
        last, first = UUID(int=2**128 - 1), UUID(int=0)
        sought = "{" + ",".join([str(last)] * 50) + "}" if generic else [last] * 50
        plan = await plan_of(
            intake, repeats_store.FIND_EARLIER, sought, written if generic else traces, first, 5, 300, generic=generic
        )
        # Of each its trace, itself, where it stands, and whom it accuses.
        assert_lean(plan, "blind_index_pkey", at_most=50 * 5 * 4)

    async def test_of_a_number_and_of_a_form_its_own_codes_are_looked_at(self, intake: Connection) -> None:
        key, trace = await intake.fetchrow("SELECT form_key, trace FROM phone_checks LIMIT 1") or (None, None)
        plan = await plan_of(intake, phone_checks_store.INSERT_CHECK, uuid4(), trace, b"hash", 3, 6)
        assert_lean(plan, "phone_checks_trace", at_most=10)
        plan = await plan_of(intake, phone_checks_store.TRY_CODE, key, trace, b"hash", timedelta(minutes=10), 5)
        assert_lean(plan, "phone_checks_form", at_most=2)

    async def test_what_became_of_a_mail_is_found_by_its_id(self, intake: Connection) -> None:
        ids = [f"external-{n}" for n in range(50)]
        plan = await plan_of(intake, mail_retention_store.READ_ENDED, ids)
        assert_lean(plan, "complaints_channel_external_id_key", at_most=200)

    async def test_an_identity_is_found_by_its_ticket(self, intake: Connection) -> None:
        plan = await plan_of(intake, vault_store.READ_IDENTITY, "20261124-5000")
        assert_lean(plan, "vault_pkey", at_most=6)

    @pytest.mark.parametrize("after", [None, 5000])
    @pytest.mark.parametrize("generic", [True, False])
    async def test_a_page_of_readings_reads_that_page(
        self, intake: Connection, after: int | None, *, generic: bool
    ) -> None:
        plan = await plan_of(intake, vault_store.READ_READS, after, 50, generic=generic)
        assert_lean(plan, "vault_reads_pkey", at_most=50)
        plan = await plan_of(intake, vault_store.READ_LOOKUPS, after, 50, generic=generic)
        assert_lean(plan, "number_lookups_pkey", at_most=50)

    async def test_a_batch_to_anonymize_is_found_by_when_its_cases_ended(self, intake: Connection) -> None:
        plan = await plan_of(intake, retention_store.ANONYMIZE, timedelta(days=9000), 20, "hash")
        assert "standings_to_anonymize" in indexes(plan), outline(plan)
        assert scanned_whole(plan) == set(), outline(plan)


class TestEveryService:
    async def test_the_relay_claims_one_batch_and_reads_no_more(self, intake: Connection) -> None:
        plan = await plan_of(intake, outbox.CLAIM, 50, [])
        assert_lean(plan, "outbox_pkey", at_most=2 * 50)

    async def test_an_event_that_was_seen_is_found_in_the_inbox(self, intake: Connection) -> None:
        plan = await plan_of(intake, inbox.REMEMBER, [uuid4() for _ in range(10)])
        assert scanned_whole(plan) == set()
        [insert] = [node for node in nodes(plan) if node["Node Type"] == "ModifyTable"]
        assert insert["Conflict Resolution"] == "NOTHING"

    async def test_forgetting_old_events_reads_only_the_oldest(self, intake: Connection) -> None:
        plan = await plan_of(intake, inbox.FORGET, timedelta(days=35))
        assert_lean(plan, "inbox_seen_at", at_most=0)
