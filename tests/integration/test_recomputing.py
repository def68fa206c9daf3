"""The notice for 2027 arrives while cases run: what it decides is counted again, and nothing else moves."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
import yaml

from deploy.local.hotline import POLICY, PROJECT
from services.tracker.casework import Casework
from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.recomputing import Recomputed, Recomputing
from services.tracker.lifecycle import Actor, Role
from services.tracker.moving import Rules
from services.tracker.record.verifying import Whole
from shared.events import ComplaintAssigned
from shared.language import Kind
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from tests.examples import assigned, somebody_waits_for_a_lock, waiting
from tests.integration.cases import open_cases
from tests.integration.records import checked
from tests.notices import NOTICE_2027

# Thursday, 11:00. The notice makes 31 December a day off and 9 January, a Saturday, worked.
OPENED = datetime(2026, 12, 24, 3, tzinfo=UTC)
# The end of: 29 December; 31 December, then 4 January; 8 January, then 9 January.
SETTLED, FIVE_DAYS, TEN_DAYS = Kind.CONSULTATION, Kind.SUGGESTION, Kind.COMPLAINT
MOVES = {
    SETTLED: ("2026-12-29T16:00:00+00:00", "2026-12-29T16:00:00+00:00"),
    FIVE_DAYS: ("2026-12-31T16:00:00+00:00", "2027-01-04T16:00:00+00:00"),
    TEN_DAYS: ("2027-01-08T16:00:00+00:00", "2027-01-09T16:00:00+00:00"),
}

SET_CLOCK = """
INSERT INTO simulated_clock (ahead) VALUES ($1 - statement_timestamp())
ON CONFLICT (only_row) DO UPDATE SET ahead = excluded.ahead
"""
STANDING = """
SELECT deadline_id, due_at, provisional, replaces, replaced_because, calendar_version FROM deadlines
WHERE complaint_id = $1 AND clock = 'reply' AND NOT EXISTS (
    SELECT FROM deadlines AS later WHERE later.replaces = deadlines.deadline_id
)
"""
REASONS = "SELECT replaced_because FROM deadlines WHERE replaces IS NOT NULL"
TIMERS = (
    "SELECT kind, fires_at FROM timers JOIN deadlines USING (deadline_id) WHERE complaint_id = $1 AND clock = 'reply'"
)
EVERYTHING = """
SELECT (SELECT count(*) FROM deadlines), (SELECT count(*) FROM entries), (SELECT count(*) FROM outbox),
    (SELECT count(*) FROM outcomes), (SELECT count(*) FROM timers)
"""

Cases = Mapping[Kind, ComplaintAssigned]


@pytest.fixture(scope="module")
def announced() -> Calendar:
    return Calendar.of_china([NOTICE_2027])


@pytest.fixture
async def cases(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> Cases:
    await tracker_pool.execute(SET_CLOCK, OPENED)
    cases = {kind: assigned(kind=kind) for kind in MOVES}
    await open_cases(tracker_pool, policy, calendar, *cases.values())
    return cases


def recomputing(pool: Pool, calendar: Calendar) -> Recomputing:
    return Recomputing(pool, Relay(pool, []), lambda: calendar)


async def told(pool: Pool) -> Sequence[dict[str, str]]:
    bodies = [orjson.loads(message.body or b"{}") for message in await waiting(pool)]
    return [body for body in bodies if "previous_due_at" in body]


async def test_what_the_notice_decides_is_replaced_and_says_why(
    tracker_pool: Pool, cases: Cases, announced: Calendar
) -> None:
    assert await recomputing(tracker_pool, announced).recompute() == Recomputed(moved=2, settled=1, kept=0)
    for kind, case in cases.items():
        row = await tracker_pool.fetchrow(STANDING, case.complaint_id)
        before, after = MOVES[kind]
        assert row is not None
        assert row["due_at"] == datetime.fromisoformat(after)
        assert (row["provisional"], row["calendar_version"]) == (False, announced.version)
        old = await tracker_pool.fetchrow("SELECT * FROM deadlines WHERE deadline_id = $1", row["replaces"])
        assert old is not None
        assert (old["due_at"], old["provisional"]) == (datetime.fromisoformat(before), True)
    because = {row["replaced_because"] for row in await tracker_pool.fetch(REASONS)}
    assert "放假安排公布后重新计算：到期时间由2027年1月8日24时改为2027年1月9日24时。" in because
    assert "放假安排公布后重新计算：到期时间不变，现已确定。" in because


async def test_its_timers_fire_when_it_is_now_due(tracker_pool: Pool, cases: Cases, announced: Calendar) -> None:
    await recomputing(tracker_pool, announced).recompute()
    timers = {row["kind"]: row["fires_at"] for row in await tracker_pool.fetch(TIMERS, cases[TEN_DAYS].complaint_id)}
    assert timers["due"] == datetime.fromisoformat(MOVES[TEN_DAYS][1])
    # Five working days before: those left are 5, 6, 7, 8 and 9 January.
    assert timers["warning"] == datetime(2027, 1, 4, 16, tzinfo=UTC)


async def test_whoever_follows_cases_is_told_and_the_record_stays_whole(
    service_urls: dict[str, str], tracker_pool: Pool, cases: Cases, announced: Calendar
) -> None:
    await recomputing(tracker_pool, announced).recompute()
    events = {one["complaint_id"]: one for one in await told(tracker_pool)}
    assert set(events) == {str(case.complaint_id) for case in cases.values()}
    moved = events[str(cases[TEN_DAYS].complaint_id)]
    assert (moved["previous_due_at"], moved["due_at"]) == ("2027-01-08T16:00:00Z", "2027-01-09T16:00:00Z")
    found = await checked(service_urls["tracker"])
    assert isinstance(found, Whole)
    assert (found.cases, found.entries) == (3, 6)


async def test_a_notice_that_comes_with_another_policy_settles_them_without_a_restart(
    tracker_pool: Pool, cases: Cases, calendar: Calendar, announced: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.tracker.deadlines.recomputing._PAUSE_SECONDS", 0.05)
    in_force = [calendar]
    counting = asyncio.create_task(Recomputing(tracker_pool, Relay(tracker_pool, []), lambda: in_force[0]).run())

    async def counted_by() -> str:
        row = await tracker_pool.fetchrow(STANDING, cases[TEN_DAYS].complaint_id)
        assert row is not None
        return str(row["calendar_version"])

    assert await counted_by() == calendar.version
    in_force[0] = announced
    async with asyncio.timeout(60):
        while await counted_by() != announced.version:  # noqa: ASYNC110  # the table is all that tells
            await asyncio.sleep(0.05)
    assert not counting.done()
    counting.cancel()
    with suppress(asyncio.CancelledError):
        await counting


@pytest.mark.usefixtures("cases")
async def test_doing_it_again_or_without_news_changes_nothing(
    tracker_pool: Pool, calendar: Calendar, announced: Calendar
) -> None:
    before = await tracker_pool.fetchrow(EVERYTHING)
    assert await recomputing(tracker_pool, calendar).recompute() == Recomputed()
    assert await tracker_pool.fetchrow(EVERYTHING) == before
    await recomputing(tracker_pool, announced).recompute()
    once = await tracker_pool.fetchrow(EVERYTHING)
    assert await recomputing(tracker_pool, announced).recompute() == Recomputed()
    assert await tracker_pool.fetchrow(EVERYTHING) == once


async def test_a_deadline_that_was_met_or_missed_stays(
    tracker_pool: Pool, policy: Policy, calendar: Calendar, announced: Calendar, cases: Cases
) -> None:
    case = cases[TEN_DAYS]
    officer = Actor(Role.OFFICER, case.department)
    casework = Casework(tracker_pool, Relay(tracker_pool, []), lambda: Rules(policy, calendar))
    await casework.acknowledge(case.complaint_id, officer, 1)
    await casework.reply(case.complaint_id, officer, 2, "路灯已经修好。")
    # By the old count the five days are over by now.
    await tracker_pool.execute(SET_CLOCK, datetime(2027, 1, 1, tzinfo=UTC))
    assert await recomputing(tracker_pool, announced).recompute() == Recomputed()


async def test_many_cases_go_in_batches_and_two_replicas_that_start_at_once_do_it_once(
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
    announced: Calendar,
    service_urls: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.tracker.deadlines.recomputing._BATCH", 7)
    await tracker_pool.execute(SET_CLOCK, OPENED)
    await open_cases(tracker_pool, policy, calendar, *[assigned(kind=TEN_DAYS) for _ in range(40)])
    found = await asyncio.gather(*[recomputing(tracker_pool, announced).recompute() for _ in range(2)])
    assert sum(one.moved for one in found) == 40
    assert len(await told(tracker_pool)) == 40
    assert isinstance(await checked(service_urls["tracker"]), Whole)


async def test_it_waits_for_whoever_moves_a_case_and_then_leaves_what_they_have_met(
    tracker_pool: Pool, policy: Policy, calendar: Calendar, announced: Calendar, cases: Cases
) -> None:
    case = cases[TEN_DAYS]
    officer = Actor(Role.OFFICER, case.department)
    casework = Casework(tracker_pool, Relay(tracker_pool, []), lambda: Rules(policy, calendar))
    await casework.acknowledge(case.complaint_id, officer, 1)
    async with tracker_pool.acquire() as holder:
        held = holder.transaction()
        await held.start()
        await holder.execute("SELECT FROM cases WHERE complaint_id = $1 FOR NO KEY UPDATE", case.complaint_id)
        replying = asyncio.create_task(casework.reply(case.complaint_id, officer, 2, "路灯已经修好。"))
        await somebody_waits_for_a_lock(tracker_pool)
        running = asyncio.create_task(recomputing(tracker_pool, announced).recompute())
        await somebody_waits_for_a_lock(tracker_pool, waiters=2)
        await held.rollback()
    await replying
    assert (await running).moved == 1
    assert await tracker_pool.fetchval("SELECT count(*) FROM outcomes WHERE outcome = 'met'") == 2


async def test_the_command_says_what_it_would_do_and_then_does_it(
    tmp_path: Path, service_urls: dict[str, str], tracker_pool: Pool, cases: Cases
) -> None:
    for file in POLICY.glob("*.yaml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    written = {"notices": [NOTICE_2027.model_dump(mode="json")]}
    (tmp_path / "calendar.yaml").write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")

    async def recompute(*arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.tracker", "recompute", *arguments,
            cwd=PROJECT,
            env={
                "PATH": os.environ["PATH"],
                "DATABASE_URL": service_urls["tracker"],
                "HOTLINE_POLICY_DIR": str(tmp_path),
            },
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _ = await process.communicate()
        assert process.returncode == 0
        return output.decode()

    before = await tracker_pool.fetchrow(EVERYTHING)
    foretold = await recompute("--dry-run")
    assert "2 deadlines would be moved, 1 would be settled as they were, 0 kept;" in foretold
    assert f"{cases[TEN_DAYS].complaint_id} reply committed: 放假安排公布后重新计算：" in foretold
    assert await tracker_pool.fetchrow(EVERYTHING) == before
    assert "2 deadlines moved, 1 settled as they were, 0 kept;" in await recompute()
    assert "0 deadlines moved, 0 settled as they were, 0 kept;" in await recompute()
