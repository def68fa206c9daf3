"""After the reply: the hotline centre calls back, closes or sends back, and declines what the law sends elsewhere."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import due
from services.tracker.lifecycle import MOVES, Action, Role
from services.tracker.record.verifying import Whole
from services.tracker.timers.sweeper import Sweeper
from shared import auth
from shared.events import (
    CaseCallbackRequested,
    CaseClosed,
    CaseDeclined,
    CaseEvent,
    CaseReworked,
    ComplaintAssigned,
    Event,
)
from shared.language import CaseStatus, Kind, Urgency
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.wire import decode
from tests.examples import assigned, message_record, waiting
from tests.integration.cases import open_cases, run_ahead
from tests.integration.records import checked
from tests.tokens import bearer

OURS = "urban-management"
# The token of each side of the lifecycle.
TOKENS = {
    Role.OFFICER: bearer(auth.Role.OFFICER, department=OURS),
    Role.CENTRE: bearer(auth.Role.OPERATOR),
    Role.SUPERVISOR: bearer(auth.Role.SUPERVISOR),
}
WORDS: dict[str, dict[str, Any]] = {
    "reply": {"text": "路灯已经修好。"},
    "rework": {"reason": "回访不满意：路灯仍然不亮。"},
    "close": {"contacted": True, "satisfaction": "satisfied"},
    "decline": {"lawful_channel": "向人民法院提起诉讼。"},
}
PATHS = {
    Action.ACKNOWLEDGE: "acknowledge",
    Action.REPLY: "reply",
    Action.REQUEST_CALLBACK: "request-callback",
    Action.CLOSE: "close",
    Action.REWORK: "rework",
    Action.DECLINE: "decline",
}


@pytest.fixture
async def case(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> ComplaintAssigned:
    case = assigned(kind=Kind.CONSULTATION)
    await open_cases(tracker_pool, policy, calendar, case)
    return case


async def act(
    tracker: httpx.AsyncClient, case: ComplaintAssigned, action: str, side: Role | None = None, **more: Any
) -> httpx.Response:
    side = side or (Role.OFFICER if action in {"acknowledge", "reply"} else Role.CENTRE)
    body = WORDS.get(action, {}) | more
    return await tracker.post(f"/v1/cases/{case.complaint_id}/{action}", json=body, headers=TOKENS[side])


async def replied(tracker: httpx.AsyncClient, case: ComplaintAssigned) -> None:
    for action in ("acknowledge", "reply"):
        assert (await act(tracker, case, action)).status_code == 200


async def last_event(pool: Pool) -> Event:
    return decode(message_record((await waiting(pool))[-1])).event


async def deadlines(tracker: httpx.AsyncClient, case: ComplaintAssigned) -> dict[str, dict[str, Any]]:
    answer = (await tracker.get(f"/v1/cases/{case.complaint_id}/deadlines")).json()
    return {one["deadline_id"]: one for one in answer["items"]}


class TestClosing:
    async def test_a_replied_case_is_called_back_and_closed(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        await replied(tracker, case)
        response = await act(tracker, case, "request-callback", version=3)
        assert (response.json()["status"], response.json()["version"]) == ("callback_pending", 4)
        assert isinstance(await last_event(tracker_pool), CaseCallbackRequested)
        response = await act(tracker, case, "close", Role.SUPERVISOR, version=4)
        assert (response.json()["status"], response.json()["version"]) == ("closed", 5)
        assert isinstance(await last_event(tracker_pool), CaseClosed)

    async def test_a_closed_case_can_never_be_moved_again(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned
    ) -> None:
        await replied(tracker, case)
        await act(tracker, case, "close")
        for path in PATHS.values():
            response = await act(tracker, case, path)
            assert (response.status_code, response.json()["legal"]) == (409, [])

    async def test_a_department_cannot_close_its_own_case(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned
    ) -> None:
        await replied(tracker, case)
        for path in ("close", "request-callback", "rework"):
            response = await act(tracker, case, path, Role.OFFICER)
            assert (response.status_code, set(response.json())) == (403, {"type", "status", "detail"})

    async def test_a_version_that_is_past_is_refused_with_where_the_case_stands(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned
    ) -> None:
        await replied(tracker, case)
        response = await act(tracker, case, "close", version=2)
        assert (response.status_code, response.json()["status_now"], response.json()["version_now"]) == (
            409,
            "replied",
            3,
        )

    async def test_a_case_without_a_reply_cannot_be_closed(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned
    ) -> None:
        response = await act(tracker, case, "close")
        assert (response.status_code, response.json()["legal"]) == (409, ["decline", "urge"])


class TestSendingBack:
    async def test_starts_fresh_clocks_that_name_what_they_replace_and_why(
        self,
        tracker: httpx.AsyncClient,
        case: ComplaintAssigned,
        tracker_pool: Pool,
        policy: Policy,
        calendar: Calendar,
    ) -> None:
        await replied(tracker, case)
        before = await deadlines(tracker, case)
        await run_ahead(tracker_pool, timedelta(days=20))
        response = await act(tracker, case, "rework")
        assert (response.json()["status"], response.json()["version"]) == ("rework", 4)
        after = await deadlines(tracker, case)
        fresh = [one for key, one in after.items() if key not in before]
        assert {one["clock"] for one in fresh} == {"acknowledge", "reply"}
        for one in fresh:
            old = after[one["replaces"]["deadline_id"]]
            assert (old["clock"], set(old["outcomes"])) == (one["clock"], {"met"})
            assert old["replaced_by"]["deadline_id"] == one["deadline_id"]
            assert one["replaces"]["because"] == "退回重办：回访不满意：路灯仍然不亮。"
            term = getattr(policy.terms[Kind.CONSULTATION], one["clock"])
            started_at = datetime.fromisoformat(one["started_at"])
            assert started_at - datetime.fromisoformat(old["started_at"]) > timedelta(days=19)
            assert datetime.fromisoformat(one["due_at"]) == due(started_at, term, calendar).due_at
        event = await last_event(tracker_pool)
        assert isinstance(event, CaseReworked)
        assert {each.due_at.isoformat() for each in event.deadlines} == {
            datetime.fromisoformat(one["due_at"]).isoformat() for one in fresh
        }

    async def test_a_second_reply_meets_the_fresh_deadlines_alone(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool, policy: Policy
    ) -> None:
        await replied(tracker, case)
        first = await deadlines(tracker, case)
        await act(tracker, case, "rework")
        await replied(tracker, case)
        await run_ahead(tracker_pool, timedelta(days=90))
        assert await Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: policy).sweep() == 0
        second = await deadlines(tracker, case)
        assert [set(one["outcomes"]) for one in second.values()] == [{"met"}] * 4
        assert {key: one["outcomes"] for key, one in second.items() if key in first} == {
            key: one["outcomes"] for key, one in first.items()
        }

    async def test_a_department_that_ignores_it_is_reported_once_more(
        self,
        tracker: httpx.AsyncClient,
        case: ComplaintAssigned,
        tracker_pool: Pool,
        policy: Policy,
        calendar: Calendar,
    ) -> None:
        # Done on one day, both cycles have deadlines of the same instants; what is told must differ all the same.
        other = assigned(kind=Kind.CONSULTATION)
        await open_cases(tracker_pool, policy, calendar, other)
        await replied(tracker, case)
        await act(tracker, case, "rework")
        await run_ahead(tracker_pool, timedelta(days=90))
        assert await Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: policy).sweep() == 6
        ids = [message.headers["ce_id"] for message in await waiting(tracker_pool)]
        assert len(set(ids)) == len(ids)
        assert (
            await tracker_pool.fetchval("SELECT count(*) FROM inaction WHERE complaint_id = $1", case.complaint_id) == 2
        )

    async def test_needs_a_reason_which_is_redacted(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        await replied(tracker, case)
        assert (await act(tracker, case, "rework", reason=" ")).status_code == 422
        await act(tracker, case, "rework", reason="请打13912345678联系。")
        event = await last_event(tracker_pool)
        assert isinstance(event, CaseReworked)
        assert event.reason == "请打〔电话〕联系。"
        assert "13912345678" not in str(await deadlines(tracker, case))


class TestDeclining:
    async def test_ends_the_clocks_without_counting_them_as_met_and_names_the_lawful_channel(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool, policy: Policy
    ) -> None:
        response = await act(tracker, case, "decline")
        assert (response.status_code, response.json()["status"]) == (200, "declined")
        event = await last_event(tracker_pool)
        assert isinstance(event, CaseDeclined)
        assert event.lawful_channel == WORDS["decline"]["lawful_channel"]
        await run_ahead(tracker_pool, timedelta(days=90))
        assert await Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: policy).sweep() == 0
        summary = (await tracker.get("/v1/supervision/summary")).json()["county"]["deadlines"]
        assert all(not any(counts.values()) for counts in summary.values())

    async def test_after_a_deadline_was_missed_leaves_it_missed_but_no_longer_overdue(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool, policy: Policy
    ) -> None:
        await run_ahead(tracker_pool, timedelta(days=90))
        await Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: policy).sweep()
        await act(tracker, case, "decline")
        reply = (await tracker.get("/v1/supervision/summary")).json()["county"]["deadlines"]["reply"]
        assert (reply["missed"], reply["overdue"], reply["met"], reply["met_late"]) == (1, 0, 0, 0)

    async def test_needs_a_lawful_channel(self, tracker: httpx.AsyncClient, case: ComplaintAssigned) -> None:
        response = await tracker.post(f"/v1/cases/{case.complaint_id}/decline", json={}, headers=TOKENS[Role.CENTRE])
        assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")


async def test_whoever_does_whatever_in_whichever_order_only_what_the_table_allows_is_done(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar, service_urls: dict[str, str]
) -> None:
    chance = random.Random(20261124)  # noqa: S311  # a repeatable choice, no secret
    cases = [assigned(kind=chance.choice(list(Kind)), urgency=chance.choice(list(Urgency))) for _ in range(12)]
    await open_cases(tracker_pool, policy, calendar, *cases)
    stand = {case.complaint_id: (CaseStatus.DISPATCHED, 1) for case in cases}
    done = 0
    for hour in range(240):
        case, action = chance.choice(cases), chance.choice(list(PATHS))
        officer = action in {Action.ACKNOWLEDGE, Action.REPLY}
        role = Role.OFFICER if officer else chance.choice([Role.CENTRE, Role.SUPERVISOR, Role.OFFICER])
        status, version = stand[case.complaint_id]
        response = await act(tracker, case, PATHS[action], role)
        chosen = MOVES.get((status, action))
        if role is Role.OFFICER and not officer:
            assert response.status_code == 403
        elif chosen is None:
            assert response.status_code == 409
        else:
            assert (response.status_code, response.json()["version"]) == (200, version + 1)
            stand[case.complaint_id] = (chosen.to, version + 1)
            done += 1
        if hour % 20 == 0:
            await run_ahead(tracker_pool, timedelta(hours=12 * hour))
            await Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: policy).sweep()
    rows = await tracker_pool.fetch("SELECT complaint_id, status, version FROM cases")
    assert {row["complaint_id"]: (row["status"], row["version"]) for row in rows} == stand
    told = [decode(message_record(message)).event for message in await waiting(tracker_pool)]
    assert sum(isinstance(event, CaseEvent) for event in told) == done + len(cases)
    assert done > 30
    assert isinstance(await checked(service_urls["tracker"]), Whole)


async def test_an_unknown_case_is_not_found(tracker: httpx.AsyncClient) -> None:
    for action in ("close", "request-callback", "rework", "decline"):
        response = await act(tracker, assigned(complaint_id=uuid4()), action)
        assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
