"""The record in the database: only ever added to, and whoever gets round that is found out."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.local.postgres import ExternalPostgres, LocalPostgres
from services.tracker.casework import Casework
from services.tracker.deadlines.calendar import Calendar
from services.tracker.lifecycle import Action, Actor, CaseState, IllegalMove, Role
from services.tracker.moving import Rules
from services.tracker.record import record_store
from services.tracker.record.anchoring import Anchoring
from services.tracker.record.record import Broken, Happening
from services.tracker.record.verifying import Whole
from services.tracker.timers.sweeper import Sweeper
from shared import migrate
from shared.events import ComplaintAssigned
from shared.language import CaseStatus
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Connection, Pool
from tests.conftest import migrations_of
from tests.examples import NOW, assigned
from tests.integration.cases import open_cases, run_ahead
from tests.integration.records import checked, lively_cases, superuser

Server = LocalPostgres | ExternalPostgres


@pytest.fixture
def url(service_urls: dict[str, str]) -> str:
    return service_urls["tracker"]


@pytest.fixture
async def cases(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> Sequence[ComplaintAssigned]:
    return await lively_cases(tracker_pool, policy, calendar)


@pytest.fixture
async def attacker(postgres: Server, url: str) -> AsyncIterator[Connection]:
    async with superuser(postgres.url, url) as connection:
        yield connection


async def anchored_now(pool: Pool) -> None:
    assert await Anchoring(pool).anchor_if_due() is not None


class TestWhatIsWritten:
    async def test_every_move_and_everything_that_fires_is_an_entry_of_its_case(
        self, tracker_pool: Pool, cases: Sequence[ComplaintAssigned]
    ) -> None:
        rows = await tracker_pool.fetch("SELECT * FROM entries ORDER BY complaint_id, number")
        happened = {
            case.complaint_id: [row["happened"] for row in rows if row["complaint_id"] == case.complaint_id]
            for case in cases
        }
        for case in cases[::2]:
            assert happened[case.complaint_id] == ["assign", "acknowledge", "reply"]
        for case in cases[1::2]:
            assert happened[case.complaint_id] == ["assign", "missed", "suspected", "warned", "missed", "suspected"]
        assert {row["note"] for row in rows if row["happened"] == "suspected"} == {
            row["evidence"] for row in await tracker_pool.fetch("SELECT evidence FROM inaction")
        }

    async def test_is_whole(self, url: str, tracker_pool: Pool, cases: Sequence[ComplaintAssigned]) -> None:
        assert await checked(url) == Whole(cases=10, entries=5 * 3 + 5 * 6, anchors=0, head=None)
        await anchored_now(tracker_pool)
        found = await checked(url)
        assert isinstance(found, Whole)
        assert (found.cases, found.anchors) == (len(cases), 1)

    async def test_an_empty_record_is_whole(self, url: str, tracker_pool: Pool) -> None:
        assert await checked(url) == Whole(0, 0, 0, None)
        await anchored_now(tracker_pool)
        assert isinstance(await checked(url), Whole)

    async def test_stays_whole_when_officers_and_sweepers_work_on_the_same_cases_at_once(
        self, url: str, tracker_pool: Pool, policy: Policy, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.tracker.timers.sweeper._BATCH", 7)
        opened = [assigned() for _ in range(60)]
        await open_cases(tracker_pool, policy, calendar, *opened)
        await run_ahead(tracker_pool, timedelta(days=90))
        casework = Casework(tracker_pool, Relay(tracker_pool, []), lambda: Rules(policy, calendar))

        async def work(case: ComplaintAssigned) -> None:
            officer = Actor(Role.OFFICER, case.department)
            await casework.acknowledge(case.complaint_id, officer, None)
            await casework.reply(case.complaint_id, officer, None, "路灯已经修好。")

        async def sweep() -> None:
            while await Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: policy).sweep():
                pass

        async def anchor() -> None:
            for _ in range(5):
                await Anchoring(tracker_pool).anchor_if_due()

        monkeypatch.setattr("services.tracker.record.anchoring.EVERY", timedelta(0))
        await asyncio.gather(*map(work, opened), sweep(), sweep(), sweep(), anchor())
        await sweep()
        await anchor()
        found = await checked(url)
        assert isinstance(found, Whole), found
        assert found.entries == 60 * (3 + 5)
        assert await tracker_pool.fetchval("SELECT count(DISTINCT complaint_id) FROM anchored") == 60

    async def test_an_illegal_move_leaves_no_entry(
        self, url: str, tracker_pool: Pool, policy: Policy, calendar: Calendar
    ) -> None:
        case = assigned()
        await open_cases(tracker_pool, policy, calendar, case)
        with pytest.raises(IllegalMove):
            await Casework(tracker_pool, Relay(tracker_pool, []), lambda: Rules(policy, calendar)).reply(
                case.complaint_id, Actor(Role.OFFICER, case.department), None, "x"
            )
        assert await checked(url) == Whole(1, 1, 0, None)


APPEND_ONLY = {
    "entries": "at",
    "anchors": "hash",
    "anchored": "entry_hash",
    "deadlines": "term",
    "timelines": "days",
    "outcomes": "at",
    "inaction": "evidence",
    "inaction_explanations": "text",
    "inaction_verdicts": "verdict",
}
CHANGES = ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
WRITABLE = """
SELECT relname, has_table_privilege(oid, 'INSERT'), has_table_privilege(oid, 'SELECT'),
    has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
        OR has_any_column_privilege(oid, 'UPDATE, REFERENCES')
FROM pg_class WHERE relname = ANY($1::text[]) AND relnamespace = current_schema()::regnamespace
"""


class TestTheService:
    @pytest.mark.parametrize("table", APPEND_ONLY)
    @pytest.mark.parametrize("change", CHANGES)
    @pytest.mark.usefixtures("cases")
    async def test_has_no_right_to_change_what_it_wrote(self, tracker_pool: Pool, table: str, change: str) -> None:
        column = APPEND_ONLY[table]
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await tracker_pool.execute(change.format(table, column, column))

    @pytest.mark.parametrize("table", APPEND_ONLY)
    @pytest.mark.parametrize("change", CHANGES)
    @pytest.mark.usefixtures("cases")
    async def test_s_owner_is_stopped_by_the_triggers_all_the_same(self, url: str, table: str, change: str) -> None:
        column = APPEND_ONLY[table]
        owner = await asyncpg.connect(url)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
            await owner.execute(change.format(table, column, column))
        await owner.close()

    async def test_may_add_to_the_record_and_read_it_and_no_more(self, tracker_pool: Pool) -> None:
        rows = await tracker_pool.fetch(WRITABLE, list(APPEND_ONLY))
        assert {tuple(row) for row in rows} == {(table, True, True, False) for table in APPEND_ONLY}

    @pytest.mark.parametrize(
        "attempt",
        [
            "ALTER TABLE entries DISABLE TRIGGER append_only",
            "DROP TRIGGER append_only ON entries",
            "DROP TABLE entries",
            "ALTER TABLE entries RENAME TO elsewhere",
            "CREATE TABLE beside (n int)",
            "CREATE RULE quietly AS ON INSERT TO entries DO INSTEAD NOTHING",
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "SET session_replication_role = replica",
            "SET ROLE tracker",
            "INSERT INTO migrations (name, checksum) VALUES ('tracker/9999.sql', '')",
        ],
    )
    async def test_cannot_get_round_that(self, tracker_pool: Pool, attempt: str) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tracker_pool.execute(attempt)

    async def test_keeps_its_rights_and_gains_none_by_another_migration(
        self, url: str, tracker_pool: Pool, cases: Sequence[ComplaintAssigned]
    ) -> None:
        assert await migrate.migrate(url, migrations_of("tracker")) == []
        rows = await tracker_pool.fetch(WRITABLE, list(APPEND_ONLY))
        assert {tuple(row) for row in rows} == {(table, True, True, False) for table in APPEND_ONLY}
        assert await tracker_pool.fetchval("SELECT count(*) FROM cases") == len(cases)

    async def test_auditors_may_read_what_they_check_and_neither_write_nor_read_what_citizens_wrote(
        self, url: str, tracker_pool: Pool, attacker: Connection, cases: Sequence[ComplaintAssigned]
    ) -> None:
        await anchored_now(tracker_pool)
        name = f"auditor_{uuid4().hex}"
        await attacker.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'only-for-this-test' IN ROLE tracker_auditor")
        auditing = url.replace("//tracker:", f"//{name}:", 1) + "?search_path=tracker"
        found = await checked(auditing)
        assert isinstance(found, Whole)
        assert found.cases == len(cases)
        auditor = await asyncpg.connect(auditing)
        for forbidden in (
            "SELECT text FROM cases",
            "INSERT INTO anchors VALUES (9, now(), 0, '', '')",
            "DELETE FROM entries",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await auditor.execute(forbidden)
        await auditor.close()
        await attacker.execute(f"DROP ROLE {name}")


class TestTampering:
    """By somebody for whom no trigger fires. The case is the fourth of ten, which nobody answered: six entries."""

    @pytest.fixture
    def case(self, cases: Sequence[ComplaintAssigned]) -> UUID:
        return cases[3].complaint_id

    @pytest.mark.parametrize("anchored", [True, False])
    @pytest.mark.parametrize(
        ("tampering", "number", "why"),
        [
            ("UPDATE entries SET note = '已答复' WHERE complaint_id = $1 AND number = 3", 3, "was changed"),
            ("UPDATE entries SET at = at - interval '1 day' WHERE complaint_id = $1 AND number = 5", 5, "was changed"),
            ("UPDATE entries SET hash = sha256(hash) WHERE complaint_id = $1 AND number = 2", 2, "was changed"),
            ("DELETE FROM entries WHERE complaint_id = $1 AND number = 1", 1, "is missing"),
            ("DELETE FROM entries WHERE complaint_id = $1 AND number = 4", 4, "is missing"),
            ("DELETE FROM entries WHERE complaint_id = $1 AND number > 5", 6, "is missing"),
            ("DELETE FROM entries WHERE complaint_id = $1 AND number > 2", 3, "is missing"),
            ("DELETE FROM entries WHERE complaint_id = $1", 1, "is missing"),
            (
                "UPDATE entries SET number = number - 7 WHERE complaint_id = $1 AND number IN (2, 5)",
                2,
                "was changed",
            ),
        ],
    )
    async def test_the_first_entry_that_is_not_as_it_was_written_is_named(
        self,
        url: str,
        tracker_pool: Pool,
        attacker: Connection,
        case: UUID,
        *,
        tampering: str,
        number: int,
        why: str,
        anchored: bool,
    ) -> None:
        if anchored:
            await anchored_now(tracker_pool)
        assert await attacker.execute(tampering, case) not in {"UPDATE 0", "DELETE 0"}
        await attacker.execute("UPDATE entries SET number = -number WHERE number < 0")
        found = await checked(url)
        assert isinstance(found, Broken)
        assert (found.complaint_id, found.number) == (case, number)
        assert why in found.why

    @pytest.mark.parametrize("anchored", [True, False])
    async def test_a_record_that_was_emptied_is_missed_from_its_first_entry_on(
        self,
        url: str,
        tracker_pool: Pool,
        attacker: Connection,
        cases: Sequence[ComplaintAssigned],
        *,
        anchored: bool,
    ) -> None:
        if anchored:
            await anchored_now(tracker_pool)
        await attacker.execute("TRUNCATE entries")
        found = await checked(url)
        assert isinstance(found, Broken)
        assert (found.complaint_id, found.number) == (cases[0].complaint_id, 1)
        assert "is missing" in found.why

    async def test_two_entries_that_changed_places_are_named(self, url: str, attacker: Connection, case: UUID) -> None:
        for number, to in ((2, 99), (3, 2), (99, 3)):
            change = "UPDATE entries SET number = $3 WHERE complaint_id = $1 AND number = $2"
            await attacker.execute(change, case, number, to)
        assert await checked(url) == Broken(case, 2, "was changed after it was written")

    async def test_entries_swapped_between_two_cases_are_named(
        self, url: str, attacker: Connection, cases: Sequence[ComplaintAssigned]
    ) -> None:
        one, other = cases[3].complaint_id, cases[5].complaint_id
        await attacker.execute(
            "UPDATE entries SET complaint_id = $2, number = 99 WHERE complaint_id = $1 AND number = 3", one, other
        )
        await attacker.execute(
            "UPDATE entries SET complaint_id = $1 WHERE complaint_id = $2 AND number = 3", one, other
        )
        await attacker.execute("UPDATE entries SET number = 3 WHERE number = 99")
        assert await checked(url) == Broken(one, 3, "was changed after it was written")

    async def test_a_chain_that_was_written_anew_without_its_last_entries_is_betrayed_by_its_anchor(
        self, url: str, tracker_pool: Pool, attacker: Connection, case: UUID
    ) -> None:
        await anchored_now(tracker_pool)
        [first] = await attacker.fetch("SELECT * FROM entries WHERE complaint_id = $1 AND number = 1", case)
        deadlines = first["deadlines"].replace("2026", "2036")
        await attacker.execute("DELETE FROM entries WHERE complaint_id = $1", case)
        await attacker.execute("DELETE FROM outcomes; DELETE FROM inaction")
        state = CaseState(CaseStatus(first["status"]), first["version"])
        await record_store.begin_record(
            attacker,
            [Happening(case, Action.ASSIGN, Actor(Role.SYSTEM), first["at"], state, deadlines=deadlines)],
        )
        assert await checked(url) == Broken(case, 2, "is missing")

    @pytest.mark.parametrize(
        ("tampering", "why"),
        [
            ("UPDATE cases SET status = 'closed', version = 3 WHERE complaint_id = $1", "stands at version 3, closed"),
            ("UPDATE deadlines SET due_at = due_at + interval '1 day' WHERE complaint_id = $1", "other deadlines"),
            ("DELETE FROM deadlines WHERE complaint_id = $1 AND clock = 'reply'", "other deadlines"),
            (
                "DELETE FROM outcomes WHERE deadline_id IN (SELECT deadline_id FROM deadlines WHERE complaint_id = $1)",
                "a deadline was missed, which the table of outcomes does not",
            ),
            ("DELETE FROM inaction WHERE complaint_id = $1", "suspected inaction"),
            ("UPDATE inaction SET evidence = '已答复' WHERE complaint_id = $1", "suspected inaction"),
            ("DELETE FROM cases WHERE complaint_id = $1", "the case itself is gone"),
        ],
    )
    async def test_a_table_that_was_made_to_tell_otherwise_than_the_record_is_named(
        self, url: str, attacker: Connection, case: UUID, *, tampering: str, why: str
    ) -> None:
        await attacker.execute(tampering, case)
        found = await checked(url)
        assert isinstance(found, Broken)
        assert found.complaint_id == case
        assert why in found.why

    @pytest.mark.parametrize(
        ("tampering", "why"),
        [
            ("UPDATE anchors SET hash = sha256(hash) WHERE number = 2", "anchor 2 was changed"),
            ("UPDATE anchored SET entry_hash = sha256(entry_hash) WHERE anchor_number = 1", "anchor 1 was changed"),
            ("DELETE FROM anchored WHERE anchor_number = 1", "anchor 1 was changed"),
            ("DELETE FROM anchors WHERE number = 1", "anchor 1 is missing"),
            ("DELETE FROM anchors WHERE number = 3", "anchor 3 is not the one that was exported"),
            ("TRUNCATE anchors, anchored", "anchor 1 is not the one that was exported"),
        ],
    )
    async def test_a_changed_anchor_is_named(
        self,
        url: str,
        tracker_pool: Pool,
        policy: Policy,
        calendar: Calendar,
        attacker: Connection,
        *,
        tampering: str,
        why: str,
    ) -> None:
        await lively_cases(tracker_pool, policy, calendar)
        for hour in range(3):
            await run_ahead(tracker_pool, timedelta(days=90, hours=hour))
            await anchored_now(tracker_pool)
        exported = [one.line for one in await record_store.read_anchors(tracker_pool)]
        assert isinstance(await checked(url, exported), Whole)
        await attacker.execute(tampering)
        found = await checked(url, exported)
        assert isinstance(found, str)
        assert why in found


class TestAnchoring:
    async def test_comes_once_an_hour_whoever_else_tries_and_holds_what_has_changed_since(
        self, tracker_pool: Pool, policy: Policy, calendar: Calendar
    ) -> None:
        await open_cases(tracker_pool, policy, calendar, *(assigned() for _ in range(4)))
        made = await asyncio.gather(*(Anchoring(tracker_pool).anchor_if_due() for _ in range(5)))
        assert Counter(one is not None for one in made) == {True: 1, False: 4}
        late = assigned()
        await open_cases(tracker_pool, policy, calendar, late)
        assert await Anchoring(tracker_pool).anchor_if_due() is None
        await run_ahead(tracker_pool, timedelta(minutes=61))
        second = await Anchoring(tracker_pool).anchor_if_due()
        assert second is not None
        assert second.number == 2
        held = await tracker_pool.fetch("SELECT complaint_id FROM anchored WHERE anchor_number = 2")
        assert [row["complaint_id"] for row in held] == [late.complaint_id]

    async def test_waits_for_entries_that_are_being_written_so_that_none_is_passed_over(
        self, tracker_pool: Pool, policy: Policy, calendar: Calendar
    ) -> None:
        slow, quick = assigned(), assigned()
        async with tracker_pool.acquire() as connection:
            async with connection.transaction():
                # Its id is the lower one, and it commits last.
                state = CaseState(CaseStatus.DISPATCHED, 1)
                entered = Happening(slow.complaint_id, Action.ASSIGN, Actor(Role.SYSTEM), NOW, state)
                await record_store.begin_record(connection, [entered])
                await open_cases(tracker_pool, policy, calendar, quick)
                anchoring = asyncio.create_task(Anchoring(tracker_pool).anchor_if_due())
                async with asyncio.timeout(30):
                    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'entries'::regclass"
                    while not await connection.fetchval(waiting):  # noqa: ASYNC110  # only the database knows
                        await asyncio.sleep(0.01)
            assert await anchoring is not None
        held = await tracker_pool.fetch("SELECT complaint_id FROM anchored")
        assert {row["complaint_id"] for row in held} == {slow.complaint_id, quick.complaint_id}

    async def test_of_a_long_backlog_makes_several_anchors_at_once(
        self,
        url: str,
        tracker_pool: Pool,
        cases: Sequence[ComplaintAssigned],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("services.tracker.record.anchoring._ENTRIES_AT_ONCE", 7)
        last = await Anchoring(tracker_pool).anchor_if_due()
        assert last is not None
        assert last.number == -(-45 // 7)
        assert await tracker_pool.fetchval("SELECT max(id) FROM entries") == last.last_id
        assert await tracker_pool.fetchval("SELECT count(DISTINCT complaint_id) FROM anchored") == len(cases)
        assert isinstance(await checked(url), Whole)

    async def test_is_tried_again_when_a_writer_took_too_long(
        self, tracker_pool: Pool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.tracker.record.anchoring._POLL_SECONDS", 0.01)
        monkeypatch.setattr("services.tracker.record.anchoring._LOCK_TIMEOUT", "SET LOCAL lock_timeout = '10ms'")
        failed = asyncio.Event()
        monkeypatch.setattr(
            "services.tracker.record.anchoring.log.warning", lambda *_, **__: failed.set(), raising=False
        )
        async with tracker_pool.acquire() as writer, writer.transaction():
            await writer.execute("LOCK TABLE entries IN ROW EXCLUSIVE MODE")
            anchoring = asyncio.create_task(Anchoring(tracker_pool).run())
            async with asyncio.timeout(30):
                await failed.wait()
        async with asyncio.timeout(30):
            while not await tracker_pool.fetchval("SELECT count(*) FROM anchors"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert not anchoring.done()
        anchoring.cancel()
