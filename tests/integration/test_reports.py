"""Monthly reports on a real database: every figure agrees with its list, whatever happened to the cases."""

import csv
import random
from collections import Counter
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.tracker import store
from services.tracker.deadlines.calendar import Calendar
from services.tracker.inaction.inaction_asking import Asking
from services.tracker.moving import Rules
from services.tracker.reports.reports import COUNTED, Measure, Month
from services.tracker.reports.reports_store import count_facts
from shared.auth import Role
from shared.events import ComplaintAssigned
from shared.language import Channel, Kind
from shared.policy import Policy
from shared.postgres import Pool
from tests.examples import assigned
from tests.integration.acting import CENTRE, act, done, officer
from tests.integration.cases import open_cases, run_ahead, sweeper_of
from tests.tokens import bearer

APART = ("suspected", "awaiting_explanation", "awaiting_verdict", "confirmed", "dismissed")
OURS, THEIRS = "urban-management", "water-resources"
_BY_OFFICERS = ("acknowledge", "reply", "request-return", "request-extension")
_BY_SUPERVISION = ("grant-return", "refuse-return", "grant-extension", "refuse-extension", "request-callback", "rework")


def a_case(**changes: Any) -> ComplaintAssigned:
    return assigned(complaint_id=uuid4(), decision_id=uuid4(), **changes)


def somebody(role: Role, department: str | None = None) -> dict[str, str]:
    """Everybody may call so often in a minute, and this asks for more than one person would."""
    return bearer(role, department=department, subject=f"test-{uuid4()}")


async def this_month(pool: Pool) -> Month:
    return Month.of(await store.present(pool))


async def report_of(tracker: httpx.AsyncClient, month: Month) -> dict[str, Any]:
    response = await tracker.get(f"/v1/reports/monthly/{month}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def listed(tracker: httpx.AsyncClient, month: Month, measure: str, **asked: str) -> list[dict[str, Any]]:
    """All pages of the list behind a figure, three items at once."""
    items: list[dict[str, Any]] = []
    params = {"measure": measure, "limit": "3", **asked}
    headers = somebody(Role.SUPERVISOR)
    while True:
        response = await tracker.get(f"/v1/reports/monthly/{month}/cases", params=params, headers=headers)
        assert response.status_code == 200, response.text
        page = response.json()
        items += page["items"]
        if "next" not in page:
            return items
        params["after"] = page["next"]


async def judge_some(tracker: httpx.AsyncClient, choose: random.Random) -> None:
    """Departments explain some of what they are suspected of, and the supervision office judges some."""
    open_ones = await tracker.get("/v1/supervision/inaction", headers=somebody(Role.SUPERVISOR))
    for one in open_ones.json()["items"]:
        path = f"/v1/inaction/{one['inaction_id']}"
        if choose.random() < 0.3:
            headers = somebody(Role.OFFICER, one["department"])
            await tracker.post(f"{path}/explain", json={"text": "人手不足。"}, headers=headers)
        if choose.random() < 0.3:
            verdict = choose.choice(["confirm", "dismiss"])
            headers = somebody(Role.SUPERVISOR)
            await tracker.post(f"{path}/{verdict}", json={"reason": "如实认定。"}, headers=headers)


@pytest.fixture
async def months(tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar) -> list[Month]:
    """Three months in which cases of two departments go every way that a seeded choice takes them.

    What must have happened in them, whatever today's date makes of the choices, happens first.
    """
    idle, returned, extended, twice = (a_case() for _ in range(4))
    await open_cases(tracker_pool, policy, calendar, idle, returned, extended, twice)
    await done(tracker, returned, "request-return", "grant-return")
    await done(tracker, extended, "acknowledge", "request-extension", "grant-extension", "reply", "close")
    await done(tracker, twice, "acknowledge", "reply", "rework")
    choose = random.Random(20261124)  # noqa: S311  # a choice, no secret
    sweeper = sweeper_of(tracker_pool, policy, calendar)
    asking = Asking(tracker_pool, lambda: Rules(policy, calendar))
    cases: list[ComplaintAssigned] = []
    for days in range(0, 60, 6):
        await run_ahead(tracker_pool, timedelta(days=days))
        opened = [
            a_case(
                department=choose.choice([OURS, THEIRS]),
                kind=choose.choice(list(Kind)),
                channel=choose.choice(list(Channel)),
                matter=choose.choice([None, "street-lamps", "food-safety"]),
            )
            for _ in range(4)
        ]
        await open_cases(tracker_pool, policy, calendar, *opened)
        cases += opened
        while await sweeper.sweep():
            pass
        for case in cases:
            for _ in range(3):
                action = choose.choice([*_BY_OFFICERS, *_BY_OFFICERS, *_BY_SUPERVISION, "close"])
                said = choose.choice(["satisfied", "basically_satisfied", "dissatisfied", None])
                more = {"contacted": said is not None, "satisfaction": said, "reason": "如实记录。"}
                role = Role.OFFICER if action in _BY_OFFICERS else Role.SUPERVISOR
                headers = somebody(role, case.department if role is Role.OFFICER else None)
                await act(tracker, case.complaint_id, action, headers, **(more if action == "close" else {}))
        await judge_some(tracker, choose)
        while await asking.ask():
            pass
    last = await this_month(tracker_pool)
    return [last.plus(-2), last.plus(-1), last]


class TestCountsAndLists:
    async def test_every_count_is_as_long_as_its_list(self, tracker: httpx.AsyncClient, months: list[Month]) -> None:
        happened: Counter[str] = Counter()
        for month in months:
            found = await report_of(tracker, month)
            for one in [{"code": None, **found["county"]}, *found["departments"]]:
                whose = {} if one["code"] is None else {"department": one["code"]}
                if one["code"] not in {None, OURS, THEIRS}:
                    assert not any(one["counts"].values())
                    continue
                for measure in COUNTED:
                    items = await listed(tracker, month, measure, **whose)
                    assert len(items) == one["counts"][measure], (month, measure, whose)
                    assert len({(item["fact_id"], item["at"]) for item in items}) == len(items)
                    happened[measure] += len(items)
                for channel, number in one["received_by_channel"].items():
                    items = await listed(tracker, month, "received_by_channel", detail=channel, **whose)
                    assert [item["channel"] for item in items] == [channel] * number
                assert sum(one["received_by_kind"].values()) == one["counts"]["received"]
                for stood in ("suspected", "confirmed", "dismissed"):
                    assert sum(one[f"{stood}_by_kind"].values()) == one["counts"][stood]
                    for kind, number in one[f"{stood}_by_kind"].items():
                        assert len(await listed(tracker, month, stood, detail=kind, **whose)) == number
        # Else it would prove little.
        assert {measure for measure in COUNTED if not happened[measure]} == set()

    async def test_the_files_say_what_the_report_says(self, tracker: httpx.AsyncClient, months: list[Month]) -> None:
        county = (await report_of(tracker, months[1]))["county"]
        sheet = await tracker.get(f"/v1/reports/monthly/{months[1]}.csv")
        total = next(csv.DictReader(StringIO(sheet.content.decode("utf-8-sig"))))
        assert total["受理量 received"] == str(county["counts"]["received"])
        assert total["月末超期未办 overdue"] == str(county["counts"]["overdue"])
        for heading, measure in (("疑似不作为 suspected", "suspected"), ("已认定 confirmed", "confirmed")):
            assert total[heading] == str(county["counts"][measure])
        book = await tracker.get(f"/v1/reports/monthly/{months[1]}.xlsx")
        assert book.content.startswith(b"PK")
        sheets = await tracker.get(f"/v1/reports/monthly/{months[1]}.pdf")
        assert sheets.content.startswith(b"%PDF-")
        page = await tracker.get(f"/reports/monthly/{months[1]}")
        assert page.status_code == 200
        assert "全县合计" in page.text
        assert "水利局" in page.text


class TestFigures:
    async def test_a_case_well_worked_counts_once_in_each_rate(
        self, tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
    ) -> None:
        case = a_case()
        await open_cases(tracker_pool, policy, calendar, case)
        await done(tracker, case, "acknowledge", "reply", "request-callback", "close")
        counts = Counter(
            {one.measure: one.number for one in await count_facts(tracker_pool, await this_month(tracker_pool))}
        )
        for measure in (Measure.RECEIVED, Measure.CLOSED, Measure.RESOLVED, Measure.RATED, Measure.SATISFIED):
            assert counts[measure] == 1
        assert counts[Measure.SUSPECTED] == 0

    async def test_a_case_worked_twice_satisfies_and_was_not_resolved_at_once(
        self, tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
    ) -> None:
        case = a_case()
        await open_cases(tracker_pool, policy, calendar, case)
        await done(tracker, case, "acknowledge", "reply", "rework", "acknowledge", "reply", "close")
        county = (await report_of(tracker, await this_month(tracker_pool)))["county"]
        assert county["rates"]["satisfaction"] == 100.0
        assert county["rates"]["resolution"] == 0.0
        assert county["counts"]["reworked"] == 1

    async def test_a_month_keeps_what_was_overdue_at_its_end(
        self, tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
    ) -> None:
        case = a_case()
        await open_cases(tracker_pool, policy, calendar, case)
        await run_ahead(tracker_pool, timedelta(days=70))
        while await sweeper_of(tracker_pool, policy, calendar).sweep():
            pass
        last = await this_month(tracker_pool)
        await run_ahead(tracker_pool, timedelta(days=101))
        await done(tracker, case, "acknowledge", "reply")
        assert (await report_of(tracker, last))["county"]["counts"]["overdue"] == 2
        now = await report_of(tracker, await this_month(tracker_pool))
        assert now["county"]["counts"]["overdue"] == 0


class TestInaction:
    async def test_suspected_awaiting_confirmed_and_dismissed_are_told_apart_and_a_month_keeps_its_figures(
        self, tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
    ) -> None:
        await open_cases(tracker_pool, policy, calendar, a_case(), a_case())
        await run_ahead(tracker_pool, timedelta(days=70))
        while await sweeper_of(tracker_pool, policy, calendar).sweep():
            pass
        await Asking(tracker_pool, lambda: Rules(policy, calendar)).ask()
        month = await this_month(tracker_pool)
        county = (await report_of(tracker, month))["county"]
        assert county["counts"]["suspected"] == county["counts"]["awaiting_explanation"] == 4
        first, second, third, _ = (await tracker.get("/v1/supervision/inaction")).json()["items"]
        why, words = {"reason": "如实认定。"}, {"text": "忙。"}
        for one in (first, second):
            await tracker.post(f"/v1/inaction/{one['inaction_id']}/explain", json=words, headers=officer(OURS))
        await tracker.post(f"/v1/inaction/{second['inaction_id']}/confirm", json=why)
        await tracker.post(f"/v1/inaction/{third['inaction_id']}/dismiss", json=why)
        stood = (await report_of(tracker, month))["county"]
        told = {name: stood["counts"][name] for name in APART}
        assert told == dict(zip(APART, (4, 1, 1, 1, 1), strict=True))
        # The month after it the verdict is overturned, and nobody explained the last one.
        await run_ahead(tracker_pool, timedelta(days=102))
        await tracker.post(f"/v1/inaction/{second['inaction_id']}/dismiss", json=why)
        kept = (await report_of(tracker, month))["county"]["counts"]
        assert {**kept, "awaiting_explanation": 0, "awaiting_verdict": 0} == {
            **stood["counts"],
            "awaiting_explanation": 0,
            "awaiting_verdict": 0,
        }
        assert kept["awaiting_explanation"] + kept["awaiting_verdict"] == 2
        later = (await report_of(tracker, await this_month(tracker_pool)))["county"]["counts"]
        assert [later[name] for name in APART] == [0, 0, 2, 0, 1]


class TestAccess:
    @pytest.mark.parametrize("ending", ["", ".csv", ".xlsx", ".pdf", "/cases?measure=received"])
    async def test_departments_and_the_centre_do_not_see_the_report(
        self, tracker: httpx.AsyncClient, tracker_pool: Pool, ending: str
    ) -> None:
        path = f"/v1/reports/monthly/{await this_month(tracker_pool)}{ending}"
        assert (await tracker.get(path, headers=officer(OURS))).status_code == 403
        assert (await tracker.get(path, headers=CENTRE)).status_code == 403
        assert (await tracker.get(path, headers=bearer(Role.ADMINISTRATOR))).status_code == 200

    @pytest.mark.parametrize("month", ["2026-13", "now", "9999-01"])
    async def test_what_is_no_month_is_said_to_be_none(self, tracker: httpx.AsyncClient, month: str) -> None:
        assert (await tracker.get(f"/v1/reports/monthly/{month}")).status_code == 422

    async def test_there_is_no_report_of_a_month_that_has_not_begun(
        self, tracker: httpx.AsyncClient, tracker_pool: Pool
    ) -> None:
        month = (await this_month(tracker_pool)).plus(1)
        assert (await tracker.get(f"/v1/reports/monthly/{month}.pdf")).status_code == 404

    @pytest.mark.parametrize("after", ["x", "1.x", "99999999999999999999999.00000000-0000-0000-0000-000000000000"])
    async def test_a_cursor_that_is_none_is_refused(
        self, tracker: httpx.AsyncClient, tracker_pool: Pool, after: str
    ) -> None:
        path = f"/v1/reports/monthly/{await this_month(tracker_pool)}/cases"
        asked = {"measure": "received", "after": after}
        assert (await tracker.get(path, params=asked)).status_code == 422
