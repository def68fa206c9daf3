"""Public disclosure on a real database, as somebody sees it who has no login."""

import csv
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import httpx
import pytest

from services.tracker import store
from services.tracker.deadlines.calendar import Calendar
from services.tracker.reports.reports import Month
from shared.policy import Policy
from shared.postgres import Pool
from tests.examples import assigned
from tests.integration.acting import done
from tests.integration.cases import open_cases, run_ahead

BUSY, QUIET = "urban-management", "water-resources"
NOBODY = {"Authorization": ""}


@pytest.fixture
async def month(tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar) -> Month:
    """A month that is over, in which one department had six cases and another one."""
    cases = [
        assigned(complaint_id=uuid4(), decision_id=uuid4(), department=department, title="测试标题", place="测试路1号")
        for department in (*[BUSY] * 6, QUIET)
    ]
    await open_cases(tracker_pool, policy, calendar, *cases)
    for case in cases:
        await done(tracker, case, "acknowledge", "reply", "close")
    month = Month.of(await store.present(tracker_pool))
    await run_ahead(tracker_pool, month.end - await store.present(tracker_pool) + timedelta(days=1))
    return month


async def rows_of(tracker: httpx.AsyncClient) -> dict[str, dict[str, str]]:
    answer = await tracker.get("/v1/disclosure.csv", headers=NOBODY)
    assert answer.status_code == 200, answer.text
    return {row["code"]: row for row in csv.DictReader(StringIO(answer.content.decode("utf-8-sig")))}


async def test_the_last_full_month_is_told_without_a_login(tracker: httpx.AsyncClient, month: Month) -> None:
    row = (await rows_of(tracker))[BUSY]
    assert (row["month"], row["received"], row["satisfaction_rate"], row["withheld"]) == (
        str(month), "6", "100.0", "false"
    )  # fmt: skip
    assert "《" in row["duties"]


async def test_what_is_of_a_few_people_is_withheld(tracker: httpx.AsyncClient, month: Month) -> None:
    row = (await rows_of(tracker))[QUIET]
    assert (row["month"], row["received"], row["satisfaction_rate"], row["withheld"]) == (str(month), "", "", "true")


async def test_the_page_shows_duties_terms_and_results_and_nothing_of_a_case(
    tracker: httpx.AsyncClient, month: Month
) -> None:
    page = await tracker.get("/disclosure", headers=NOBODY)
    assert page.status_code == 200
    assert f"{month} 办理结果" in page.text
    assert "10个工作日" in page.text
    for private in ("测试标题", "测试路", "路灯已经修好"):
        assert private not in page.text


async def test_the_schema_describes_the_file(tracker: httpx.AsyncClient) -> None:
    described = (await tracker.get("/v1/disclosure.schema.json", headers=NOBODY)).json()
    [row, *_] = (await rows_of(tracker)).values()
    assert [field["name"] for field in described["fields"]] == list(row)
