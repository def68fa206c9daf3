"""What the router asks of its tables touches what it is about and no more, on ten thousand complaints."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.router import store
from services.router.classifier import learning_store
from services.router.desks import desks_store
from services.router.desks.standings import STANDS_STILL
from services.router.incidents import hotspots_store, incidents_read_store, incidents_store, parting_store
from services.router.incidents.incidents import NEWEST
from services.router.policies import replay_store
from shared import migrate
from shared.postgres import Connection
from tests.architecture.test_explain import assert_lean, indexes, outline, plan_of, read_rows, scanned_whole
from tests.conftest import migrations_of, new_database

# Every hundredth came back once.
FILL = """
INSERT INTO complaints
    SELECT gen_random_uuid(), timestamptz '2026-09-01' + n * interval '1 minute', '{"text": "路灯坏了"}'
    FROM generate_series(1, 10000) AS n;
INSERT INTO decisions (
    decision_id, complaint_id, department, source, reason, evidence, policy_hash, decided_at, in_force
)
    SELECT gen_random_uuid(), complaint_id, 'urban-management', 'rule', '', '{}', '', accepted_at,
        extract(minute FROM accepted_at)::int % 100 <> 7 FROM complaints;
INSERT INTO decisions (
    decision_id, complaint_id, department, source, reason, evidence, policy_hash, decided_at, hop, returns
)
    SELECT gen_random_uuid(), complaint_id, 'power-supply', 'rule', '', '{}', '', decided_at, 2, 1
    FROM decisions WHERE NOT in_force;
INSERT INTO standings SELECT complaint_id, department, 'in_progress', 2 FROM decisions WHERE in_force;
INSERT INTO fingerprints SELECT complaint_id, accepted_at, '停水没', '', '', '', NULL, '' FROM complaints;
-- Ten keys each, one of which every second complaint has.
INSERT INTO fingerprint_keys
    SELECT CASE WHEN key = 0 AND number % 2 = 0 THEN 7 ELSE hashtextextended(number % 900 || '/' || key, 0) END, at,
        complaint_id
    FROM (SELECT *, row_number() OVER () AS number FROM fingerprints) AS each, generate_series(0, 9) AS key;
INSERT INTO memberships (complaint_id, version, incident_id, accepted_at, said_at, because)
    SELECT complaint_id, 1, md5((number % 700)::text)::uuid, at, at, ''
    FROM (SELECT *, row_number() OVER () AS number FROM fingerprints) AS each;
INSERT INTO kept_apart
    SELECT gen_random_uuid(), gen_random_uuid(), timestamptz '2026-09-01', '', '' FROM generate_series(1, 10000);
INSERT INTO hotspots SELECT gen_random_uuid(), 1, timestamptz '2026-09-01', 5 FROM generate_series(1, 10000);
"""


@pytest.fixture(scope="module")
def filled_url(postgres: Any) -> str:
    return new_database(postgres)["router"]


@pytest.fixture
async def router(filled_url: str) -> AsyncIterator[Connection]:
    await migrate.migrate(filled_url, migrations_of("router"))
    connection = await asyncpg.connect(filled_url)
    if not await connection.fetchval("SELECT count(*) FROM complaints"):
        await connection.execute(FILL)
        await connection.execute("ANALYZE")
    yield connection
    await connection.close()


async def test_holding_complaints_reads_those_alone(router: Connection) -> None:
    some = [row[0] for row in await router.fetch("SELECT complaint_id FROM complaints LIMIT 20")]
    assert_lean(await plan_of(router, store.HOLD_COMPLAINTS, some), "complaints_pkey", at_most=2 * 20)
    assert_lean(await plan_of(router, store.DECISIONS_IN_FORCE, some), "one_decision_in_force", at_most=2 * 20)


async def test_the_decisions_on_a_complaint_are_found_by_its_id(router: Connection) -> None:
    one = await router.fetchval("SELECT complaint_id FROM complaints LIMIT 1")
    assert_lean(await plan_of(router, store.DECISIONS_OF_COMPLAINT, one), "one_decision_at_each_hop", at_most=2)


async def test_a_desk_reads_what_lies_with_it_and_where_those_cases_stand(router: Connection) -> None:
    plan = await plan_of(router, desks_store.READ_DESK, "urban-management", None, 20, list(STANDS_STILL))
    assert_lean(plan, "decisions_to_place", at_most=4 * 20)


async def test_a_replay_reads_one_batch_at_a_time(router: Connection) -> None:
    since = datetime(2026, 9, 3, tzinfo=UTC)
    plan = await plan_of(router, replay_store.REPLAY, since, UUID(int=0), 50)
    assert_lean(plan, "complaints_by_time", at_most=4 * 50)


async def test_who_tells_of_the_same_is_found_among_the_newest_of_each_key_however_many_share_it(
    router: Connection,
) -> None:
    at = await router.fetchval("SELECT max(at) FROM fingerprints")
    keys = [7, *(row[0] for row in await router.fetch("SELECT DISTINCT key FROM fingerprint_keys LIMIT 9"))]
    askers, times = list(range(len(keys))), [at] * len(keys)
    plan = await plan_of(router, incidents_store.FIND_ALIKE, askers, keys, times, timedelta(days=300), NEWEST)
    assert_lean(plan, "fingerprint_keys_newest", at_most=12 * NEWEST * len(keys))


async def test_a_batch_of_five_hundred_is_compared_by_the_same_indexes(router: Connection) -> None:
    at = await router.fetchval("SELECT max(at) FROM fingerprints")
    keys = [row[0] for row in await router.fetch("SELECT key FROM fingerprint_keys LIMIT 5000")]
    askers, times = [place % 500 for place in range(len(keys))], [at] * len(keys)
    plan = await plan_of(router, incidents_store.FIND_ALIKE, askers, keys, times, timedelta(days=300), NEWEST)
    assert_lean(plan, "fingerprint_keys_newest", at_most=12 * NEWEST * len(keys))


async def test_the_times_of_growing_incidents_are_read_without_the_members_of_others(router: Connection) -> None:
    incidents = [row[0] for row in await router.fetch("SELECT DISTINCT incident_id FROM memberships LIMIT 5")]
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    plan = await plan_of(router, hotspots_store.READ_TIMES, incidents, since, until, 3)
    assert_lean(plan, "memberships_incident", at_most=8 * 5 * 15)


async def test_what_a_person_reads_and_mends_touches_the_incident_alone(router: Connection) -> None:
    incident = await router.fetchval("SELECT incident_id FROM memberships LIMIT 1")
    plan = await plan_of(router, incidents_read_store.READ_MEMBERS, incident, None, 500)
    assert_lean(plan, "memberships_incident", at_most=8 * 20)
    assert_lean(
        await plan_of(router, incidents_read_store.READ_INCIDENT, incident, None),
        "memberships_incident",
        at_most=3 * 20,
    )
    history = await plan_of(router, incidents_read_store.READ_HISTORY, incident, None, 50, 500)
    assert_lean(history, "memberships_incident", at_most=8 * 20)
    former = await plan_of(router, parting_store.READ_FORMER, incident)
    assert_lean(former, "memberships_incident", at_most=4 * 20)
    came = await plan_of(router, parting_store.CAME_WITH, incident, incident)
    assert_lean(came, "memberships_incident", at_most=4 * 20)
    members = [row[0] for row in await router.fetch("SELECT complaint_id FROM memberships LIMIT 20")]
    assert_lean(await plan_of(router, incidents_store.READ_IN_FORCE, members), "one_membership_in_force", at_most=40)


@pytest.mark.parametrize("generic", [True, False])
async def test_a_page_of_a_large_incident_starts_where_the_last_one_ended(router: Connection, *, generic: bool) -> None:
    undo = router.transaction()
    await undo.start()
    await router.execute("UPDATE memberships SET incident_id = $1 WHERE accepted_at > '2026-09-05'", UUID(int=1))
    await router.execute("ANALYZE memberships")
    last = await router.fetchval(
        "SELECT complaint_id FROM memberships WHERE incident_id = $1 ORDER BY accepted_at OFFSET 2000 LIMIT 1",
        UUID(int=1),
    )
    plan = await plan_of(router, incidents_read_store.READ_MEMBERS, UUID(int=1), last, 50, generic=generic)
    await undo.rollback()
    # Most complaints are of this incident here, so the index of times leads to them as well.
    assert indexes(plan) & {"memberships_incident", "memberships_time"}, outline(plan)
    assert (scanned_whole(plan), read_rows(plan) <= 4 * 52) == (set(), True), outline(plan)


async def test_what_is_kept_apart_is_found_by_the_incidents_that_would_be_merged(router: Connection) -> None:
    some = [row[0] for row in await router.fetch("SELECT one FROM kept_apart LIMIT 3")]
    assert_lean(await plan_of(router, parting_store.READ_APART, some), "kept_apart_pkey", at_most=3)


async def test_a_ticket_is_looked_for_on_its_day_alone(router: Connection) -> None:
    day = datetime(2026, 9, 4, tzinfo=UTC)
    plan = await plan_of(router, incidents_read_store.FIND_BY_TICKET, [day], ["20260904-000001-1"])
    assert_lean(plan, "complaints_by_time", at_most=24 * 60)


async def test_lessons_are_read_without_what_nobody_decided(router: Connection) -> None:
    since = datetime(2026, 9, 1, tzinfo=UTC)
    plan = await plan_of(router, learning_store.LESSONS, since, since, UUID(int=0), ["triage-desk"], 50)
    assert_lean(plan, "decisions_to_learn_from", at_most=3 * 50)
