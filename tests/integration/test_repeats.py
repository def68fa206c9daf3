"""The same reporter with the same matter: linked, never swallowed, and told to those who may know while they type."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from services.intake.acceptance import Acceptance, Receipt
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.vault import Keyring
from services.intake.mail.mail_intake import MailIntake, Origin
from shared.events import CaseAcknowledged
from shared.language import CaseStatus
from shared.outbox import Relay
from shared.postgres import Pool
from shared.principal import Role
from tests.examples import assigned, submission, waiting
from tests.integration.reporters import ACCUSED, HOLDER, REPORTER, event, follow, follow_assigned, opened, submit
from tests.integration.test_acceptance import complaint
from tests.tokens import bearer

LAMP = "小区楼下的路灯坏了半个月，报了几次没有人来修。"
LAMP_AGAIN = "您好，我们小区楼下路灯坏了半个多月了，报修几次都没人来修，请尽快处理。"
WATER = "家里自来水发黄有异味，已经三天了，不敢喝。"
DESK: dict[str, Any] = {"channel": "service_center", "clerk": "0301"}
LINE: dict[str, Any] = {"channel": "department_line", "clerk": "0301"}
OTHER_PHONE = {"phone": "13900000000"}


async def links(pool: Pool) -> dict[str, str]:
    """The ticket that each repeat repeats."""
    rows = await pool.fetch(
        "SELECT later.ticket_number, earlier.ticket_number FROM repeats "
        "JOIN complaints AS later USING (complaint_id) JOIN complaints AS earlier ON earlier.complaint_id = repeat_of"
    )
    return {row[0]: row[1] for row in rows}


async def linked_events(pool: Pool) -> list[tuple[str, str]]:
    """Complaint and what its event says it repeats, where it says so."""
    bodies = [json.loads(message.body or b"") for message in await waiting(pool)]
    return [(body["complaint_id"], body["repeat_of"]) for body in bodies if body.get("repeat_of")]


class TestOnSubmission:
    @pytest.mark.parametrize("again", [{}, DESK, {"text": LAMP_AGAIN}, DESK | {"text": LAMP_AGAIN}])
    async def test_the_same_matter_on_the_same_or_another_channel_is_linked_and_has_a_ticket_of_its_own(
        self, intake: httpx.AsyncClient, intake_pool: Pool, again: dict[str, Any]
    ) -> None:
        first = await submit(intake, "A-1", text=LAMP)
        second = await submit(intake, "A-2", **{"text": LAMP} | again)
        assert second["repeat_of"] == first["ticket_number"] != second["ticket_number"]
        assert "repeat_of" not in first
        assert await links(intake_pool) == {second["ticket_number"]: first["ticket_number"]}
        assert await linked_events(intake_pool) == [(second["complaint_id"], first["complaint_id"])]
        assert await intake_pool.fetchval("SELECT count(*) FROM outbox") == 2

    @pytest.mark.parametrize(
        "known_by",
        [{"phone": "+86 138-0000-0000"}, {"id_number": "６１０９２７-209901010012"}, {"email": "Test@Mail.Example"}],
    )
    async def test_the_reporter_is_known_by_each_of_their_numbers(
        self, intake: httpx.AsyncClient, known_by: dict[str, str]
    ) -> None:
        first = await submit(intake, "A-1")
        assert (await submit(intake, "A-2", reporter=known_by))["repeat_of"] == first["ticket_number"]

    @pytest.mark.parametrize(
        "other",
        [
            {"text": WATER},
            {"reporter": OTHER_PHONE},
            {"reporter": {"name": REPORTER["name"], "address": REPORTER["address"]}},
            {"reporter": None},
            {"confidentiality": "anonymous"},
            {"place": "曾家镇"},
        ],
    )
    async def test_another_matter_reporter_or_place_is_no_repeat(
        self, intake: httpx.AsyncClient, intake_pool: Pool, other: dict[str, Any]
    ) -> None:
        await submit(intake, "A-1", place="城关镇", text=LAMP)
        second = await submit(intake, "A-2", **{"text": LAMP, "place": "城关镇"} | other)
        assert "repeat_of" not in second
        assert await links(intake_pool) == {}

    async def test_what_came_before_the_window_is_no_longer_repeated(
        self, intake_pool: Pool, county: County, keyring: Keyring, blind_index: BlindIndex
    ) -> None:
        def within(window: timedelta) -> Acceptance:
            return Acceptance(intake_pool, Relay(intake_pool, []), keyring, blind_index, lambda: window)

        async def accepted(acceptance: Acceptance, external_id: str) -> Receipt:
            [receipt] = await acceptance.accept_batch([complaint(county, external_id, reporter=REPORTER)])
            return receipt

        await accepted(within(timedelta(days=15)), "A-1")
        # Ids grow by the millisecond: what came before "now" is before this window of nothing.
        await asyncio.sleep(0.01)
        assert (await accepted(within(timedelta()), "A-2")).repeat_of is None
        assert (await accepted(within(timedelta(days=15)), "A-3")).repeat_of is not None

    async def test_two_of_one_batch_are_linked_as_well(self, intake: httpx.AsyncClient, intake_pool: Pool) -> None:
        lines = [submission(f"A-{n}", reporter=REPORTER) for n in range(3)]
        answer = await intake.post("/v1/complaints:batch", content="\n".join(map(json.dumps, lines)))
        told = [json.loads(line) for line in answer.text.splitlines()]
        first = told[0]["ticket_number"]
        assert [one.get("repeat_of") for one in told] == [None, first, first]
        assert set((await links(intake_pool)).values()) == {first}

    async def test_many_at_once_share_a_commit_and_are_linked(
        self, acceptance: Acceptance, county: County, intake_pool: Pool
    ) -> None:
        complaints = [complaint(county, f"A-{n}", reporter=REPORTER) for n in range(20)]
        receipts = await asyncio.gather(*map(acceptance.accept, complaints))
        assert await intake_pool.fetchval("SELECT count(DISTINCT xmin::text) FROM complaints") == 1
        # Each is compared with the newest before it; equally alike ones are linked to the first of these.
        assert [receipt.repeat_of is None for receipt in receipts] == [True, *[False] * 19]

    async def test_batches_that_commit_side_by_side_are_linked_as_well(
        self, acceptance: Acceptance, county: County, intake_pool: Pool
    ) -> None:
        await asyncio.gather(*(acceptance.accept_batch([complaint(county, f"warm-{n}")]) for n in range(4)))
        batches = [[complaint(county, f"{letter}-{n}", reporter=REPORTER) for n in range(5)] for letter in "ABCD"]
        receipts = [one for batch in await asyncio.gather(*map(acceptance.accept_batch, batches)) for one in batch]
        assert [receipt.repeat_of is None for receipt in receipts] == [True, *[False] * 19]
        assert await intake_pool.fetchval("SELECT count(*) FROM repeats") == 19

    async def test_what_was_submitted_before_is_repeated_by_none_of_its_batch(
        self, acceptance: Acceptance, county: County, intake_pool: Pool
    ) -> None:
        [first] = await acceptance.accept_batch([complaint(county, "A-1", text=WATER, reporter=REPORTER)])
        # Told anew in other words: those were never accepted, so nothing can repeat them.
        again = [complaint(county, each, text=LAMP, reporter=REPORTER) for each in ("A-1", "A-2", "A-2", "A-3")]
        seen, second, second_again, third = await acceptance.accept_batch(again)
        assert (seen.complaint_id, seen.created, seen.same_content) == (first.complaint_id, False, False)
        assert (second.created, second.repeat_of) == (True, None)
        assert (second_again.complaint_id, second_again.created) == (second.complaint_id, False)
        assert third.repeat_of is not None
        assert third.repeat_of.complaint_id == second.complaint_id
        assert await intake_pool.fetchval("SELECT count(*) FROM outbox") == 3
        everything_again = await acceptance.accept_batch(again)
        assert [one.complaint_id for one in everything_again] == [
            one.complaint_id for one in (seen, second, second_again, third)
        ]
        assert everything_again[3].repeat_of == third.repeat_of

    async def test_the_same_submission_again_is_told_the_same(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        await submit(intake, "A-1")
        second = await submit(intake, "A-2")
        again = await submit(intake, "A-2")
        assert again == second | {"status": 200}
        assert len(await links(intake_pool)) == 1
        # Whoever only guessed the external id learns nothing of it.
        assert "repeat_of" not in await submit(intake, "A-2", text=WATER)

    async def test_a_mail_is_linked_to_what_its_sender_said_elsewhere(
        self, intake: httpx.AsyncClient, intake_pool: Pool, mail_intake: MailIntake
    ) -> None:
        first = await submit(intake, "A-1", text=LAMP)
        mail = f"From: <{REPORTER['email']}>\nMessage-ID: <1@test>\nSubject: x\n\n{LAMP}\n"
        await mail_intake.take_in(Origin("supervision"), [mail.encode()])
        assert list((await links(intake_pool)).values()) == [first["ticket_number"]]
        # The mailbox is confidential: an event that links the two would tell whose mail it is.
        assert await linked_events(intake_pool) == []


class TestWhoIsTold:
    async def test_on_the_open_web_route_nobody_is_told_and_it_is_linked_all_the_same(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        first = await submit(intake, "A-1")
        second = await submit(intake, "A-2", channel="web_portal")
        assert "repeat_of" not in second
        assert await links(intake_pool) == {second["ticket_number"]: first["ticket_number"]}

    @pytest.mark.parametrize(
        ("before", "told"),
        [
            (LINE | {"received_by": ACCUSED}, True),
            ({}, False),
            (LINE | {"received_by": ACCUSED, "confidentiality": "confidential"}, False),
            (LINE | {"received_by": ACCUSED, "accused": ACCUSED}, False),
        ],
    )
    async def test_a_departments_clerk_only_of_what_the_department_may_know(
        self, intake: httpx.AsyncClient, before: dict[str, Any], *, told: bool
    ) -> None:
        await submit(intake, "A-1", **before)
        second = await submit(intake, "A-2", **LINE, received_by=ACCUSED)
        assert ("repeat_of" in second) is told

    async def test_a_departments_clerk_is_told_nothing_of_what_the_router_found_to_accuse_it(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        first = await submit(intake, "A-1", **LINE, received_by=ACCUSED)
        found = assigned(complaint_id=first["complaint_id"], department="supervision-office", accused=ACCUSED)
        await follow_assigned(intake_pool, found)
        for _ in range(2):  # sent again it is answered from what was stored
            assert "repeat_of" not in await submit(intake, "A-2", **LINE, received_by=ACCUSED)
        typed = {"phone": REPORTER["phone"], "text": LAMP}
        found_by_number = await similar(intake, Role.CLERK, department=ACCUSED, **typed)
        assert first["ticket_number"] not in {item["ticket_number"] for item in found_by_number}

    @pytest.mark.parametrize(
        ("before", "again", "told"),
        [
            ({"confidentiality": "confidential"}, {}, True),
            ({"confidentiality": "confidential"}, DESK, False),
            ({}, DESK, True),
            ({"accused": "triage-desk"}, {}, False),
            ({"accused": "triage-desk"}, DESK, True),
        ],
    )
    async def test_the_hotline_of_confidential_ones_and_of_none_that_accuses_it(
        self, intake: httpx.AsyncClient, before: dict[str, Any], again: dict[str, Any], *, told: bool
    ) -> None:
        await submit(intake, "A-1", **before)
        assert ("repeat_of" in await submit(intake, "A-2", **again)) is told


async def similar(
    intake: httpx.AsyncClient, *roles: Role, department: str | None = None, **typed: Any
) -> Sequence[dict[str, Any]]:
    answer = await intake.post(
        "/v1/complaints:similar", json=typed, headers=bearer(*roles or (Role.OPERATOR,), department=department)
    )
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


class TestWhileTyping:
    async def test_the_reporters_complaints_are_told_the_most_alike_first(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        lamp, water = await submit(intake, "A-1", text=LAMP), await submit(intake, "A-2", text=WATER)
        await submit(intake, "A-3", text=LAMP, reporter=OTHER_PHONE)
        acknowledged = event(CaseAcknowledged, lamp["complaint_id"], 2, CaseStatus.IN_PROGRESS)
        await follow(intake_pool, opened(lamp["complaint_id"]), acknowledged)
        first, second = await similar(intake, phone="１３８ ００００ ００００", text=LAMP_AGAIN)
        assert (first["ticket_number"], first["status"], first["same_matter"]) == (
            lamp["ticket_number"],
            "in_progress",
            True,
        )
        assert (second["ticket_number"], second["status"], second["same_matter"]) == (
            water["ticket_number"],
            "accepted",
            False,
        )
        assert first["likeness"] > second["likeness"]
        assert set(first) == {"ticket_number", "accepted_at", "status", "likeness", "same_matter"}

    async def test_found_by_two_numbers_a_complaint_is_told_once(self, intake: httpx.AsyncClient) -> None:
        await submit(intake, "A-1")
        both = await similar(intake, phone=REPORTER["phone"], id_number=REPORTER["id_number"])
        assert len(both) == 1

    async def test_nothing_of_what_is_typed_is_stored(self, intake: httpx.AsyncClient, intake_pool: Pool) -> None:
        assert await similar(intake, phone=REPORTER["phone"], text=LAMP) == []
        for table in ("complaints", "vault", "blind_index", "vault_reads", "outbox"):
            assert await intake_pool.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608

    async def test_who_asked_and_what_they_were_told_of_is_recorded_and_the_number_is_not(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        named = await submit(intake, "A-1")
        confidential = await submit(intake, "A-2", confidentiality="confidential")
        typed = {"phone": REPORTER["phone"], "text": LAMP}
        await similar(intake, **typed)
        # A page asks again at the next pause of whoever types.
        await similar(intake, **typed)
        await similar(intake, Role.CLERK, **typed)
        await similar(intake, Role.CLERK, department=HOLDER, **typed)
        asked = await intake.get("/v1/number-lookups", headers=bearer(Role.SUPERVISOR))
        newest, middle, oldest = asked.json()["items"]
        assert sorted(oldest["ticket_numbers"]) == sorted(one["ticket_number"] for one in (named, confidential))
        assert (middle["ticket_numbers"], newest["ticket_numbers"]) == ([named["ticket_number"]], [])
        assert (newest["subject"], newest["roles"], newest["department"]) == ("test-user", ["clerk"], HOLDER)
        assert REPORTER["phone"] not in str(await intake_pool.fetch("SELECT number_lookups::text FROM number_lookups"))
        page = await intake.get("/v1/number-lookups", params={"limit": 2}, headers=bearer(Role.ADMINISTRATOR))
        assert page.json() == {"items": [newest, middle], "next": middle["lookup_id"]}

    async def test_nothing_is_told_that_could_not_be_recorded(
        self, intake: httpx.AsyncClient, service_urls: dict[str, str]
    ) -> None:
        ticket = (await submit(intake, "A-1"))["ticket_number"]
        owner = await asyncpg.connect(service_urls["intake"])
        await owner.execute("ALTER TABLE number_lookups RENAME TO elsewhere")
        try:
            answer = await intake.post(
                "/v1/complaints:similar", json={"phone": REPORTER["phone"]}, headers=bearer(Role.OPERATOR)
            )
        finally:
            await owner.execute("ALTER TABLE elsewhere RENAME TO number_lookups")
            await owner.close()
        assert answer.status_code == 500
        assert ticket not in answer.text

    @pytest.mark.parametrize("change", ["UPDATE number_lookups SET subject = 'x'", "DELETE FROM number_lookups"])
    async def test_the_record_of_it_is_only_ever_added_to(
        self, intake: httpx.AsyncClient, intake_pool: Pool, service_urls: dict[str, str], change: str
    ) -> None:
        await similar(intake, phone=REPORTER["phone"])
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await intake_pool.execute(change)
        owner = await asyncpg.connect(service_urls["intake"])
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
            await owner.execute(change)
        await owner.close()

    @pytest.mark.parametrize("typed", [{}, {"text": LAMP}, {"phone": "138"}, {"phone": "无", "id_number": "无"}])
    async def test_it_needs_a_whole_number(self, intake: httpx.AsyncClient, typed: dict[str, str]) -> None:
        answer = await intake.post("/v1/complaints:similar", json=typed, headers=bearer(Role.OPERATOR))
        assert answer.status_code == 422
        assert "区号" in answer.json()["detail"]

    @pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.ADAPTER])
    async def test_it_is_for_those_who_register_complaints(self, intake: httpx.AsyncClient, role: Role) -> None:
        answer = await intake.post(
            "/v1/complaints:similar", json={"phone": REPORTER["phone"]}, headers=bearer(role, department=HOLDER)
        )
        assert answer.status_code == 403
        answer = await intake.post("/v1/complaints:similar", json={}, headers={"Authorization": ""})
        assert answer.status_code == 401

    async def test_a_departments_clerk_is_told_of_what_the_department_has_and_not_of_what_accuses_it(
        self, intake: httpx.AsyncClient, intake_pool: Pool
    ) -> None:
        for number, more in enumerate(({}, {"accused": HOLDER}, {"confidentiality": "confidential"})):
            await follow(intake_pool, opened((await submit(intake, f"A-{number}", **more))["complaint_id"]))
        await submit(intake, "A-9")
        typed = {"phone": REPORTER["phone"]}
        assert len(await similar(intake, Role.CLERK, department=HOLDER, **typed)) == 1
        assert len(await similar(intake, Role.CLERK, **typed)) == 3
        assert len(await similar(intake, **typed)) == 4
