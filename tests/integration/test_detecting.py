"""Inaction is detected from what stands in the database: exactly once, in the record, and told."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import httpx
import pytest

from deploy.local.hotline import PROJECT
from services.tracker.deadlines.calendar import Calendar
from services.tracker.inaction.detecting import Detecting
from services.tracker.record.verifying import Whole
from shared.events import ComplaintAssigned, InactionSuspected
from shared.language import Clock, Kind
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.topics import SUPERVISION_ALERTS
from shared.wire import decode
from tests.examples import assigned, message_record, waiting
from tests.integration.acting import done
from tests.integration.cases import open_cases, run_ahead
from tests.integration.records import checked

UNLIKE = (
    "柳溪镇农贸市场门口的路灯坏了半个月，晚上老人买菜看不见路。",
    "楼下烧烤店每天营业到凌晨两点，油烟和噪音让孩子没法睡觉。",
    "我们村自来水发黄有异味，烧开以后还有沉淀物，不敢喝。",
)
EMPTY = "您好，您反映的问题我局已收悉，已安排工作人员跟进处理，感谢您的关注与支持。"


@pytest.fixture
def detecting(tracker_pool: Pool, policy: Policy) -> Detecting:
    return Detecting(tracker_pool, Relay(tracker_pool, []), lambda: policy)


@pytest.fixture
async def cases(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> Sequence[ComplaintAssigned]:
    """Three complaints of one department about things that have nothing to do with each other."""
    cases = [assigned(kind=Kind.COMPLAINT, text=text, matter=None) for text in UNLIKE]
    await open_cases(tracker_pool, policy, calendar, *cases)
    return cases


async def suspected(pool: Pool) -> Counter[str]:
    return Counter(row["kind"] for row in await pool.fetch("SELECT kind FROM inaction"))


async def alerts(pool: Pool) -> Sequence[InactionSuspected]:
    events = [decode(message_record(one)).event for one in await waiting(pool) if one.topic == SUPERVISION_ALERTS]
    return [event for event in events if isinstance(event, InactionSuspected)]


async def test_a_case_that_is_worked_as_it_should_be_is_suspected_of_nothing(
    tracker: httpx.AsyncClient, detecting: Detecting, cases: Sequence[ComplaintAssigned], tracker_pool: Pool
) -> None:
    for case, text in zip(cases, ("路灯电缆已更换。", "已责令安装油烟净化器。", "水管已冲洗，水质合格。"), strict=True):
        await done(tracker, case, "acknowledge")
        await done(tracker, case, "reply", text=text)
        await done(tracker, case, "request-callback", "close")
    await run_ahead(tracker_pool, timedelta(days=60))
    assert await detecting.detect() == {}
    assert await suspected(tracker_pool) == {}


async def test_what_is_found_stands_in_table_and_record_is_told_and_found_once(
    tracker: httpx.AsyncClient,
    detecting: Detecting,
    cases: Sequence[ComplaintAssigned],
    tracker_pool: Pool,
    service_urls: dict[str, str],
) -> None:
    closed, passed, _silent = cases
    await done(tracker, closed, "acknowledge", "reply")
    await done(tracker, closed, "close", contacted=False, satisfaction=None)
    for _ in range(2):
        await done(tracker, passed, "request-return", "refuse-return")
    assert await detecting.detect() == {"false_closure": 1, "buck_passing": 1}
    # Time passes, and nobody does anything.
    await run_ahead(tracker_pool, timedelta(days=60))
    assert await detecting.detect() == {"slow": 2}
    assert await detecting.detect() == {}
    told = await alerts(tracker_pool)
    rows = {row["inaction_id"]: row for row in await tracker_pool.fetch("SELECT * FROM inaction")}
    assert {event.inaction_id for event in told} == set(rows)
    assert len(told) == 4
    for event in told:
        row = rows[event.inaction_id]
        assert (event.kind, event.evidence, event.due_at) == (row["kind"], row["evidence"], row["due_at"])
        assert event.clock is Clock.REPLY
        entry = await tracker_pool.fetchrow(
            "SELECT * FROM entries WHERE complaint_id = $1 AND happened = 'suspected' AND note = $2",
            event.complaint_id,
            event.evidence,
        )
        assert entry is not None
    assert isinstance(await checked(service_urls["tracker"]), Whole)


async def test_who_was_called_about_the_first_answer_has_not_been_asked_about_the_second(
    tracker: httpx.AsyncClient, detecting: Detecting, cases: Sequence[ComplaintAssigned]
) -> None:
    unasked, tried, _ = cases
    for case in (unasked, tried):
        await done(tracker, case, "acknowledge", "reply", "request-callback", "rework", "acknowledge", "reply")
    await done(tracker, tried, "request-callback")
    for case in (unasked, tried):
        await done(tracker, case, "close", contacted=False, satisfaction=None)
    assert await detecting.detect() == {"false_closure": 1}


async def test_a_department_that_gives_everybody_the_same_reply_is_found_when_the_month_is_over(
    tracker: httpx.AsyncClient, detecting: Detecting, cases: Sequence[ComplaintAssigned], tracker_pool: Pool
) -> None:
    for case in cases:
        await done(tracker, case, "acknowledge")
        await done(tracker, case, "reply", text=EMPTY)
        await done(tracker, case, "request-callback", "close")
    assert await detecting.detect() == {}
    await run_ahead(tracker_pool, timedelta(days=60))
    assert await detecting.detect() == {"boilerplate": 1}
    await run_ahead(tracker_pool, timedelta(days=90))
    assert await detecting.detect() == {}
    [event] = await alerts(tracker_pool)
    assert event.department == cases[0].department
    assert all(case.ticket_number in event.evidence for case in cases)


@pytest.mark.usefixtures("cases")
async def test_replicas_that_look_at_the_same_time_find_everything_once(
    detecting: Detecting, tracker_pool: Pool
) -> None:
    await run_ahead(tracker_pool, timedelta(days=60))
    found = await asyncio.gather(*(detecting.detect() for _ in range(3)))
    assert sum((each for each in found), Counter()) == {"slow": 3}
    assert await suspected(tracker_pool) == {"slow": 3}
    assert len(await alerts(tracker_pool)) == 3


@pytest.mark.usefixtures("cases")
async def test_it_looks_once_a_night(detecting: Detecting, tracker_pool: Pool) -> None:
    assert await detecting.detect_if_due() == {}
    ran = "SELECT min(ran_at), max(ran_at) FROM detections"
    first = await tracker_pool.fetchrow(ran)
    await detecting.detect_if_due()
    assert await tracker_pool.fetchrow(ran) == first
    await run_ahead(tracker_pool, timedelta(days=60))
    assert await detecting.detect_if_due() == {"slow": 3}


async def test_a_case_that_is_suspended_is_not_slow(
    tracker: httpx.AsyncClient, detecting: Detecting, cases: Sequence[ComplaintAssigned], tracker_pool: Pool
) -> None:
    await done(tracker, cases[0], "acknowledge", "suspend")
    await run_ahead(tracker_pool, timedelta(days=60))
    assert await detecting.detect() == {"slow": 2}


@pytest.mark.usefixtures("cases")
async def test_the_command_looks_at_once_and_says_what_is_new(tracker_pool: Pool, service_urls: dict[str, str]) -> None:
    await run_ahead(tracker_pool, timedelta(days=60))
    printed = []
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.tracker", "detect", "--policy", "deploy/policy/zhenping"),
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], "DATABASE_URL": service_urls["tracker"]},
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        printed.append((process.returncode, output.decode().splitlines()))
    assert printed == [(0, ["slow: 3", "3 new suspicions"]), (0, ["0 new suspicions"])]
