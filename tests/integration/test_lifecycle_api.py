"""Returns, suspension, extension, urging and supervision over HTTP, on a real database."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import due
from services.tracker.record.verifying import Whole
from services.tracker.timers.sweeper import Sweeper
from shared.events import (
    CaseExtended,
    CaseReassigned,
    CaseResumed,
    CaseReturnGranted,
    CaseReturnRefused,
    CaseReturnRequested,
    CaseSupervised,
    CaseSuspended,
    CaseUrged,
    ComplaintAssigned,
)
from shared.language import DecisionSource, Kind
from shared.policy import Policy
from shared.postgres import Pool
from shared.term import Term
from tests.examples import assigned
from tests.integration.acting import CENTRE, NEXT, SUPERVISOR, act, done, last_event, officer, placed_again, seen
from tests.integration.cases import open_cases, run_ahead, sweeper_of
from tests.integration.records import checked

OURS, THEIRS = "urban-management", NEXT


@pytest.fixture
async def case(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> ComplaintAssigned:
    case = assigned(kind=Kind.COMPLAINT)
    await open_cases(tracker_pool, policy, calendar, case)
    return case


@pytest.fixture
def sweeper(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> Sweeper:
    return sweeper_of(tracker_pool, policy, calendar)


async def standing(tracker: httpx.AsyncClient, case: ComplaintAssigned, clock: str = "reply") -> dict[str, Any]:
    """The committed deadline that nothing has taken the place of."""
    items = (await tracker.get(f"/v1/cases/{case.complaint_id}/deadlines")).json()["items"]
    [one] = [d for d in items if (d["clock"], d["nature"], d["replaced_by"]) == (clock, "committed", None)]
    return dict(one)


def at(written: str) -> datetime:
    return datetime.fromisoformat(written)


class TestReturns:
    async def test_the_reply_clock_runs_on_whatever_is_asked_granted_and_placed_again(
        self,
        tracker: httpx.AsyncClient,
        case: ComplaintAssigned,
        tracker_pool: Pool,
        policy: Policy,
        calendar: Calendar,
    ) -> None:
        before = await standing(tracker, case)
        await done(tracker, case, "acknowledge", "request-return", "refuse-return")
        await done(tracker, case, "request-return", "grant-return")
        await open_cases(tracker_pool, policy, calendar, placed_again(case))
        assert await standing(tracker, case) == before
        assert before["outcomes"] == {}
        assert (
            await tracker_pool.fetchval(
                "SELECT count(*) FROM timers WHERE deadline_id = $1::uuid AND kind = 'due'", before["deadline_id"]
            )
            == 1
        )

    async def test_everybody_is_told_of_each_step(
        self,
        tracker: httpx.AsyncClient,
        case: ComplaintAssigned,
        tracker_pool: Pool,
        policy: Policy,
        calendar: Calendar,
    ) -> None:
        await done(tracker, case, "acknowledge")
        await done(tracker, case, "request-return", reason="请联系13912345678。")
        event = await last_event(tracker_pool)
        assert isinstance(event, CaseReturnRequested)
        assert (event.reason, event.basis, event.status) == ("请联系〔电话〕。", "权责清单第12项。", "return_requested")
        await done(tracker, case, "refuse-return")
        assert isinstance(await last_event(tracker_pool), CaseReturnRefused)
        await done(tracker, case, "request-return", "grant-return")
        event = await last_event(tracker_pool)
        assert isinstance(event, CaseReturnGranted)
        assert (event.department, event.returns, event.tried) == (OURS, 1, (OURS,))
        await open_cases(tracker_pool, policy, calendar, placed_again(case))
        event = await last_event(tracker_pool)
        assert isinstance(event, CaseReassigned)
        assert (event.previous, event.department, [d.clock for d in event.deadlines]) == (OURS, THEIRS, ["acknowledge"])

    async def test_a_case_on_its_way_is_nobodys(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, policy: Policy
    ) -> None:
        answer = await done(tracker, case, "request-return", "grant-return")
        assert (answer["status"], answer["in_transit"]) == ("dispatched", True)
        for code in policy.departments:
            assert (await tracker.get(f"/v1/departments/{code}/cases")).json()["items"] == []
        for action in ("acknowledge", "request-return"):
            assert (await act(tracker, case.complaint_id, action, officer(OURS))).status_code == 403
        assert (await tracker.get(f"/v1/cases/{case.complaint_id}", headers=officer(OURS))).status_code == 403
        response = await act(tracker, case.complaint_id, "urge", CENTRE)
        assert (response.status_code, response.json()["why"]) == (409, "in_transit")

    async def test_the_next_department_acknowledges_afresh_and_the_last_one_is_out(
        self,
        tracker: httpx.AsyncClient,
        case: ComplaintAssigned,
        tracker_pool: Pool,
        policy: Policy,
        calendar: Calendar,
    ) -> None:
        first = await standing(tracker, case, "acknowledge")
        await done(tracker, case, "request-return", "grant-return")
        await run_ahead(tracker_pool, timedelta(days=3))
        again = placed_again(case, matter="roads")
        await open_cases(tracker_pool, policy, calendar, again)
        fresh = await standing(tracker, case, "acknowledge")
        assert (fresh["replaces"]["deadline_id"], fresh["department"]) == (first["deadline_id"], THEIRS)
        assert at(fresh["started_at"]) - at(first["started_at"]) > timedelta(days=2)
        answer = await seen(tracker, case)
        assert (answer["department"], answer["matter"], answer["hop"], answer["in_transit"]) == (
            THEIRS,
            "roads",
            2,
            False,
        )
        assert (await act(tracker, case.complaint_id, "acknowledge", officer(OURS))).status_code == 403
        assert (await act(tracker, case.complaint_id, "acknowledge", officer(THEIRS))).status_code == 200

    async def test_a_missed_acknowledgement_stays_with_whoever_missed_it(
        self,
        tracker: httpx.AsyncClient,
        case: ComplaintAssigned,
        tracker_pool: Pool,
        policy: Policy,
        calendar: Calendar,
        sweeper: Sweeper,
    ) -> None:
        await run_ahead(tracker_pool, timedelta(days=5))
        assert await sweeper.sweep() == 1
        await open_cases(tracker_pool, policy, calendar, placed_again(case, decided_by=DecisionSource.PERSON))
        summary = (await tracker.get("/v1/supervision/summary")).json()["departments"]
        missed = {one["code"]: one["deadlines"].get("acknowledge", {}).get("missed", 0) for one in summary}
        assert (missed[OURS], missed[THEIRS]) == (1, 0)

    @pytest.mark.parametrize("together", [True, False])
    async def test_decisions_that_come_late_again_or_out_of_order_change_nothing(
        self,
        tracker: httpx.AsyncClient,
        case: ComplaintAssigned,
        tracker_pool: Pool,
        policy: Policy,
        calendar: Calendar,
        *,
        together: bool,
    ) -> None:
        await done(tracker, case, "request-return", "grant-return")
        second = placed_again(case)
        third = placed_again(case, 3, "water-supply")
        batches = [[third, second, case]] if together else [[third], [second], [case], [third]]
        for batch in batches:
            await open_cases(tracker_pool, policy, calendar, *batch)
        answer = await seen(tracker, case)
        assert (answer["department"], answer["hop"]) == ("water-supply", 3)
        assert answer["version"] == (5 if together else 4)

    async def test_a_second_return_counts_and_names_all_that_were_tried(
        self,
        tracker: httpx.AsyncClient,
        case: ComplaintAssigned,
        tracker_pool: Pool,
        policy: Policy,
        calendar: Calendar,
    ) -> None:
        await done(tracker, case, "request-return", "grant-return")
        again = placed_again(case)
        await open_cases(tracker_pool, policy, calendar, again)
        await done(tracker, again, "request-return", "grant-return")
        event = await last_event(tracker_pool)
        assert isinstance(event, CaseReturnGranted)
        assert (event.returns, event.tried) == (2, (OURS, THEIRS))

    async def test_what_was_arbitrated_and_what_is_past_its_window_cannot_be_returned(
        self,
        tracker: httpx.AsyncClient,
        case: ComplaintAssigned,
        tracker_pool: Pool,
        policy: Policy,
        calendar: Calendar,
    ) -> None:
        final = assigned(returnable=False, decided_by=DecisionSource.ARBITRATION)
        await open_cases(tracker_pool, policy, calendar, final)
        response = await act(tracker, final.complaint_id, "request-return", officer(OURS))
        assert (response.status_code, response.json()["why"]) == (409, "arbitrated")
        await done(tracker, case, "acknowledge")
        await run_ahead(tracker_pool, timedelta(days=6))
        response = await act(tracker, case.complaint_id, "request-return", officer(OURS))
        assert (response.status_code, response.json()["why"]) == (409, "window_past")

    @pytest.mark.parametrize("missing", ["reason", "basis"])
    async def test_reason_and_basis_are_both_needed(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, missing: str
    ) -> None:
        response = await act(tracker, case.complaint_id, "request-return", officer(OURS), **{missing: " "})
        assert response.status_code == 422

    async def test_a_decision_on_a_case_that_was_answered_comes_too_late(
        self,
        tracker: httpx.AsyncClient,
        case: ComplaintAssigned,
        tracker_pool: Pool,
        policy: Policy,
        calendar: Calendar,
    ) -> None:
        await done(tracker, case, "acknowledge", "reply")
        await open_cases(tracker_pool, policy, calendar, placed_again(case))
        answer = await seen(tracker, case)
        assert (answer["department"], answer["status"], answer["hop"]) == (OURS, "replied", 1)

    async def test_a_pending_request_lapses_when_somebody_places_the_case_elsewhere(
        self,
        tracker: httpx.AsyncClient,
        case: ComplaintAssigned,
        tracker_pool: Pool,
        policy: Policy,
        calendar: Calendar,
    ) -> None:
        await done(tracker, case, "request-return")
        await open_cases(tracker_pool, policy, calendar, placed_again(case, decided_by=DecisionSource.PERSON))
        [request] = (await seen(tracker, case))["requests"]
        assert (request["kind"], request["decision"]) == ("return", "lapsed")


class TestSuspension:
    async def test_the_working_time_that_was_left_is_left_again(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        before = await standing(tracker, case)
        await done(tracker, case, "acknowledge", "request-suspension")
        assert await standing(tracker, case) == before
        answer = await done(tracker, case, "grant-suspension")
        assert answer["status"] == "suspended"
        event = await last_event(tracker_pool)
        assert isinstance(event, CaseSuspended)
        [suspension] = answer["suspensions"]
        assert event.until == at(suspension["until"])
        assert event.reason.startswith("等待检验、检测、鉴定、评估结果")
        await run_ahead(tracker_pool, timedelta(days=4))
        await done(tracker, case, "resume")
        after = await standing(tracker, case)
        assert after["replaces"]["deadline_id"] == before["deadline_id"]
        assert at(after["due_at"]) > at(before["due_at"])
        event = await last_event(tracker_pool)
        assert isinstance(event, CaseResumed)
        assert [d.due_at for d in event.deadlines] == [at(after["due_at"])]

    async def test_nothing_fires_while_it_stands_still_and_its_bound_resumes_it(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool, sweeper: Sweeper
    ) -> None:
        await done(tracker, case, "acknowledge", "suspend")
        [suspension] = (await seen(tracker, case))["suspensions"]
        ahead = at(suspension["until"]) - await tracker_pool.fetchval("SELECT now()")
        await run_ahead(tracker_pool, ahead - timedelta(minutes=5))
        assert await sweeper.sweep() == 0
        await run_ahead(tracker_pool, ahead + timedelta(minutes=5))
        assert await sweeper.sweep() == 1
        answer = await seen(tracker, case)
        assert (answer["status"], "resumed_at" in answer["suspensions"][0]) == ("in_progress", True)
        assert isinstance(await last_event(tracker_pool), CaseResumed)
        await run_ahead(tracker_pool, timedelta(days=120))
        while await sweeper.sweep():
            pass
        outcomes = (await standing(tracker, case))["outcomes"]
        assert {"warned", "missed"} <= set(outcomes)

    async def test_resumed_by_hand_it_is_not_resumed_again(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        await done(tracker, case, "acknowledge", "suspend", "resume")
        assert await tracker_pool.fetchval("SELECT count(*) FROM timers WHERE kind = 'resume'") == 0

    async def test_an_officer_may_resume_and_not_suspend(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned
    ) -> None:
        await done(tracker, case, "acknowledge")
        assert (await act(tracker, case.complaint_id, "suspend", officer(OURS))).status_code == 403
        await done(tracker, case, "suspend")
        assert (await act(tracker, case.complaint_id, "resume", officer(THEIRS))).status_code == 403
        assert (await act(tracker, case.complaint_id, "resume", officer(OURS))).status_code == 200

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"category": "no-time"}, "unknown_reason"),
            ({"term": "21wd"}, "too_long"),
            ({"term": "9999d"}, "too_long"),
        ],
    )
    async def test_reason_and_length_are_those_of_the_policy(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, changed: dict[str, str], why: str
    ) -> None:
        await done(tracker, case, "acknowledge")
        response = await act(tracker, case.complaint_id, "request-suspension", officer(OURS), **changed)
        assert (response.status_code, response.json()["why"]) == (409, why)

    async def test_no_more_often_than_the_policy_allows(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned
    ) -> None:
        await done(tracker, case, "acknowledge", "suspend", "resume", "suspend", "resume")
        response = await act(tracker, case.complaint_id, "suspend", CENTRE)
        assert (response.status_code, response.json()["why"]) == (409, "too_often")

    async def test_what_is_overdue_cannot_stand_still(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        await done(tracker, case, "acknowledge")
        await run_ahead(tracker_pool, timedelta(days=60))
        response = await act(tracker, case.complaint_id, "suspend", SUPERVISOR)
        assert (response.status_code, response.json()["why"]) == (409, "overdue")

    async def test_a_refused_request_may_be_made_again_and_an_unmade_one_not_decided(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned
    ) -> None:
        await done(tracker, case, "acknowledge")
        for action in ("grant-suspension", "refuse-suspension"):
            response = await act(tracker, case.complaint_id, action, CENTRE)
            assert (response.status_code, response.json()["why"]) == (409, "not_asked")
        await done(tracker, case, "request-suspension")
        response = await act(tracker, case.complaint_id, "request-suspension", officer(OURS))
        assert (response.status_code, response.json()["why"]) == (409, "asked_already")
        answer = await done(tracker, case, "refuse-suspension", "request-suspension")
        assert [request["decision"] for request in answer["requests"]] == ["refused", "pending"]


class TestExtension:
    async def test_a_further_deadline_takes_the_place_of_the_old_one_and_the_reporter_is_told(
        self,
        tracker: httpx.AsyncClient,
        case: ComplaintAssigned,
        tracker_pool: Pool,
        policy: Policy,
        calendar: Calendar,
    ) -> None:
        before = await standing(tracker, case)
        await done(tracker, case, "acknowledge", "request-extension")
        assert await standing(tracker, case) == before
        answer = await done(tracker, case, "grant-extension")
        assert (answer["status"], answer["version"]) == ("in_progress", 4)
        after = await standing(tracker, case)
        assert after["replaces"] == {"deadline_id": before["deadline_id"], "because": "延期：需采购配件。（同意。）"}
        whole = due(at(before["started_at"]), Term.parse("15wd"), calendar, policy.counting)
        assert at(after["due_at"]) == whole.due_at
        event = await last_event(tracker_pool)
        assert isinstance(event, CaseExtended)
        assert (event.reason, [d.due_at for d in event.deadlines]) == ("需采购配件。", [at(after["due_at"])])

    async def test_a_request_that_nobody_decides_stops_no_clock(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool, sweeper: Sweeper
    ) -> None:
        await done(tracker, case, "acknowledge", "request-extension")
        await run_ahead(tracker_pool, timedelta(days=60))
        await sweeper.sweep()
        assert "missed" in (await standing(tracker, case))["outcomes"]
        response = await act(tracker, case.complaint_id, "grant-extension", SUPERVISOR)
        assert (response.status_code, response.json()["why"]) == (409, "overdue")

    async def test_it_is_capped_in_length_and_number(self, tracker: httpx.AsyncClient, case: ComplaintAssigned) -> None:
        await done(tracker, case, "acknowledge")
        for term in ("11wd", "9999wd"):
            response = await act(tracker, case.complaint_id, "request-extension", officer(OURS), term=term)
            assert (response.status_code, response.json()["why"]) == (409, "too_long")
        await done(tracker, case, "request-extension", "grant-extension")
        response = await act(tracker, case.complaint_id, "request-extension", officer(OURS))
        assert (response.status_code, response.json()["why"]) == (409, "too_often")

    async def test_a_refused_or_lapsed_one_moves_nothing(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned
    ) -> None:
        before = await standing(tracker, case)
        await done(tracker, case, "acknowledge", "request-extension", "refuse-extension", "request-extension")
        answer = await done(tracker, case, "reply")
        assert [request["decision"] for request in answer["requests"]] == ["refused", "lapsed"]
        assert (await standing(tracker, case))["deadline_id"] == before["deadline_id"]

    async def test_a_term_that_is_none_is_refused(self, tracker: httpx.AsyncClient, case: ComplaintAssigned) -> None:
        await done(tracker, case, "acknowledge")
        response = await act(tracker, case.complaint_id, "request-extension", officer(OURS), term="soon")
        assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")


class TestUrgingAndSupervising:
    async def test_each_is_a_note_on_the_case_that_everybody_is_told_of(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned, tracker_pool: Pool
    ) -> None:
        assert (await act(tracker, case.complaint_id, "urge", CENTRE)).status_code == 200
        assert isinstance(await last_event(tracker_pool), CaseUrged)
        answer = (await act(tracker, case.complaint_id, "supervise", SUPERVISOR)).json()
        assert isinstance(await last_event(tracker_pool), CaseSupervised)
        assert [(flag["flag"], flag["by"]) for flag in answer["flags"]] == [
            ("urged", "centre"),
            ("supervised", "supervisor"),
        ]
        assert (answer["status"], answer["version"]) == ("dispatched", 3)

    async def test_the_centre_urges_and_does_not_supervise(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned
    ) -> None:
        for headers in (CENTRE, officer(OURS)):
            assert (await act(tracker, case.complaint_id, "supervise", headers)).status_code == 403


class TestCallingBack:
    async def test_a_dissatisfied_reporter_has_the_case_worked_again_unless_the_centre_says_why_not(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned
    ) -> None:
        await done(tracker, case, "acknowledge", "reply", "request-callback")
        response = await act(tracker, case.complaint_id, "close", CENTRE, satisfaction="dissatisfied")
        assert (response.status_code, response.json()["why"], response.json()["legal"]) == (
            409,
            "dissatisfied",
            ["rework"],
        )
        answer = await done(tracker, case, "close", satisfaction="dissatisfied", reason="诉求于法无据，已释明。")
        assert (answer["status"], answer["contacted"], answer["satisfaction"]) == ("closed", True, "dissatisfied")

    async def test_a_case_is_not_closed_without_a_word_on_the_callback(
        self, tracker: httpx.AsyncClient, case: ComplaintAssigned
    ) -> None:
        await done(tracker, case, "acknowledge", "reply")
        response = await tracker.post(f"/v1/cases/{case.complaint_id}/close", json={}, headers=CENTRE)
        assert (response.status_code, response.json()["why"], response.json()["legal"]) == (
            409,
            "not_said_whether_contacted",
            ["request_callback"],
        )


async def test_the_record_of_all_this_is_whole(
    tracker: httpx.AsyncClient,
    case: ComplaintAssigned,
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
    service_urls: dict[str, str],
) -> None:
    await done(tracker, case, "request-return", "grant-return")
    again = placed_again(case)
    await open_cases(tracker_pool, policy, calendar, again)
    await done(tracker, again, "acknowledge", "urge", "request-extension", "grant-extension", "suspend", "resume")
    await done(tracker, again, "supervise", "reply", "request-callback", "close")
    assert isinstance(await checked(service_urls["tracker"]), Whole)
