"""A department explains what it is suspected of, and the supervision office confirms or dismisses it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from deploy.local.postgres import ExternalPostgres, LocalPostgres
from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import due
from services.tracker.record.verifying import Whole
from services.tracker.timers.sweeper import Sweeper
from shared.auth import Role
from shared.language import Kind
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.term import Term
from tests.examples import assigned
from tests.integration.cases import open_cases, run_ahead
from tests.integration.records import checked, superuser
from tests.tokens import bearer

OURS = "water-supply"
OFFICER = bearer(Role.OFFICER, department=OURS)
ANOTHER = bearer(Role.OFFICER, department="urban-management")
REASON = {"reason": "经核实，情况属实。"}
TEXT = {"text": "抢修期间漏签，已补办，联系电话13800000000。"}


@pytest.fixture
async def suspicions(
    tracker: httpx.AsyncClient, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> Sequence[dict[str, Any]]:
    """Three cases of one department that nobody acknowledged, a day after that was missed."""
    await open_cases(
        tracker_pool, policy, calendar, *(assigned(department=OURS, kind=Kind.COMPLAINT) for _ in range(3))
    )
    await run_ahead(tracker_pool, timedelta(days=5))
    await Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: policy).sweep()
    return await listed(tracker)


async def listed(tracker: httpx.AsyncClient, **params: str) -> list[dict[str, Any]]:
    answer = await tracker.get("/v1/supervision/inaction", params=params)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def say(
    tracker: httpx.AsyncClient,
    one: dict[str, Any],
    what: str,
    body: dict[str, str] = REASON,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    return await tracker.post(f"/v1/inaction/{one['inaction_id']}/{what}", json=body, headers=headers)


async def test_the_department_reads_what_it_is_suspected_of_and_until_when_it_may_explain(
    tracker: httpx.AsyncClient, suspicions: Sequence[dict[str, Any]], policy: Policy, calendar: Calendar
) -> None:
    answer = await tracker.get(f"/v1/departments/{OURS}/inaction", headers=OFFICER)
    assert answer.json()["items"] == suspicions
    for one in suspicions:
        suspected_at = datetime.fromisoformat(one["suspected_at"])
        expected = due(suspected_at, Term.parse("3wd"), calendar, policy.counting).due_at
        assert datetime.fromisoformat(one["explanation_due_at"]) == expected
        assert (one["standing"], one["explanation"]) == ("suspected", None)
    assert (await tracker.get(f"/v1/departments/{OURS}/inaction", headers=ANOTHER)).status_code == 403
    assert (await tracker.get("/v1/departments/no-such-office/inaction")).status_code == 404


async def test_an_explanation_is_redacted_kept_once_and_stands_in_the_record(
    tracker: httpx.AsyncClient, suspicions: Sequence[dict[str, Any]], tracker_pool: Pool
) -> None:
    answer = await say(tracker, suspicions[0], "explain", TEXT, OFFICER)
    assert answer.status_code == 200
    explanation = answer.json()["explanation"]
    assert explanation.startswith("抢修期间漏签")
    assert "13800000000" not in explanation
    assert (await say(tracker, suspicions[0], "explain", TEXT, OFFICER)).status_code == 409
    row = await tracker_pool.fetchrow("SELECT * FROM entries WHERE happened = 'explained'")
    assert row is not None
    assert (row["actor_role"], row["actor_department"]) == ("officer", OURS)
    assert row["note"] == f"{explanation}（疑似不作为{suspicions[0]['inaction_id']}）"


async def test_another_department_learns_nothing_not_even_whether_there_is_such_a_suspicion(
    tracker: httpx.AsyncClient, suspicions: Sequence[dict[str, Any]]
) -> None:
    answers = [
        await say(tracker, one, "explain", TEXT, ANOTHER) for one in (suspicions[0], {"inaction_id": str(uuid4())})
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].content == answers[1].content


async def test_nobody_confirms_before_the_department_was_heard_and_officers_never_judge(
    tracker: httpx.AsyncClient, suspicions: Sequence[dict[str, Any]], tracker_pool: Pool
) -> None:
    first, second, third = suspicions
    assert (await say(tracker, first, "confirm")).status_code == 409
    for role in (Role.OPERATOR, Role.ADMINISTRATOR):
        assert (await say(tracker, first, "dismiss", headers=bearer(role))).status_code == 403
    assert (await say(tracker, first, "confirm", headers=OFFICER)).status_code == 403
    await say(tracker, first, "explain", TEXT, OFFICER)
    assert (await say(tracker, first, "confirm")).json()["standing"] == "confirmed"
    assert (await say(tracker, second, "dismiss")).json()["standing"] == "dismissed"
    await run_ahead(tracker_pool, timedelta(days=15))
    assert (await say(tracker, third, "confirm")).json()["standing"] == "confirmed"


@pytest.mark.parametrize(("what", "body"), [("confirm", {}), ("dismiss", {"reason": " "}), ("explain", {"text": ""})])
async def test_nobody_says_anything_without_a_reason(
    tracker: httpx.AsyncClient, suspicions: Sequence[dict[str, Any]], what: str, body: dict[str, str]
) -> None:
    headers = OFFICER if what == "explain" else None
    assert (await say(tracker, suspicions[0], what, body, headers)).status_code == 422


async def test_a_verdict_on_nothing_is_not_found(tracker: httpx.AsyncClient) -> None:
    for what in ("confirm", "dismiss"):
        assert (await say(tracker, {"inaction_id": str(uuid4())}, what)).status_code == 404


async def test_suspected_confirmed_and_dismissed_are_counted_and_listed_apart(
    tracker: httpx.AsyncClient, suspicions: Sequence[dict[str, Any]]
) -> None:
    first, second, _ = suspicions
    await say(tracker, first, "explain", TEXT, OFFICER)
    await say(tracker, first, "confirm")
    await say(tracker, second, "dismiss")
    [department] = (await tracker.get("/v1/supervision/summary")).json()["departments"]
    counted = {"suspected": "inaction", "confirmed": "confirmed_inaction", "dismissed": "dismissed_inaction"}
    for standing, name in counted.items():
        found = await listed(tracker, standing=standing)
        assert {one["standing"] for one in found} == {standing}
        assert department[name] == Counter(one["kind"] for one in found) == {"not_acknowledged": 1}


async def test_a_verdict_that_is_changed_keeps_the_earlier_one_and_the_record_is_whole(
    tracker: httpx.AsyncClient, suspicions: Sequence[dict[str, Any]], tracker_pool: Pool, service_urls: dict[str, str]
) -> None:
    one = suspicions[0]
    await say(tracker, one, "explain", TEXT, OFFICER)
    for what in ("confirm", "dismiss", "confirm"):
        assert (await say(tracker, one, what)).status_code == 200
        assert (await say(tracker, one, what)).status_code == 409
    verdicts = await tracker_pool.fetch("SELECT verdict FROM inaction_verdicts ORDER BY number")
    assert [row["verdict"] for row in verdicts] == ["confirmed", "dismissed", "confirmed"]
    assert isinstance(await checked(service_urls["tracker"]), Whole)
    for table in ("inaction_verdicts", "inaction_explanations"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tracker_pool.execute(f"DELETE FROM {table}")  # noqa: S608


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE inaction_verdicts SET verdict = 'dismissed'",
        "UPDATE inaction_verdicts SET reason = '查无此事。'",
        "DELETE FROM inaction_verdicts",
        "UPDATE inaction_explanations SET text = '承认。'",
    ],
)
async def test_a_verdict_or_an_explanation_that_somebody_changed_is_found(
    tracker: httpx.AsyncClient,
    suspicions: Sequence[dict[str, Any]],
    service_urls: dict[str, str],
    postgres: LocalPostgres | ExternalPostgres,
    *,
    tampering: str,
) -> None:
    await say(tracker, suspicions[0], "explain", TEXT, OFFICER)
    await say(tracker, suspicions[0], "confirm")
    async with superuser(postgres.url, service_urls["tracker"]) as attacker:
        await attacker.execute(tampering)
    found = await checked(service_urls["tracker"])
    assert suspicions[0]["complaint_id"] in str(found)
    assert "suspected inaction was" in str(found)
