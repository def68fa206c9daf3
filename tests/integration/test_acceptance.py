"""Accepting many in one transaction: nobody's fault is another's, and nobody's identity is seen."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from prometheus_client import generate_latest

from services.intake import acceptance_store
from services.intake.acceptance import Acceptance
from services.intake.acceptance_store import Batch
from services.intake.channels.qa_platform import Platform, Row
from services.intake.channels.submission import SUBMISSION
from services.intake.complaint import Complaint
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.vault import Keyring, Sealed, open_
from services.intake.mail.mail_intake import MailIntake
from services.intake.mail.spool import MailSpool
from services.intake.platforms.importing import Importing
from shared.outbox import Relay
from shared.postgres import Connection, Pool
from tests.examples import somebody_waits_for_a_lock, submission

POISON = "poison"
CANARY = {
    "name": "金丝雀某",
    "phone": "13912345678",
    "id_number": "11010519491231002X",
    "email": "canary@mail.example",
    "address": "金丝雀路七百七十七号",
}
# What of an identity a text can be searched for; names and addresses in a text stay (see shared.redaction).
IN_TEXT = ("13912345678", "11010519491231002X", "canary@mail.example", "陕A7K3J9", "6222020200112233453")
# The channels with a form, and what each wants beside what all have.
FORMS: dict[str, dict[str, Any]] = {
    "hotline_12345": {},
    "web_portal": {},
    "service_center": {"clerk": "0301"},
    "department_line": {"clerk": "0301", "received_by": "ecology-environment"},
}
CANARY_TEXT = (
    "路灯坏了，请打13912345678，证件11010519491231002X，邮箱canary@mail.example，车牌陕A7K3J9，"
    "退款到6222020200112233453。"
)

TABLES = """
SELECT quote_ident(relname) FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND relname <> 'migrations'
"""


def complaint(county: County, external_id: str, **changes: Any) -> Complaint:
    return SUBMISSION.validate_json(json.dumps(submission(external_id, **changes))).to_complaint(county)


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database refuses the submission called poison, with a message that quotes it as PostgreSQL's may."""
    accept = acceptance_store.accept

    async def accept_or_fail(connection: Connection, batch: Batch) -> set[UUID]:
        for entry in batch.entries:
            if entry.complaint.external_id == POISON:
                raise ValueError(f"cannot store {entry.complaint.original.text}, {entry.complaint.reporter}")
        return await accept(connection, batch)

    monkeypatch.setattr(acceptance_store, "accept", accept_or_fail)


def words_of_the_canary() -> set[str]:
    return {*CANARY.values(), *IN_TEXT}


async def everything_stored(pool: Pool) -> str:
    """All tables of the intake as text, the bytes of the outbox read as what they are."""
    tables = [row[0] for row in await pool.fetch(TABLES)]
    assert {"complaints", "vault", "outbox"} <= set(tables)
    rows = [row[0] for table in tables for row in await pool.fetch(f"SELECT t::text FROM {table} t")]  # noqa: S608
    bodies = [row["body"].decode() for row in await pool.fetch("SELECT body FROM outbox")]
    return "\n".join([*rows, *bodies])


class TestIdentities:
    async def submit_canaries(self, intake: httpx.AsyncClient, mail_intake: MailIntake, spool: Path) -> list[str]:
        """Canaries through every channel, and what the submitters were told."""
        told = []
        for channel, more in FORMS.items():
            one = submission(f"{channel}-1", channel=channel, text=CANARY_TEXT, title=CANARY_TEXT[:30], **more)
            one |= {"reporter": CANARY}
            line = json.dumps(one | {"external_id": f"{channel}-2"})
            told.append((await intake.post("/v1/complaints", json=one)).text)
            told.append((await intake.post("/v1/complaints:batch", content=line)).text)
            # A submission that is refused must not be quoted either.
            told.append((await intake.post("/v1/complaints", json=one | {"kind": CANARY["phone"]})).text)
        mail = f"From: {CANARY['name']} <{CANARY['email']}>\nMessage-ID: <canary@test>\nSubject: x\n\n{CANARY_TEXT}\n"
        (spool / "canary.eml").write_text(mail, encoding="utf-8")
        running = asyncio.create_task(MailSpool(spool, mail_intake).run())
        async with asyncio.timeout(30):
            while not (spool / "done" / "canary.eml").exists():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        running.cancel()
        cells = {"id": "q-1", "text": CANARY_TEXT} | {
            name: CANARY[name] for name in ("name", "phone", "email", "address")
        }
        platform = Platform.model_validate({"name": "canary", "columns": {name: name for name in cells}})
        importing = Importing(mail_intake.acceptance, mail_intake.county(), b"only for this test")
        told += [str(row) async for row in importing.rows(platform, [Row(1, cells), Row(2, cells | {"id": ""})])]
        return told

    async def test_are_seen_in_no_table_no_event_no_answer_no_log_and_no_metric(
        self,
        intake: httpx.AsyncClient,
        mail_intake: MailIntake,
        intake_pool: Pool,
        tmp_path: Path,
        capfd: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level("DEBUG")
        told = await self.submit_canaries(intake, mail_intake, tmp_path)
        logged = capfd.readouterr()
        assert await intake_pool.fetchval("SELECT count(*) FROM vault") == 10
        places = {
            "tables and events": await everything_stored(intake_pool),
            "answers": "\n".join(told),
            "logs": logged.out + logged.err + caplog.text,
            "metrics": generate_latest().decode(),
        }
        seen = [(place, word) for place, text in places.items() for word in words_of_the_canary() if word in text]
        assert seen == []

    async def test_open_with_the_key_to_what_was_submitted(
        self, intake: httpx.AsyncClient, intake_pool: Pool, keyring: Keyring
    ) -> None:
        answer = await intake.post("/v1/complaints", json=submission("A-1", text=CANARY_TEXT, reporter=CANARY))
        complaint_id = UUID(answer.json()["complaint_id"])
        [row] = await intake_pool.fetch("SELECT key_id, sealed FROM vault WHERE complaint_id = $1", complaint_id)
        identity = open_(keyring, Sealed(row["key_id"], row["sealed"]), complaint_id)
        assert identity.reporter is not None
        assert {name: getattr(identity.reporter, name) for name in CANARY} == CANARY
        assert identity.original.text == CANARY_TEXT

    @pytest.mark.usefixtures("poisoned")
    async def test_are_not_told_by_a_failure_either(
        self, intake: httpx.AsyncClient, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        poison = submission(POISON, text=CANARY_TEXT, reporter=CANARY)
        one = await intake.post("/v1/complaints", json=poison)
        line = await intake.post("/v1/complaints:batch", content=json.dumps(poison))
        assert (one.status_code, json.loads(line.text)["status"]) == (500, 500)
        logged = capfd.readouterr()
        told = one.text + line.text + logged.out + logged.err + caplog.text
        assert "not_accepted" in told
        assert [word for word in words_of_the_canary() if word in told] == []


@pytest.mark.usefixtures("poisoned")
class TestAPoisonousSubmission:
    async def test_does_not_fail_those_that_share_its_commit(
        self, acceptance: Acceptance, county: County, intake_pool: Pool
    ) -> None:
        complaints = [complaint(county, each) for each in ("A-1", POISON, "A-2")]
        outcomes = await asyncio.gather(*map(acceptance.accept, complaints), return_exceptions=True)
        assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, True, False]
        stored = await intake_pool.fetch("SELECT external_id FROM complaints ORDER BY external_id")
        assert [row["external_id"] for row in stored] == ["A-1", "A-2"]
        assert await intake_pool.fetchval("SELECT count(*) FROM outbox") == 2

    async def test_does_not_fail_the_other_lines_of_its_batch(self, intake: httpx.AsyncClient) -> None:
        body = "\n".join(json.dumps(submission(each)) for each in ("A-1", POISON, "A-2"))
        response = await intake.post("/v1/complaints:batch", content=body)
        assert [json.loads(line)["status"] for line in response.text.splitlines()] == [201, 500, 201]

    async def test_leaves_the_acceptance_running(self, intake: httpx.AsyncClient) -> None:
        assert (await intake.post("/v1/complaints", json=submission(POISON))).status_code == 500
        assert (await intake.post("/v1/complaints", json=submission("A-1"))).status_code == 201


class TestSharedCommits:
    async def test_concurrent_submissions_share_one(
        self, acceptance: Acceptance, county: County, intake_pool: Pool
    ) -> None:
        await asyncio.gather(*(acceptance.accept(complaint(county, f"A-{number}")) for number in range(40)))
        transactions = await intake_pool.fetchval("SELECT count(DISTINCT xmin::text) FROM complaints")
        assert transactions == 1

    async def test_a_submitter_who_goes_away_does_not_stop_the_others(
        self, acceptance: Acceptance, county: County, intake_pool: Pool
    ) -> None:
        gone, stays = (asyncio.create_task(acceptance.accept(complaint(county, each))) for each in ("A-1", "A-2"))
        await asyncio.sleep(0)
        gone.cancel()
        assert (await stays).created
        assert await intake_pool.fetchval("SELECT count(*) FROM complaints WHERE external_id = 'A-2'") == 1

    async def test_two_that_hold_the_same_submissions_in_opposite_order_both_end(
        self, acceptance: Acceptance, county: County, intake_pool: Pool, keyring: Keyring, blind_index: BlindIndex
    ) -> None:
        other = Acceptance(intake_pool, Relay(intake_pool, []), keyring, blind_index, lambda: timedelta(days=15))
        complaints = [complaint(county, each) for each in ("A-1", "A-2", "A-3")]
        await acceptance.accept(complaint(county, "taken"))
        async with intake_pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            # Holds both up in the middle, so that each has what the other still wants.
            await connection.execute("UPDATE complaints SET external_id = 'A-2'")
            both = asyncio.gather(acceptance.accept_each(complaints), other.accept_each(complaints[::-1]))
            await somebody_waits_for_a_lock(intake_pool, waiters=2)
            await transaction.rollback()
        outcomes = [outcome for half in await both for outcome in half]
        assert not any(isinstance(outcome, Exception) for outcome in outcomes)
        assert await intake_pool.fetchval("SELECT count(*) FROM complaints") == 4

    async def test_nothing_to_accept_is_no_transaction(self, acceptance: Acceptance) -> None:
        assert await acceptance.accept_batch([]) == []


class TestTimeOfTheFact:
    async def test_is_read_from_the_text_where_none_is_given(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        given = "2026-11-20T08:00:00+08:00"
        await intake.post("/v1/complaints", json=submission("told", text="刚才路灯不亮"))
        await intake.post("/v1/complaints", json=submission("given", text="刚才路灯不亮", occurred_at=given))
        await intake.post("/v1/complaints", json=submission("neither"))
        rows = await intake_pool.fetch("SELECT external_id, occurred_at, accepted_at, language FROM complaints")
        found = {row["external_id"]: row for row in rows}
        assert found["told"]["occurred_at"] == found["told"]["accepted_at"]
        assert found["given"]["occurred_at"] == datetime.fromisoformat(given)
        assert found["neither"]["occurred_at"] is None
        assert {row["language"] for row in rows} == {"zh"}

    async def test_does_not_make_a_resubmission_another_content(self, intake: httpx.AsyncClient) -> None:
        one = submission("again", text="刚才路灯不亮")
        await intake.post("/v1/complaints", json=one)
        again = await intake.post("/v1/complaints", json=one)
        assert (again.status_code, "warning" in again.json()) == (200, False)

    async def test_is_not_read_relative_to_the_import_of_what_was_written_before(
        self, mail_intake: MailIntake, intake_pool: Pool
    ) -> None:
        platform = Platform.model_validate({"name": "forum", "columns": {"id": "id", "text": "text"}})
        importing = Importing(mail_intake.acceptance, mail_intake.county(), b"only for this test")
        assert [row async for row in importing.rows(platform, [Row(1, {"id": "q-1", "text": "昨天路灯不亮了"})])]
        assert await intake_pool.fetchval("SELECT occurred_at FROM complaints") is None
