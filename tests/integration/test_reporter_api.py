"""Who reads who the reporter is: each role, the accused, the anonymous and the confidential, and the record of it."""

from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services.intake import handlers
from services.intake.identity.reading_rules import Purpose
from services.intake.identity.reporter_api import add_reporter_routes
from services.intake.identity.vault import Keyring
from services.intake.ticket import ticket_number
from shared import topics
from shared.consumer import BatchConsumer
from shared.events import CaseClosed, CaseReassigned, CaseReturnGranted, CaseReworked, ComplaintAssigned
from shared.http import create_app
from shared.language import CaseStatus
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.principal import Role
from tests.examples import assigned, record
from tests.integration.conftest import client_of
from tests.integration.reporters import (
    ACCUSED,
    HOLDER,
    REPORTER,
    TEXT,
    event,
    follow,
    follow_assigned,
    opened,
    submit,
)
from tests.tokens import bearer, verifier

READERS: dict[str, tuple[dict[str, str], str]] = {
    "operator": (bearer(Role.OPERATOR), "callback"),
    "supervisor": (bearer(Role.SUPERVISOR), "supervision"),
    "administrator": (bearer(Role.ADMINISTRATOR), "legal_request"),
    "officer who has it": (bearer(Role.OFFICER, department=HOLDER), "contact_for_handling"),
    "officer who has it not": (bearer(Role.OFFICER, department="triage-desk"), "contact_for_handling"),
    "officer of the accused": (bearer(Role.OFFICER, department=ACCUSED), "contact_for_handling"),
    "supervisor of the accused": (bearer(Role.OFFICER, Role.SUPERVISOR, department=ACCUSED), "supervision"),
    "clerk": (bearer(Role.CLERK), "callback"),
    "adapter": (bearer(Role.ADAPTER), "callback"),
}
NOT_LOGGED_IN = {"Authorization": ""}
CONTACT = ["name", "phone", "email"]
EVERYTHING = [*CONTACT, "address", "id_number", "original"]


async def read(
    intake: httpx.AsyncClient, ticket: str, reader: str = "operator", note: str | None = None
) -> httpx.Response:
    headers, purpose = READERS[reader]
    asked = {"purpose": purpose} | ({"note": note} if note else {})
    return await intake.post(f"/v1/complaints/{ticket}/reporter", json=asked, headers=headers)


async def reads(intake: httpx.AsyncClient, role: Role = Role.SUPERVISOR, **query: int) -> dict[str, Any]:
    answer = await intake.get("/v1/vault-reads", params=query, headers=bearer(role))
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


@pytest.fixture
async def ticket(intake: httpx.AsyncClient, intake_pool: Pool) -> str:
    """A named complaint that accuses one department, with another."""
    answer = await submit(intake, "A-1", text=TEXT, accused=ACCUSED)
    await follow(intake_pool, opened(answer["complaint_id"]))
    return str(answer["ticket_number"])


@pytest.mark.parametrize(
    ("reader", "status"),
    [
        ("operator", 200),
        ("supervisor", 200),
        ("administrator", 200),
        ("officer who has it", 200),
        ("officer who has it not", 403),
        ("officer of the accused", 403),
        ("supervisor of the accused", 403),
        ("clerk", 403),
        ("adapter", 403),
    ],
)
class TestANamedComplaint:
    async def test_is_read_by_those_who_need_it_and_never_by_the_accused(
        self, intake: httpx.AsyncClient, ticket: str, reader: str, status: int
    ) -> None:
        answer = await read(intake, ticket, reader)
        assert answer.status_code == status
        if status != 200:
            assert [said for said in REPORTER.values() if said in answer.text] == []

    async def test_and_each_reading_is_recorded_allowed_or_not(
        self, intake: httpx.AsyncClient, ticket: str, reader: str, status: int
    ) -> None:
        await read(intake, ticket, reader, note="来电 13800000000 要求")
        [item] = (await reads(intake))["items"]
        purpose = READERS[reader][1]
        assert (item["subject"], item["purpose"], item["ticket_number"]) == ("test-user", purpose, ticket)
        assert (item["allowed"], item["refused"] is None, bool(item["parts"])) == (status == 200,) * 3
        assert item["note"] == "来电 〔电话〕 要求"


async def test_a_purpose_gives_what_it_needs_and_no_more(intake: httpx.AsyncClient, ticket: str) -> None:
    told = {reader: (await read(intake, ticket, reader)).json() for reader in ("operator", "officer who has it")}
    assert told["operator"]["reporter"] == {name: REPORTER[name] for name in CONTACT}
    assert told["officer who has it"]["reporter"] == {name: REPORTER[name] for name in (*CONTACT, "address")}
    supervisor = (await read(intake, ticket, "supervisor")).json()
    assert supervisor["reporter"] == REPORTER
    assert supervisor["original"]["text"] == TEXT
    assert [item["parts"] for item in (await reads(intake))["items"]] == [EVERYTHING, [*CONTACT, "address"], CONTACT]


async def test_an_answer_is_kept_by_no_cache(intake: httpx.AsyncClient, ticket: str) -> None:
    assert (await read(intake, ticket)).headers["cache-control"] == "no-store"


async def test_one_who_said_nothing_of_themselves_is_read_as_nothing(intake: httpx.AsyncClient) -> None:
    answer = await submit(intake, "A-1", reporter=None)
    assert (await read(intake, answer["ticket_number"])).json()["reporter"] == {}


async def test_a_confidential_reporter_is_known_to_operators_and_supervisors_only(
    intake: httpx.AsyncClient, intake_pool: Pool
) -> None:
    answer = await submit(intake, "A-1", confidentiality="confidential")
    await follow(intake_pool, opened(answer["complaint_id"]))
    allowed = [who for who in READERS if (await read(intake, answer["ticket_number"], who)).status_code == 200]
    # Nobody is accused here, so the supervisor who is an officer too is no exception.
    assert allowed == ["operator", "supervisor", "supervisor of the accused"]


async def test_an_anonymous_reporter_is_known_to_nobody_and_the_question_is_recorded(
    intake: httpx.AsyncClient,
) -> None:
    answer = await submit(intake, "A-1", confidentiality="anonymous")
    for reader in READERS:
        refusal = await read(intake, answer["ticket_number"], reader)
        assert refusal.status_code == 404
        assert "匿名" in refusal.json()["detail"]
    items = (await reads(intake))["items"]
    assert [item["refused"] for item in items] == ["anonymous"] * len(READERS)


async def test_who_is_found_accused_by_the_router_reads_nothing_nor_does_an_office_that_is_accused_itself(
    intake: httpx.AsyncClient, intake_pool: Pool, policy: Policy
) -> None:
    answer = await submit(intake, "A-1")
    ticket = answer["ticket_number"]
    await follow(intake_pool, opened(answer["complaint_id"]))
    readers = ("operator", "officer who has it", "supervisor", "supervisor of the accused")
    assert [(await read(intake, ticket, reader)).status_code for reader in readers] == [200] * 4
    for accused in (ACCUSED, policy.triage_desk, policy.supervision_office):
        await follow_assigned(intake_pool, assigned(complaint_id=answer["complaint_id"], accused=accused))
    refused = [await read(intake, ticket, reader) for reader in readers]
    assert [one.status_code for one in refused] == [403, 200, 403, 403]
    assert {one.json()["reason"] for one in refused if one.status_code == 403} == {"accused"}


async def test_whom_an_assignment_accused_that_was_taken_in_before_accusations_were_kept_reads_nothing_either(
    intake: httpx.AsyncClient, intake_pool: Pool, ticket: str
) -> None:
    complaint_id = await intake_pool.fetchval("SELECT complaint_id FROM complaints WHERE ticket_number = $1", ticket)
    given, event_id = assigned(complaint_id=complaint_id, accused=HOLDER), uuid4()
    await intake_pool.execute("INSERT INTO inbox (event_id) VALUES ($1)", event_id)
    consumer = BatchConsumer(
        "assignments",
        [ComplaintAssigned],
        handlers.follow_assignments,
        intake_pool,
        Relay(intake_pool, []),
        read=handlers.read_assignment,
    )
    for _ in range(2):
        await consumer([record(given, topic=topics.assigned(given.department), event_id=event_id)])
    refused = await read(intake, ticket, "officer who has it")
    assert (refused.status_code, refused.json()["reason"]) == (403, "accused")


class TestTheQueueOfADepartment:
    """An officer may read as long as their department has the case, as the tracker's events tell it."""

    async def allowed(self, intake: httpx.AsyncClient, ticket: str, *departments: str) -> list[str]:
        asked = {"purpose": "contact_for_handling"}
        return [
            department
            for department in departments
            if (
                await intake.post(
                    f"/v1/complaints/{ticket}/reporter",
                    json=asked,
                    headers=bearer(Role.OFFICER, department=department),
                )
            ).status_code
            == 200
        ]

    async def test_follows_the_case(self, intake: httpx.AsyncClient, intake_pool: Pool) -> None:
        answer = await submit(intake, "A-1")
        complaint_id, ticket = answer["complaint_id"], answer["ticket_number"]
        both = (HOLDER, ACCUSED)
        assert await self.allowed(intake, ticket, *both) == []
        await follow(intake_pool, opened(complaint_id))
        assert await self.allowed(intake, ticket, *both) == [HOLDER]
        returned = event(
            CaseReturnGranted, complaint_id, 2, CaseStatus.DISPATCHED, reason="x", returns=1, tried=(HOLDER,)
        )
        await follow(intake_pool, returned)
        assert await self.allowed(intake, ticket, *both) == []
        reassigned = event(
            CaseReassigned,
            complaint_id,
            3,
            CaseStatus.DISPATCHED,
            department=ACCUSED,
            previous=HOLDER,
            reason="x",
            deadlines=(),
        )
        await follow(intake_pool, reassigned)
        # An event that comes late changes nothing.
        await follow(intake_pool, opened(complaint_id), returned)
        assert await self.allowed(intake, ticket, *both) == [ACCUSED]
        await follow(intake_pool, event(CaseClosed, complaint_id, 4, CaseStatus.CLOSED, department=ACCUSED))
        assert await self.allowed(intake, ticket, *both) == []
        await follow(
            intake_pool,
            event(CaseReworked, complaint_id, 5, CaseStatus.REWORK, department=ACCUSED, reason="x", deadlines=()),
        )
        assert await self.allowed(intake, ticket, *both) == [ACCUSED]


class TestRefusals:
    async def test_an_unknown_ticket_is_not_found_and_the_question_is_recorded(self, intake: httpx.AsyncClient) -> None:
        unknown = ticket_number(date(2026, 1, 1), 1)
        answers = [await read(intake, unknown), await read(intake, "13800000000")]
        assert [answer.status_code for answer in answers] == [404, 404]
        items = (await reads(intake))["items"]
        # What is no ticket number may be anything, somebody's telephone number too: it is written nowhere.
        assert [(item["ticket_number"], item["refused"]) for item in items] == [(unknown, "no_such_ticket")]

    @pytest.mark.parametrize("body", [{}, {"purpose": "curiosity"}, {"purpose": "callback", "role": "supervisor"}, []])
    async def test_a_purpose_is_one_of_the_list(self, intake: httpx.AsyncClient, ticket: str, body: Any) -> None:
        headers = bearer(Role.OPERATOR)
        answer = await intake.post(f"/v1/complaints/{ticket}/reporter", json=body, headers=headers)
        assert answer.status_code == 422

    async def test_who_is_not_logged_in_reads_nothing(self, intake: httpx.AsyncClient, ticket: str) -> None:
        asked = await intake.post(
            f"/v1/complaints/{ticket}/reporter", json={"purpose": "callback"}, headers=NOT_LOGGED_IN
        )
        listed = await intake.get("/v1/vault-reads", headers=NOT_LOGGED_IN)
        assert (asked.status_code, listed.status_code) == (401, 401)

    async def test_an_identity_that_does_not_open_is_no_fault_of_the_reader(
        self, intake_pool: Pool, ticket: str, policy: Policy
    ) -> None:
        app = create_app("Hotline intake", verifier())
        add_reporter_routes(app, intake_pool, Keyring({"other": b"o" * 32}, "other"), lambda: policy)
        async with client_of(app) as client:
            answer = await read(client, ticket)
            [item] = (await reads(client))["items"]
        assert (answer.status_code, item["refused"]) == (503, "unreadable")


class TestTheRecord:
    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.CLERK, Role.ADAPTER])
    async def test_is_read_by_supervisors_and_administrators_only(self, intake: httpx.AsyncClient, role: Role) -> None:
        assert (await intake.get("/v1/vault-reads", headers=bearer(role))).status_code == 403
        assert (await reads(intake, Role.ADMINISTRATOR))["items"] == []

    async def test_is_paged_newest_first(self, intake: httpx.AsyncClient, ticket: str) -> None:
        for _ in range(5):
            await read(intake, ticket)
        whole = [item["read_id"] for item in (await reads(intake))["items"]]
        assert whole == sorted(whole, reverse=True)
        page = await reads(intake, limit=2)
        pages = [[item["read_id"] for item in page["items"]]]
        while "next" in page:
            page = await reads(intake, limit=2, after=page["next"])
            pages.append([item["read_id"] for item in page["items"]])
        assert pages == [whole[:2], whole[2:4], whole[4:]]

    @pytest.mark.parametrize(
        "change", ["UPDATE vault_reads SET subject = 'x'", "DELETE FROM vault_reads", "TRUNCATE vault_reads"]
    )
    async def test_is_only_ever_added_to(
        self, intake: httpx.AsyncClient, intake_pool: Pool, service_urls: dict[str, str], ticket: str, change: str
    ) -> None:
        await read(intake, ticket)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await intake_pool.execute(change)
        owner = await asyncpg.connect(service_urls["intake"])
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
            await owner.execute(change)
        await owner.close()
        assert len((await reads(intake))["items"]) == 1

    async def test_nothing_is_told_that_could_not_be_recorded(
        self, intake: httpx.AsyncClient, service_urls: dict[str, str], ticket: str
    ) -> None:
        owner = await asyncpg.connect(service_urls["intake"])
        await owner.execute("ALTER TABLE vault_reads RENAME TO elsewhere")
        try:
            answer = await read(intake, ticket)
        finally:
            await owner.execute("ALTER TABLE elsewhere RENAME TO vault_reads")
            await owner.close()
        assert answer.status_code == 500
        assert [said for said in REPORTER.values() if said in answer.text] == []

    async def test_names_every_purpose_of_the_list(self, intake: httpx.AsyncClient, ticket: str) -> None:
        for purpose in Purpose:
            await intake.post(
                f"/v1/complaints/{ticket}/reporter", json={"purpose": purpose}, headers=bearer(Role.SUPERVISOR)
            )
        assert {item["purpose"] for item in (await reads(intake))["items"]} == set(Purpose)


class TestJointMatters:
    """A department that helps reads as the lead does, as long as it helps, as the router's assignments tell it."""

    HELPER = "officer who has it not"

    async def test_a_helper_reads_until_another_placing_names_it_no_more(
        self, intake: httpx.AsyncClient, intake_pool: Pool, ticket: str
    ) -> None:
        complaint_id = str(
            await intake_pool.fetchval("SELECT complaint_id FROM complaints WHERE ticket_number = $1", ticket)
        )
        first = assigned(complaint_id=complaint_id, department=HOLDER, co_handlers=("triage-desk",))
        second = assigned(complaint_id=complaint_id, department=HOLDER, hop=2)
        assert (await read(intake, ticket, self.HELPER)).status_code == 403
        await follow_assigned(intake_pool, first)
        told = await read(intake, ticket, self.HELPER)
        assert told.json()["reporter"] == {name: REPORTER[name] for name in (*CONTACT, "address")}
        await follow_assigned(intake_pool, second)
        # The topics of two departments come in any order.
        await follow_assigned(intake_pool, first)
        refused = await read(intake, ticket, self.HELPER)
        assert (refused.status_code, refused.json()["reason"]) == (403, "not_in_queue")
        assert [item["allowed"] for item in (await reads(intake))["items"]] == [False, True, False]

    async def test_the_accused_helps_with_nothing_and_a_confidential_reporter_is_told_to_no_helper(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        named = await submit(intake, "A-2", accused=ACCUSED)
        confidential = await submit(intake, "A-3", confidentiality="confidential")
        for answer in (named, confidential):
            given = assigned(
                complaint_id=answer["complaint_id"], department=HOLDER, co_handlers=(ACCUSED, "triage-desk")
            )
            await follow(intake_pool, opened(answer["complaint_id"]))
            await follow_assigned(intake_pool, given)
        accused = await read(intake, named["ticket_number"], "officer of the accused")
        helper = await read(intake, confidential["ticket_number"], self.HELPER)
        assert [refused.json()["reason"] for refused in (accused, helper)] == ["accused", "confidential"]
