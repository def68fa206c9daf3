"""Complaints come in over HTTP: what each submitter is told, and what stands in the database when they are told it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.postgres import ExternalPostgres, LocalPostgres
from services.intake import api, handlers
from services.intake.acceptance import Acceptance
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.vault import Keyring
from services.intake.submitting import Submitting
from shared import outbox
from shared.auth import Role
from shared.consumer import BatchConsumer
from shared.events import (
    CaseAcknowledged,
    CaseCallbackRequested,
    CaseClosed,
    CaseDeclined,
    CaseEvent,
    CaseExtended,
    CaseOpened,
    CaseReplied,
    CaseReworked,
)
from shared.http import create_app
from shared.language import CaseStatus
from shared.outbox import Relay
from shared.postgres import Pool
from shared.topics import CASES_EVENTS
from tests.examples import NOW, record, somebody_waits_for_a_lock, submission, waiting
from tests.integration.conftest import client_of
from tests.tokens import bearer, verifier

CANARY = "canary-7f3a"
DESK = {"channel": "service_center", "clerk": "0301"}
LINE = {"channel": "department_line", "clerk": "7", "received_by": "water-supply"}


async def submit(intake: httpx.AsyncClient, external_id: str, **changes: Any) -> httpx.Response:
    return await intake.post("/v1/complaints", json=submission(external_id) | changes)


async def submit_lines(intake: httpx.AsyncClient, lines: Sequence[bytes | dict[str, Any]]) -> list[dict[str, Any]]:
    body = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    response = await intake.post("/v1/complaints:batch", content=body)
    assert response.status_code == 200
    return [json.loads(line) for line in response.text.splitlines()]


async def stored(pool: Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM complaints")
    return count


class TestSubmittingOne:
    async def test_it_stands_in_the_database_with_its_event_when_the_answer_arrives(
        self, intake: httpx.AsyncClient, service_urls: dict[str, str]
    ) -> None:
        response = await submit(intake, "A-1")
        other = await asyncpg.connect(service_urls["intake"])
        row = await other.fetchrow("SELECT ticket_number, complaint_id FROM complaints")
        key = await other.fetchval("SELECT key FROM outbox WHERE topic = 'complaints.received'")
        await other.close()
        answer = response.json()
        assert response.status_code == 201
        assert row is not None
        assert (row["ticket_number"], str(row["complaint_id"])) == (answer["ticket_number"], answer["complaint_id"])
        assert key.decode() == answer["complaint_id"]
        assert response.headers["location"] == f"/v1/complaints/{answer['ticket_number']}"

    async def test_no_answer_is_given_while_the_commit_is_pending(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        await submit(intake, "A-1")
        async with intake_pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            # Another submission of the same external id must wait to see how this one ends.
            await connection.execute("UPDATE complaints SET external_id = 'A-2'")
            answer = asyncio.create_task(submit(intake, "A-2"))
            await somebody_waits_for_a_lock(intake_pool)
            assert not answer.done()
            await transaction.rollback()
        assert (await answer).status_code == 201

    async def test_the_same_again_gets_the_same_ticket(self, intake: httpx.AsyncClient, intake_pool: Pool) -> None:
        first, second = await submit(intake, "A-1"), await submit(intake, "A-1")
        assert (first.status_code, second.status_code) == (201, 200)
        assert second.json() == first.json() | {"status": 200}
        assert (await stored(intake_pool), len(await intake_pool.fetch("SELECT FROM outbox"))) == (1, 1)

    async def test_the_same_id_with_another_text_is_warned_of_and_the_first_text_stands(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        first = await submit(intake, "A-1")
        second = await submit(intake, "A-1", text="其实是自来水停了三天，请尽快处理。")
        assert second.status_code == 200
        assert "first one stands" in second.json()["warning"]
        assert second.json()["ticket_number"] == first.json()["ticket_number"]
        assert not second.json().keys() & {"query_code", "complaint_id"}, "it may be somebody who guessed the id"
        [text] = await intake_pool.fetch("SELECT text FROM complaints")
        assert text["text"] == submission("A-1")["text"]

    async def test_the_same_id_of_another_channel_is_another_complaint(self, intake: httpx.AsyncClient) -> None:
        first = await submit(intake, "A-1", channel="hotline_12345")
        second = await submit(intake, "A-1", channel="web_portal")
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json()["ticket_number"] != second.json()["ticket_number"]

    async def test_of_32_at_once_each_counts_once_duplicates_among_them_included(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        ids = [f"A-{number % 20}" for number in range(32)]
        responses = await asyncio.gather(*(submit(intake, each) for each in ids))
        tickets: dict[str, set[str]] = {}
        for each, response in zip(ids, responses, strict=True):
            tickets.setdefault(each, set()).add(response.json()["ticket_number"])
        assert sorted(response.status_code for response in responses) == [200] * 12 + [201] * 20
        assert all(len(given) == 1 for given in tickets.values())
        assert len(set.union(*tickets.values())) == 20
        assert (await stored(intake_pool), len(await intake_pool.fetch("SELECT FROM outbox"))) == (20, 20)


class TestWhoMaySubmitWhat:
    @pytest.mark.parametrize(
        ("role", "own", "anothers"),
        [
            (Role.OPERATOR, {"channel": "hotline_12345"}, [DESK, LINE, {"channel": "web_portal"}]),
            (Role.CLERK, DESK, [{"channel": "hotline_12345"}, LINE, {"channel": "web_portal"}]),
            (
                Role.OFFICER,
                LINE,
                [
                    DESK,
                    {"channel": "hotline_12345"},
                    {"channel": "web_portal"},
                    LINE | {"received_by": "urban-management"},
                ],
            ),
        ],
    )
    async def test_each_role_registers_its_own_channel_singly_and_by_the_line(
        self,
        intake: httpx.AsyncClient,
        intake_pool: Pool,
        role: Role,
        own: dict[str, Any],
        anothers: list[dict[str, Any]],
    ) -> None:
        as_role = bearer(role, department="water-supply" if role is Role.OFFICER else None)
        one = await intake.post("/v1/complaints", json=submission("A-1") | own, headers=as_role)
        assert one.status_code == 201
        for number, wrong in enumerate(anothers):
            refused = await intake.post("/v1/complaints", json=submission(f"B-{number}") | wrong, headers=as_role)
            assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
        lines = [submission("A-2") | own, *(submission(f"B-{n}") | wrong for n, wrong in enumerate(anothers))]
        body = "\n".join(json.dumps(line) for line in lines)
        batch = await intake.post("/v1/complaints:batch", content=body, headers=as_role)
        assert [json.loads(line)["status"] for line in batch.text.splitlines()] == [201, *([403] * len(anothers))]
        assert await stored(intake_pool) == 2

    async def test_who_registered_it_is_whoever_logged_in_whatever_the_form_says(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        for external_id, login in (
            ("D-1", bearer(Role.CLERK, subject="clerk-17")),
            ("D-2", bearer(Role.ADAPTER, subject="desk-software")),
        ):
            await intake.post("/v1/complaints", json=submission(external_id) | DESK, headers=login)
        rows = await intake_pool.fetch("SELECT external_id, operator FROM complaints ORDER BY 1")
        assert [tuple(row) for row in rows] == [("D-1", "clerk-17"), ("D-2", "0301")]

    async def test_a_citizen_needs_no_login_and_submits_for_the_portal_only(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        async def submit_as_citizen(external_id: str, **changes: str) -> httpx.Response:
            complaint = submission(external_id, channel="web_portal") | changes
            return await intake.post("/v1/portal/complaints", json=complaint, headers={"Authorization": ""})

        first = await submit_as_citizen("W-1")
        assert first.status_code == 201
        looked_up = await intake.get(
            first.headers["location"], params={"query_code": first.json()["query_code"]}, headers={"Authorization": ""}
        )
        assert looked_up.json()["status"] == "accepted"
        assert (await submit_as_citizen("W-2", channel="hotline_12345")).status_code == 403
        assert await stored(intake_pool) == 1

    async def test_nobody_else_submits_without_a_login(self, intake: httpx.AsyncClient, intake_pool: Pool) -> None:
        for path in ("/v1/complaints", "/v1/complaints:batch"):
            for headers, status in (({"Authorization": ""}, 401), (bearer(Role.SUPERVISOR), 403), (bearer(), 403)):
                response = await intake.post(path, json=submission("A-1"), headers=headers)
                assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
        assert await stored(intake_pool) == 0


class TestTheDesk:
    async def test_gets_a_receipt_to_print_and_the_same_one_again(self, intake: httpx.AsyncClient) -> None:
        at_the_desk = {"channel": "service_center", "clerk": "0301", "reporter": {"name": CANARY}}
        first = (await submit(intake, "D-1", **at_the_desk)).json()
        receipt = first["receipt"]
        assert first["ticket_number"] in receipt
        assert first["query_code"] in receipt
        assert CANARY not in receipt
        assert (await submit(intake, "D-1", **at_the_desk)).json()["receipt"] == receipt
        [line] = await submit_lines(intake, [submission("D-1") | at_the_desk])
        assert line["receipt"] == receipt

    async def test_alone_gets_one(self, intake: httpx.AsyncClient) -> None:
        assert "receipt" not in (await submit(intake, "A-1")).json()


class TestTheFirstReceiver:
    async def test_is_known_to_the_router(self, intake: httpx.AsyncClient, intake_pool: Pool) -> None:
        response = await submit(intake, "L-1", channel="department_line", clerk="7", received_by="ecology-environment")
        assert response.status_code == 201
        [message] = await waiting(intake_pool)
        event = json.loads(message.body or b"")
        assert (event["channel"], event["received_by"]) == ("department_line", "ecology-environment")
        # Who the clerk is stays in the intake.
        assert "clerk" not in event
        assert "operator" not in event


class TestWrongSubmissions:
    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"kind": CANARY}, "kind"),
            ({"text": ""}, "text"),
            ({"text": None}, "text"),
            ({"channel": CANARY}, "channel"),
            ({"occurred_at": CANARY}, "occurred_at"),
            ({"accused": CANARY}, "accused"),
            ({"accused": f"{CANARY} 13912345678"}, "accused"),
            ({"reporter": {"phone": CANARY * 10}}, "reporter.phone"),
            ({"reporter": CANARY}, "reporter"),
            ({"external_id": f"{CANARY}\n"}, "external_id"),
            ({f"{CANARY} 13912345678": 1}, "?"),
        ],
    )
    async def test_every_field_at_fault_is_named_in_both_languages_and_nothing_is_echoed(
        self, intake: httpx.AsyncClient, intake_pool: Pool, wrong: dict[str, Any], field: str
    ) -> None:
        response = await intake.post("/v1/complaints", json=submission("A-1") | wrong)
        assert response.status_code == 422
        assert response.headers["content-type"] == "application/problem+json"
        errors = response.json()["errors"]
        assert field in {error["field"] for error in errors}
        assert all(error["zh"] and error["en"] for error in errors)
        assert CANARY not in response.text
        assert "13912345678" not in response.text
        assert await stored(intake_pool) == 0

    async def test_several_fields_at_fault_are_all_named(self, intake: httpx.AsyncClient) -> None:
        response = await submit(intake, "A-1", kind="x", urgency="y", reporter={"name": 5})
        assert {error["field"] for error in response.json()["errors"]} == {"kind", "urgency", "reporter.name"}

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"null", b'{"a": ' * 500])
    async def test_what_is_no_json_object_is_refused(self, intake: httpx.AsyncClient, body: bytes) -> None:
        response = await intake.post("/v1/complaints", content=body)
        assert response.status_code == 422
        assert response.json()["errors"]

    async def test_a_body_over_the_limit_is_refused(self, intake: httpx.AsyncClient, intake_pool: Pool) -> None:
        response = await submit(intake, "A-1", text="长" * 256 * 1024)
        assert response.status_code == 413
        assert response.headers["content-type"] == "application/problem+json"
        assert await stored(intake_pool) == 0


class TestSubmittingByTheLine:
    async def test_each_line_gets_its_result_in_order_and_good_ones_land_though_others_fail(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        results = await submit_lines(
            intake,
            [
                submission("A-1"),
                b"no json",
                submission("A-2"),
                submission("A-1"),
                submission("A-3", kind="unknown"),
                submission("A-2", text="又是另一件事，路面塌了一个坑。"),
            ],
        )
        assert [(one["line"], one["status"]) for one in results] == [
            (1, 201),
            (2, 422),
            (3, 201),
            (4, 200),
            (5, 422),
            (6, 200),
        ]
        assert results[3]["ticket_number"] == results[0]["ticket_number"]
        assert "warning" in results[5]
        assert results[4]["errors"][0]["field"] == "kind"
        assert await stored(intake_pool) == 2

    async def test_blank_lines_are_passed_over_but_numbered(self, intake: httpx.AsyncClient) -> None:
        results = await submit_lines(intake, [b"", submission("A-1"), b"   ", b"\r", submission("A-2"), b"", b""])
        assert [(one["line"], one["status"]) for one in results] == [(2, 201), (5, 201)]

    @pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
    async def test_the_last_line_counts_however_it_ends(self, intake: httpx.AsyncClient, end: bytes) -> None:
        body = json.dumps(submission("A-1")).encode() + end
        response = await intake.post("/v1/complaints:batch", content=body)
        assert [json.loads(line)["status"] for line in response.text.splitlines()] == [201]

    async def test_an_empty_body_has_no_results(self, intake: httpx.AsyncClient) -> None:
        response = await intake.post("/v1/complaints:batch", content=b"")
        assert (response.status_code, response.text) == (200, "")

    async def test_more_lines_than_share_one_commit_all_land_in_order(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        results = await submit_lines(intake, [submission(f"A-{number}") for number in range(601)])
        assert [(one["line"], one["status"]) for one in results] == [(number, 201) for number in range(1, 602)]
        assert await stored(intake_pool) == 601

    async def test_more_connections_than_are_read_at_once_are_all_answered(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        async def client(name: int) -> list[dict[str, Any]]:
            return await submit_lines(intake, [b"{", *[submission(f"{name}-{number}") for number in range(3)]])

        answers = await asyncio.gather(*map(client, range(30)))
        assert [[one["status"] for one in results] for results in answers] == [[422, 201, 201, 201]] * 30
        assert await stored(intake_pool) == 90

    @pytest.mark.parametrize("part", [1_000, 64 * 1024, 10_000_000])
    async def test_lines_are_the_same_however_the_body_is_cut_into_parts(
        self, intake: httpx.AsyncClient, part: int
    ) -> None:
        body = b"\n".join(json.dumps(submission(f"A-{number}")).encode() for number in range(30))

        async def parts() -> AsyncIterator[bytes]:
            for start in range(0, len(body), part):
                yield body[start : start + part]

        response = await intake.post("/v1/complaints:batch", content=parts())
        assert [json.loads(line)["line"] for line in response.text.splitlines()] == list(range(1, 31))

    @pytest.mark.parametrize("part", [64 * 1024, 10_000_000])
    async def test_a_huge_line_is_refused_and_the_others_land(
        self, intake: httpx.AsyncClient, intake_pool: Pool, part: int
    ) -> None:
        lines = [submission("A-1"), submission("A-2", text="x" * 2_000_000), submission("A-3")]
        body = b"\n".join(json.dumps(line).encode() for line in lines)

        async def parts() -> AsyncIterator[bytes]:
            for start in range(0, len(body), part):
                yield body[start : start + part]

        response = await intake.post("/v1/complaints:batch", content=parts())
        results = [json.loads(line) for line in response.text.splitlines()]
        assert [(one["line"], one["status"]) for one in results] == [(1, 201), (2, 413), (3, 201)]
        assert await stored(intake_pool) == 2

    async def test_lines_beyond_the_limit_are_refused_and_those_before_it_land_with_their_results(
        self, intake: httpx.AsyncClient, intake_pool: Pool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(api, "_MAX_LINES", 5_000)
        lines = [json.dumps(submission(f"A-{number}")).encode() + b"\n" for number in range(40)]

        async def parts() -> AsyncIterator[bytes]:
            for line in lines:
                yield line

        response = await intake.post("/v1/complaints:batch", content=parts())
        *results, refusal = [json.loads(line) for line in response.text.splitlines()]
        assert refusal["status"] == 413
        assert results
        assert {one["status"] for one in results} == {201}
        assert len(results) == await stored(intake_pool) < 40


class TestLookingUp:
    async def test_the_reporter_sees_what_became_of_the_complaint(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        answer = (await submit(intake, "A-1")).json()
        path, code = f"/v1/complaints/{answer['ticket_number']}", {"query_code": answer["query_code"]}
        assert (await intake.get(path, params=code)).json()["status"] == "accepted"
        common = {"complaint_id": UUID(answer["complaint_id"]), "department": "urban-management", "at": NOW}
        steps: list[CaseEvent] = [
            CaseReplied(**common, status=CaseStatus.REPLIED, version=3, reply="路灯已经修好。"),
            CaseOpened(**common, status=CaseStatus.DISPATCHED, version=1, deadlines=()),
            CaseAcknowledged(**common, status=CaseStatus.IN_PROGRESS, version=2),
        ]
        consumer = BatchConsumer(
            "progress", handlers.FOLLOWED, handlers.follow_cases, intake_pool, Relay(intake_pool, [])
        )
        batch = [record(step, topic=CASES_EVENTS, offset=offset) for offset, step in enumerate(steps)]
        await consumer(batch)
        await consumer(batch)
        told = (await intake.get(path, params={"query_code": answer["query_code"].lower()})).json()
        assert told["status"] == "replied"
        assert [step["status"] for step in told["progress"]] == ["dispatched", "in_progress", "replied"]
        assert told["progress"][-1]["reply"] == "路灯已经修好。"

    async def test_the_reporter_sees_what_the_centre_did_after_the_reply_and_where_the_law_sends_them(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        answer = (await submit(intake, "A-1")).json()
        common = {"complaint_id": UUID(answer["complaint_id"]), "department": "urban-management", "at": NOW}
        steps: list[CaseEvent] = [
            CaseExtended(**common, status=CaseStatus.IN_PROGRESS, version=3, reason="需采购配件。", deadlines=()),
            CaseCallbackRequested(**common, status=CaseStatus.CALLBACK_PENDING, version=4),
            CaseReworked(**common, status=CaseStatus.REWORK, version=5, reason="回访不满意。", deadlines=()),
            CaseClosed(**common, status=CaseStatus.CLOSED, version=9),
            CaseDeclined(**common, status=CaseStatus.DECLINED, version=10, lawful_channel="向人民法院提起诉讼。"),
        ]
        consumer = BatchConsumer(
            "progress", handlers.FOLLOWED, handlers.follow_cases, intake_pool, Relay(intake_pool, [])
        )
        await consumer([record(step, topic=CASES_EVENTS, offset=offset) for offset, step in enumerate(steps)])
        code = {"query_code": answer["query_code"]}
        told = (await intake.get(f"/v1/complaints/{answer['ticket_number']}", params=code)).json()
        assert [(step["status"], step["reply"]) for step in told["progress"]] == [
            ("in_progress", "需采购配件。"),
            ("callback_pending", None),
            ("rework", None),
            ("closed", None),
            ("declined", "向人民法院提起诉讼。"),
        ]

    async def test_a_wrong_code_and_an_unknown_ticket_get_the_same_answer(self, intake: httpx.AsyncClient) -> None:
        answer = (await submit(intake, "A-1")).json()
        other = (await submit(intake, "A-2")).json()
        wrong_code = await intake.get(
            f"/v1/complaints/{answer['ticket_number']}", params={"query_code": other["query_code"]}
        )
        unknown = await intake.get("/v1/complaints/20260101-000001-1", params={"query_code": answer["query_code"]})
        assert (wrong_code.status_code, unknown.status_code) == (404, 404)
        assert wrong_code.content == unknown.content
        assert answer["ticket_number"] not in wrong_code.text

    @pytest.mark.parametrize("code", ["", " ", "é", "\U0001f600", "x" * 5000])
    async def test_a_strange_code_is_a_wrong_one(self, intake: httpx.AsyncClient, code: str) -> None:
        answer = (await submit(intake, "A-1")).json()
        response = await intake.get(f"/v1/complaints/{answer['ticket_number']}", params={"query_code": code})
        assert response.status_code == 404

    @pytest.mark.parametrize("ticket", ["%00", "x" * 5000, "%F0%9F%98%80", "' OR true --"])
    async def test_a_strange_ticket_number_is_an_unknown_one(self, intake: httpx.AsyncClient, ticket: str) -> None:
        response = await intake.get(f"/v1/complaints/{ticket}", params={"query_code": "22222222"})
        assert response.status_code == 404


async def test_complaints_are_accepted_while_kafka_is_away_and_wait_in_the_outbox(
    intake_pool: Pool, keyring: Keyring, blind_index: BlindIndex, county: County
) -> None:
    [nobody] = free_ports(1)
    relay = Relay(intake_pool, [f"{LOOPBACK}:{nobody}"])
    acceptance = Acceptance(intake_pool, relay, keyring, blind_index, lambda: timedelta(days=15))
    app = create_app("Hotline intake", verifier())
    api.add_routes(app, Submitting(acceptance, lambda: county, b"key"), intake_pool)
    background = [asyncio.create_task(acceptance.run()), asyncio.create_task(relay.run())]
    async with client_of(app, bearer(Role.ADAPTER)) as client:
        responses = [await submit(client, f"A-{number}") for number in range(3)]
    assert [response.status_code for response in responses] == [201, 201, 201]
    assert not any(task.done() for task in background)
    for task in background:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert (await outbox.depth(intake_pool))[0] == 3


class TestWithoutADatabase:
    @pytest.fixture
    async def away(self, postgres: LocalPostgres | ExternalPostgres, intake: httpx.AsyncClient) -> AsyncIterator[str]:
        """The intake, after one accepted complaint, with a database that refuses it; its ticket number."""
        ticket = (await submit(intake, "A-1")).json()["ticket_number"]
        superuser = await asyncpg.connect(postgres.url)
        await superuser.execute("ALTER ROLE intake_service CONNECTION LIMIT 0")
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'intake_service'"
        )
        yield ticket
        await superuser.execute("ALTER ROLE intake_service CONNECTION LIMIT -1")
        await superuser.close()

    async def test_everybody_is_asked_to_try_again_later(self, intake: httpx.AsyncClient, away: str) -> None:
        for _again in range(2):
            one = await submit(intake, "A-2")
            line = await submit_lines(intake, [submission("A-3"), b"no json"])
            look_up = await intake.get(f"/v1/complaints/{away}", params={"query_code": "22222222"})
            assert (one.status_code, one.json()["status"]) == (503, 503)
            assert [result["status"] for result in line] == [503, 422]
            assert look_up.status_code == 503
            assert look_up.headers["content-type"] == "application/problem+json"

    async def test_complaints_are_accepted_again_when_it_is_back(
        self, intake: httpx.AsyncClient, away: str, postgres: LocalPostgres | ExternalPostgres
    ) -> None:
        assert away
        assert (await submit(intake, "A-2")).status_code == 503
        superuser = await asyncpg.connect(postgres.url)
        await superuser.execute("ALTER ROLE intake_service CONNECTION LIMIT -1")
        await superuser.close()
        assert (await submit(intake, "A-2")).status_code == 201


async def test_the_api_describes_itself(intake: httpx.AsyncClient) -> None:
    document = (await intake.get("/openapi.json")).json()
    assert {"/v1/complaints", "/v1/complaints:batch", "/v1/complaints/{ticket_number}"} <= set(document["paths"])
    named = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert named == named & document["components"]["schemas"].keys()


async def test_an_unknown_address_is_a_problem_document(intake: httpx.AsyncClient) -> None:
    response = await intake.get(f"/v1/{uuid4()}")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
