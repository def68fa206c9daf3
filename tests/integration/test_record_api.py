"""Who acted stands in the record, is told to whoever may know, and nowhere else."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from deploy.local.postgres import ExternalPostgres, LocalPostgres
from services.tracker.deadlines.calendar import Calendar
from services.tracker.record.record import Broken
from services.tracker.record.verifying import Whole
from shared.auth import Role
from shared.events import ComplaintAssigned
from shared.policy import Policy
from shared.postgres import Pool
from tests.examples import assigned, waiting
from tests.integration.acting import WORDS
from tests.integration.cases import open_cases, run_ahead, sweeper_of
from tests.integration.records import checked, superuser
from tests.tokens import bearer

OURS = "urban-management"
ACCOUNTS = {"officer": "cs-officer-account", "operator": "cs-operator-account", "supervisor": "cs-supervisor-account"}
OFFICER = bearer(Role.OFFICER, department=OURS, subject=ACCOUNTS["officer"])
OPERATOR = bearer(Role.OPERATOR, subject=ACCOUNTS["operator"])
SUPERVISOR = bearer(Role.SUPERVISOR, subject=ACCOUNTS["supervisor"])


@pytest.fixture
async def case(tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar) -> ComplaintAssigned:
    """Acknowledged, extended, answered, called back and sent back, each by somebody; then nobody acknowledges it."""
    case = assigned(department=OURS)
    await open_cases(tracker_pool, policy, calendar, case)
    for action, headers in (
        ("acknowledge", OFFICER),
        ("request-extension", OFFICER),
        ("grant-extension", SUPERVISOR),
        ("urge", OPERATOR),
        ("reply", OFFICER),
        ("request-callback", OPERATOR),
        ("rework", OPERATOR),
    ):
        path = f"/v1/cases/{case.complaint_id}/{action}"
        answer = await tracker.post(path, json=WORDS.get(action, {}), headers=headers)
        assert answer.status_code == 200, answer.text
    await run_ahead(tracker_pool, timedelta(days=5))
    while await sweeper_of(tracker_pool, policy, calendar).sweep():
        pass
    [one, *_] = (await tracker.get("/v1/supervision/inaction")).json()["items"]
    said = await tracker.post(f"/v1/inaction/{one['inaction_id']}/explain", json={"text": "漏签。"}, headers=OFFICER)
    assert said.status_code == 200
    path = f"/v1/inaction/{one['inaction_id']}/confirm"
    assert (await tracker.post(path, json={"reason": "属实。"}, headers=SUPERVISOR)).status_code == 200
    return case


async def record(
    tracker: httpx.AsyncClient, case: ComplaintAssigned, headers: Mapping[str, str]
) -> list[dict[str, Any]]:
    answer = await tracker.get(f"/v1/cases/{case.complaint_id}/record", headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_every_move_by_a_person_names_the_account_and_what_happens_by_itself_names_none(
    tracker: httpx.AsyncClient, case: ComplaintAssigned, service_urls: dict[str, str]
) -> None:
    items = await record(tracker, case, SUPERVISOR)
    role_of = {"officer": "officer", "centre": "operator", "supervisor": "supervisor"}
    for item in items:
        expected = None if item["actor_role"] == "system" else ACCOUNTS[role_of[item["actor_role"]]]
        assert item["actor_subject"] == expected, item
    happened = {item["happened"] for item in items if item["actor_subject"]}
    assert {"acknowledge", "extend", "urge", "rework", "explained", "confirmed"} <= happened
    assert [item["number"] for item in items] == list(range(1, len(items) + 1))
    assert [item["prev_hash"] for item in items[1:]] == [item["hash"] for item in items[:-1]]
    assert isinstance(await checked(service_urls["tracker"]), Whole)


async def test_an_officer_sees_the_accounts_of_the_own_department_and_an_operator_none(
    tracker: httpx.AsyncClient, case: ComplaintAssigned
) -> None:
    by_officer = await record(tracker, case, bearer(Role.OFFICER, department=OURS))
    assert {item["actor_subject"] for item in by_officer} == {None, ACCOUNTS["officer"]}
    suspected = [item for item in by_officer if item["happened"] in {"suspected", "confirmed"}]
    assert {item["note"] for item in suspected} == {None}
    assert {item["actor_subject"] for item in await record(tracker, case, OPERATOR)} == {None}
    foreign = bearer(Role.OFFICER, department="water-supply")
    assert (await tracker.get(f"/v1/cases/{case.complaint_id}/record", headers=foreign)).status_code == 403


async def test_no_event_no_public_page_and_no_other_answer_holds_an_account(
    tracker: httpx.AsyncClient, tracker_pool: Pool, case: ComplaintAssigned
) -> None:
    for message in await waiting(tracker_pool):
        for account in ACCOUNTS.values():
            assert account.encode() not in (message.body or b"")
            assert account not in str(message.headers)
    for path in ("/v1/disclosure.csv", "/disclosure", f"/v1/cases/{case.complaint_id}", "/v1/supervision/inaction"):
        answer = await tracker.get(path)
        assert answer.status_code == 200
        assert not any(account in answer.text for account in ACCOUNTS.values())


@pytest.mark.parametrize("to", ["'somebody-else'", "NULL"])
async def test_who_puts_the_blame_on_another_is_found_out(
    case: ComplaintAssigned,
    tracker_pool: Pool,
    service_urls: dict[str, str],
    postgres: LocalPostgres | ExternalPostgres,
    *,
    to: str,
) -> None:
    assert await tracker_pool.fetchval("SELECT count(*) FROM entries WHERE actor_subject IS NOT NULL") > 0
    async with superuser(postgres.url, service_urls["tracker"]) as attacker:
        change = f"UPDATE entries SET actor_subject = {to} WHERE happened = 'reply'"  # noqa: S608  # fixed words
        await attacker.execute(change)
    found = await checked(service_urls["tracker"])
    assert isinstance(found, Broken)
    assert (found.complaint_id, found.why) == (case.complaint_id, "was changed after it was written")
