"""Departments work their cases over HTTP, and the supervision office counts them."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from uuid_utils.compat import uuid7

from services.tracker.deadlines.calendar import Calendar
from services.tracker.timers.sweeper import Sweeper
from shared.auth import Role
from shared.events import CaseAcknowledged, CaseReplied, ComplaintAssigned
from shared.language import Kind, Urgency
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.topics import CASES_EVENTS
from shared.wire import decode
from tests.examples import assigned, message_record, waiting
from tests.integration.cases import open_cases, run_ahead
from tests.tokens import bearer

OURS = "urban-management"


@pytest.fixture
async def case(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> ComplaintAssigned:
    """A fresh case of the urban management, with nothing else waiting to be published."""
    case = assigned()
    await open_cases(tracker_pool, policy, calendar, case)
    await tracker_pool.execute("DELETE FROM outbox")
    return case


def path(case: ComplaintAssigned, action: str = "") -> str:
    return f"/v1/cases/{case.complaint_id}{action and '/' + action}"


def as_officer(department: str = OURS) -> dict[str, str]:
    return bearer(Role.OFFICER, department=department)


async def acknowledge(
    tracker: httpx.AsyncClient, case: ComplaintAssigned, department: str = OURS, **more: Any
) -> httpx.Response:
    return await tracker.post(path(case, "acknowledge"), json=more, headers=as_officer(department))


async def reply(
    tracker: httpx.AsyncClient, case: ComplaintAssigned, department: str = OURS, **more: Any
) -> httpx.Response:
    body = {"text": "路灯已经修好。"} | more
    return await tracker.post(path(case, "reply"), json=body, headers=as_officer(department))


async def moves(pool: Pool) -> list[tuple[Any, ...]]:
    rows = await pool.fetch("SELECT version, happened, status, actor_department, note FROM entries ORDER BY number")
    return [tuple(row) for row in rows]


async def timers(pool: Pool) -> set[tuple[str, str]]:
    rows = await pool.fetch("SELECT clock, kind FROM timers JOIN deadlines USING (deadline_id)")
    return {(row["clock"], row["kind"]) for row in rows}


async def outcomes(pool: Pool) -> list[tuple[str, str]]:
    rows = await pool.fetch("SELECT clock, outcome FROM outcomes JOIN deadlines USING (deadline_id) ORDER BY 1, 2")
    return [(row["clock"], row["outcome"]) for row in rows]


class TestWorkingACase:
    async def test_acknowledging_moves_it_and_tells_of_it(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        response = await acknowledge(tracker, case, version=1)
        assert (response.status_code, response.json()["status"], response.json()["version"]) == (200, "in_progress", 2)
        [message] = await waiting(tracker_pool)
        event = decode(message_record(message)).event
        assert (message.topic, message.key) == (CASES_EVENTS, str(case.complaint_id).encode())
        assert isinstance(event, CaseAcknowledged)
        assert (event.status, event.version) == ("in_progress", 2)
        assert (await moves(tracker_pool))[-1] == (2, "acknowledge", "in_progress", "urban-management", None)

    async def test_acknowledging_stops_its_clock_alone(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        await acknowledge(tracker, case)
        assert await timers(tracker_pool) == {("reply", "due"), ("reply", "warning")}
        assert await outcomes(tracker_pool) == [("acknowledge", "met")]

    async def test_replying_stops_the_last_clock(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        await acknowledge(tracker, case)
        response = await reply(tracker, case, version=2)
        assert (response.status_code, response.json()["status"], response.json()["version"]) == (200, "replied", 3)
        assert await timers(tracker_pool) == set()
        assert await outcomes(tracker_pool) == [("acknowledge", "met"), ("reply", "met")]
        told = {each["clock"]: set(each["outcomes"]) for each in response.json()["deadlines"]}
        assert told == {"acknowledge": {"met"}, "reply": {"met"}}

    async def test_a_reply_is_redacted_in_the_event_and_in_the_record(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        await acknowledge(tracker, case)
        await reply(tracker, case, text="已联系您（13912345678），路灯修好了。")
        event = decode(message_record((await waiting(tracker_pool))[-1])).event
        assert isinstance(event, CaseReplied)
        assert event.reply == "已联系您（〔电话〕），路灯修好了。"
        assert (await moves(tracker_pool))[-1] == (3, "reply", "replied", "urban-management", event.reply)

    async def test_control_characters_in_a_reply_do_no_harm(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        await acknowledge(tracker, case)
        body = r'{"text": "路灯\u0000修\ud800好了\u001b。"}'
        headers = as_officer() | {"Content-Type": "application/json"}
        response = await tracker.post(path(case, "reply"), content=body, headers=headers)
        assert response.status_code == 200
        assert (await moves(tracker_pool))[-1][-1] == "路灯修好了。"

    async def test_of_two_officers_who_act_at_once_one_is_told_that_the_case_has_moved(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        responses = await asyncio.gather(*(acknowledge(tracker, case, version=1) for _ in range(8)))
        assert Counter(response.status_code for response in responses) == {200: 1, 409: 7}
        assert len(await moves(tracker_pool)) == 2


class TestRefusals:
    async def refused(self, pool: Pool) -> None:
        """Nothing was changed and nothing told."""
        assert [move[0] for move in await moves(pool)] == [1]
        assert await waiting(pool) == []
        assert await outcomes(pool) == []

    async def test_another_department_may_not(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        # A wrong version or action as well: who may not act learns nothing of the case.
        for response in (
            await acknowledge(tracker, case, department="water-supply"),
            await acknowledge(tracker, case, department="water-supply", version=9),
            await reply(tracker, case, department="water-supply"),
        ):
            assert response.status_code == 403
            assert response.headers["content-type"] == "application/problem+json"
            assert set(response.json()) == {"type", "status", "detail"}
        await self.refused(tracker_pool)

    async def test_a_version_that_is_past_is_told_where_the_case_stands(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        response = await acknowledge(tracker, case, version=7)
        assert response.status_code == 409
        assert (response.json()["status_now"], response.json()["version_now"]) == ("dispatched", 1)
        await self.refused(tracker_pool)

    async def test_an_illegal_move_is_told_which_are_legal(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        response = await reply(tracker, case)
        assert response.status_code == 409
        assert response.json()["status_now"] == "dispatched"
        assert response.json()["legal"] == ["acknowledge", "request_return"]
        assert "签收" in response.json()["detail"]
        await self.refused(tracker_pool)

    async def test_an_unknown_case_is_not_found_by_whoever_may_read_all_and_not_theirs_for_an_officer(
        self, tracker: httpx.AsyncClient
    ) -> None:
        nowhere = f"/v1/cases/{uuid4()}"
        response = await tracker.get(nowhere)
        assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
        for response in (
            await tracker.post(f"{nowhere}/acknowledge", json={}, headers=as_officer()),
            await tracker.post(f"{nowhere}/reply", json={"text": "x"}, headers=as_officer()),
            await tracker.get(nowhere, headers=as_officer()),
        ):
            assert (response.status_code, response.headers["content-type"]) == (403, "application/problem+json")

    @pytest.mark.parametrize(
        "wrong",
        [{"text": ""}, {"text": "   "}, {"text": "长" * 5001}, {"version": 0}, {"x": 1}],
    )
    async def test_a_wrong_form_is_refused(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool, wrong: dict[str, Any]
    ) -> None:
        response = await reply(tracker, case, **wrong)
        assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
        await self.refused(tracker_pool)


class TestWhoMayReadWhat:
    PATHS = ("", "deadlines")

    async def test_an_officer_reads_the_own_departments_cases_and_no_other(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned
    ) -> None:
        for what in self.PATHS:
            assert (await tracker.get(path(case, what), headers=as_officer())).status_code == 200
            refused = await tracker.get(path(case, what), headers=as_officer("water-supply"))
            nowhere = await tracker.get(path(assigned(complaint_id=uuid4()), what), headers=as_officer("water-supply"))
            assert (refused.status_code, nowhere.status_code) == (403, 403)
            # Not even whether there is such a case.
            assert refused.content == nowhere.content

    async def test_a_department_that_a_complaint_accuses_cannot_read_its_case(
        self, tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
    ) -> None:
        case = assigned(accused="water-supply", department=policy.supervision_office)
        await open_cases(tracker_pool, policy, calendar, case)
        for what in self.PATHS:
            assert (await tracker.get(path(case, what), headers=as_officer("water-supply"))).status_code == 403
        assert (await tracker.get(path(case), headers=as_officer(policy.supervision_office))).status_code == 200

    async def test_a_queue_is_its_departments_alone_whether_the_other_one_exists_or_not(
        self, tracker: httpx.AsyncClient
    ) -> None:
        assert (await tracker.get(f"/v1/departments/{OURS}/cases", headers=as_officer())).status_code == 200
        answers = [
            await tracker.get(f"/v1/departments/{code}/cases", headers=as_officer())
            for code in ("water-supply", "no-such-office")
        ]
        assert [answer.status_code for answer in answers] == [403, 403]
        assert answers[0].content == answers[1].content

    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR])
    async def test_the_centre_the_supervision_office_and_administrators_read_all(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, role: Role
    ) -> None:
        for where in (path(case), path(case, "deadlines"), f"/v1/departments/{OURS}/cases"):
            assert (await tracker.get(where, headers=bearer(role))).status_code == 200

    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.CLERK, Role.ADAPTER])
    async def test_what_the_supervision_office_sees_is_not_for_others(
        self, tracker: httpx.AsyncClient, role: Role
    ) -> None:
        for what in ("summary", "inaction"):
            assert (await tracker.get(f"/v1/supervision/{what}", headers=bearer(role))).status_code == 403
            assert (await tracker.get(f"/v1/supervision/{what}", headers=as_officer())).status_code == 403
            assert (await tracker.get(f"/v1/supervision/{what}", headers={"Authorization": ""})).status_code == 401


class TestTheQueue:
    async def pages(self, tracker: httpx.AsyncClient, limit: int, **filters: str) -> list[list[str]]:
        pages: list[list[str]] = []
        after: dict[str, str] = {}
        while True:
            answer = (
                await tracker.get("/v1/departments/urban-management/cases", params={"limit": limit, **filters, **after})
            ).json()
            pages.append([item["complaint_id"] for item in answer["items"]])
            if "next" not in answer:
                return pages
            after = {"after": answer["next"]}

    async def test_holds_the_departments_cases_alone_oldest_first(
        self, tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
    ) -> None:
        ours = [assigned(complaint_id=uuid7()) for _ in range(7)]
        others = [assigned(complaint_id=uuid7(), department="water-supply") for _ in range(5)]
        await open_cases(tracker_pool, policy, calendar, *others, *reversed(ours))
        for limit in (1, 3, 7, 100):
            pages = await self.pages(tracker, limit)
            assert [each for page in pages for each in page] == [str(case.complaint_id) for case in ours]
            assert all(len(page) <= limit for page in pages)

    async def test_can_be_asked_for_one_status(
        self, tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
    ) -> None:
        cases = [assigned(complaint_id=uuid7()) for _ in range(4)]
        await open_cases(tracker_pool, policy, calendar, *cases)
        await acknowledge(tracker, cases[2])
        assert await self.pages(tracker, 100, status="in_progress") == [[str(cases[2].complaint_id)]]
        assert len((await self.pages(tracker, 100, status="dispatched"))[0]) == 3

    async def test_pages_miss_nothing_and_repeat_nothing_while_cases_come_in(
        self, tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
    ) -> None:
        first = [assigned(complaint_id=uuid7()) for _ in range(30)]
        await open_cases(tracker_pool, policy, calendar, *first)
        seen: list[str] = []
        params: dict[str, Any] = {"limit": 4}
        while True:
            page = (await tracker.get("/v1/departments/urban-management/cases", params=params)).json()
            seen += [item["complaint_id"] for item in page["items"]]
            if len(seen) < 28:
                await open_cases(tracker_pool, policy, calendar, assigned(complaint_id=uuid7()))
            if "next" not in page:
                break
            params["after"] = page["next"]
        assert len(set(seen)) == len(seen) == 36
        assert {str(case.complaint_id) for case in first} <= set(seen)

    async def test_of_an_unknown_department_is_not_found(self, tracker: httpx.AsyncClient) -> None:
        assert (await tracker.get("/v1/departments/no-such-office/cases")).status_code == 404


class TestSupervision:
    @pytest.fixture
    async def cases(
        self, tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
    ) -> Sequence[ComplaintAssigned]:
        """Cases of two departments, some answered in time, some late, some never, three months on."""
        cases = [
            assigned(department=department, urgency=urgency, kind=Kind.HELP)
            for department in ("urban-management", "water-supply")
            for urgency in (Urgency.NORMAL, Urgency.URGENT)
            for _ in range(5)
        ]
        await open_cases(tracker_pool, policy, calendar, *cases)
        for in_time in cases[::4]:
            await acknowledge(tracker, in_time, department=in_time.department)
        await run_ahead(tracker_pool, timedelta(days=90))
        for late in cases[1::4]:
            await acknowledge(tracker, late, department=late.department)
        await Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: policy).sweep()
        for late in cases[::8]:
            await reply(tracker, late, department=late.department)
        return cases

    @pytest.mark.usefixtures("cases")
    async def test_the_summary_counts_what_the_lists_hold(self, tracker: httpx.AsyncClient, policy: Policy) -> None:
        summary = (await tracker.get("/v1/supervision/summary")).json()
        inaction = (await tracker.get("/v1/supervision/inaction", params={"limit": 500})).json()["items"]
        in_all: Counter[tuple[str, str]] = Counter()
        for department in summary["departments"]:
            code = department["code"]
            listed = (await tracker.get(f"/v1/departments/{code}/cases", params={"limit": 500})).json()["items"]
            assert department["name"] == policy.departments[code].name
            assert department["cases"] == Counter(case["status"] for case in listed)
            assert department["inaction"] == Counter(one["kind"] for one in inaction if one["department"] == code)
            for clock, numbers in department["deadlines"].items():
                of_clock = [d for case in listed for d in case["deadlines"] if d["clock"] == clock]
                met = [d for d in of_clock if "met" in d["outcomes"]]
                late = [d for d in met if d["outcomes"]["met"] > d["due_at"]]
                missed = [d for d in of_clock if "missed" in d["outcomes"]]
                assert numbers == {
                    "met": len(met) - len(late),
                    "met_late": len(late),
                    "warned": sum("warned" in d["outcomes"] for d in of_clock),
                    "missed": len(missed),
                    "overdue": sum("met" not in d["outcomes"] for d in missed),
                }
                in_all.update({(clock, name): number for name, number in numbers.items()})
        county = summary["county"]
        assert {(c, n): county["deadlines"][c][n] for c, n in in_all} == in_all
        assert sum(county["cases"].values()) == 20
        assert sum(county["inaction"].values()) == len(inaction) == 20 - 5 + 20
        assert {"met", "met_late", "missed", "overdue"} <= {name for (_, name), number in in_all.items() if number}

    @pytest.mark.usefixtures("cases")
    async def test_suspected_inaction_is_listed_newest_first_page_by_page(self, tracker: httpx.AsyncClient) -> None:
        whole = (await tracker.get("/v1/supervision/inaction", params={"limit": 500})).json()["items"]
        assert whole == sorted(whole, key=lambda one: (one["suspected_at"], UUID(one["inaction_id"])), reverse=True)
        paged: list[dict[str, Any]] = []
        params: dict[str, Any] = {"limit": 8}
        while True:
            page = (await tracker.get("/v1/supervision/inaction", params=params)).json()
            paged += page["items"]
            if "next" not in page:
                break
            params["after"] = page["next"]
        assert paged == whole
        assert all(one["ticket_number"] in one["evidence"] for one in whole)
