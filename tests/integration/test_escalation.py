"""The escalation ladder: each step once for each deadline, to its addressee, and none after the deadline was met."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.tracker.casework import Casework
from services.tracker.deadlines.calendar import Calendar
from services.tracker.lifecycle import Actor, Role
from services.tracker.moving import Rules
from services.tracker.record.verifying import Whole, verify
from services.tracker.timers.sweeper import Sweeper
from shared.escalation import Ahead, Behind, Escalation, Ladder, Said
from shared.events import (
    CaseSupervised,
    CaseUrged,
    ClockEvent,
    DeadlineMissed,
    DeadlineWarned,
    Event,
    InactionSuspected,
    SupervisionNoticeIssued,
)
from shared.language import Addressee, Clock
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.term import Term
from shared.topics import CASES_EVENTS, SUPERVISION_ALERTS
from shared.wire import decode
from tests.examples import assigned, message_record, waiting
from tests.integration.cases import open_cases, run_ahead

LADDER = Escalation(
    reply=Ladder(
        urge=Ahead(to=Addressee.DEPARTMENT_HEAD, before=Term.parse("1wd")),
        missed=Said(to=Addressee.CENTRE),
        supervise=Behind(to=Addressee.SUPERVISION_OFFICE, after=Term.parse("1wd")),
        notice=Behind(to=Addressee.DEPARTMENT_HEAD, after=Term.parse("3wd")),
    ),
)
SAID = ClockEvent | CaseUrged | CaseSupervised
OFFICER = Actor(Role.OFFICER, "urban-management")


@pytest.fixture
def strict(policy: Policy) -> Policy:
    return policy.model_copy(update={"escalation": LADDER})


@pytest.fixture
def sweeper(tracker_pool: Pool, strict: Policy) -> Sweeper:
    return Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: strict)


@pytest.fixture
def casework(tracker_pool: Pool, strict: Policy, calendar: Calendar) -> Casework:
    return Casework(tracker_pool, Relay(tracker_pool, []), lambda: Rules(strict, calendar))


@pytest.fixture
async def case(tracker_pool: Pool, strict: Policy, calendar: Calendar, casework: Casework) -> UUID:
    """A case of urban-management that was acknowledged."""
    case = assigned()
    await open_cases(tracker_pool, strict, calendar, case)
    await casework.acknowledge(case.complaint_id, OFFICER, None)
    return case.complaint_id


async def pass_moment_of(pool: Pool, kind: str) -> None:
    """Run ahead to just after the last timer of this kind."""
    at = await pool.fetchval("SELECT max(fires_at) FROM timers WHERE kind = $1", kind)
    await run_ahead(pool, at - await pool.fetchval("SELECT now()") + timedelta(seconds=1))


async def outcomes(pool: Pool) -> Counter[str]:
    rows = await pool.fetch("SELECT outcome FROM outcomes JOIN deadlines USING (deadline_id) WHERE clock = 'reply'")
    return Counter(row["outcome"] for row in rows)


async def told(pool: Pool) -> Sequence[tuple[str, Event]]:
    """Topic and event of what the sweeper told."""
    events = [(message.topic, decode(message_record(message)).event) for message in await waiting(pool)]
    return [(topic, event) for topic, event in events if isinstance(event, SAID)]


@pytest.mark.usefixtures("case")
async def test_a_case_that_nobody_answers_climbs_the_whole_ladder_and_each_step_has_its_addressee(
    sweeper: Sweeper, tracker_pool: Pool
) -> None:
    for kind in ("warning", "urge", "due", "supervise", "notice"):
        await pass_moment_of(tracker_pool, kind)
        assert await sweeper.sweep() == 1
        assert await sweeper.sweep() == 0
    assert await outcomes(tracker_pool) == dict.fromkeys(
        ("warned", "urged", "missed", "supervised", "notice_issued"), 1
    )
    assert [(topic, type(event), getattr(event, "addressee", None)) for topic, event in await told(tracker_pool)] == [
        (CASES_EVENTS, DeadlineWarned, Addressee.DEPARTMENT),
        (CASES_EVENTS, CaseUrged, Addressee.DEPARTMENT_HEAD),
        (CASES_EVENTS, DeadlineMissed, Addressee.CENTRE),
        (SUPERVISION_ALERTS, InactionSuspected, None),
        (CASES_EVENTS, CaseSupervised, Addressee.SUPERVISION_OFFICE),
        (SUPERVISION_ALERTS, SupervisionNoticeIssued, Addressee.DEPARTMENT_HEAD),
    ]
    entries = await tracker_pool.fetch("SELECT happened, note FROM entries ORDER BY number")
    assert [row["happened"] for row in entries] == [
        *("assign", "acknowledge", "warned", "urged", "missed", "suspected", "supervised", "notice_issued"),
    ]
    notes = [event.note for _, event in await told(tracker_pool) if hasattr(event, "note")]
    assert [row["note"] for row in entries if row["happened"] in ("urged", "supervised", "notice_issued")] == notes


@pytest.mark.usefixtures("case")
async def test_what_passed_while_the_tracker_was_away_is_climbed_in_order_and_the_record_stays_whole(
    sweeper: Sweeper, tracker_pool: Pool
) -> None:
    await pass_moment_of(tracker_pool, "notice")
    assert await sweeper.sweep() == 5
    assert [type(event) for _, event in await told(tracker_pool)] == [
        *(DeadlineWarned, CaseUrged, DeadlineMissed, InactionSuspected, CaseSupervised, SupervisionNoticeIssued),
    ]
    async with tracker_pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        assert isinstance(await verify(connection, []), Whole)


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        ("warning", {"warned": 1, "met": 1}),
        ("urge", {"warned": 1, "urged": 1, "met": 1}),
        ("due", {"warned": 1, "urged": 1, "missed": 1, "met": 1}),
        ("supervise", {"warned": 1, "urged": 1, "missed": 1, "supervised": 1, "met": 1}),
    ],
)
@pytest.mark.parametrize("swept_first", [True, False])
async def test_a_reply_stops_the_steps_that_lie_ahead_and_none_that_lies_behind(
    sweeper: Sweeper,
    casework: Casework,
    tracker_pool: Pool,
    case: UUID,
    passed: str,
    expected: dict[str, int],
    *,
    swept_first: bool,
) -> None:
    await pass_moment_of(tracker_pool, passed)
    if swept_first:
        await sweeper.sweep()
    await casework.reply(case, OFFICER, None, "路灯已经修好。")
    await run_ahead(tracker_pool, timedelta(days=200))
    await sweeper.sweep()
    assert await sweeper.sweep() == 0
    assert await outcomes(tracker_pool) == expected


async def test_a_case_that_is_sent_back_climbs_a_ladder_of_its_own(
    sweeper: Sweeper, casework: Casework, tracker_pool: Pool, case: UUID
) -> None:
    await pass_moment_of(tracker_pool, "urge")
    await sweeper.sweep()
    await casework.reply(case, OFFICER, None, "路灯已经修好。")
    await casework.rework(case, Actor(Role.CENTRE), None, "仍然不亮。")
    await pass_moment_of(tracker_pool, "notice")
    await sweeper.sweep()
    assert await outcomes(tracker_pool) == {
        "warned": 2,
        "urged": 2,
        "met": 1,
        "missed": 1,
        "supervised": 1,
        "notice_issued": 1,
    }


async def test_many_replicas_climb_each_step_of_many_cases_once(
    tracker_pool: Pool, strict: Policy, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.tracker.timers.sweeper._BATCH", 50)
    await open_cases(tracker_pool, strict, calendar, *(assigned() for _ in range(100)))
    await pass_moment_of(tracker_pool, "notice")

    async def sweep_all() -> None:
        replica = Sweeper(tracker_pool, Relay(tracker_pool, []), lambda: strict)
        while await tracker_pool.fetchval("SELECT EXISTS (SELECT FROM timers)"):
            await replica.sweep()

    async with asyncio.timeout(60):
        await asyncio.gather(*(sweep_all() for _ in range(4)))
    assert set((await outcomes(tracker_pool)).values()) == {100}
    messages = await waiting(tracker_pool)
    assert len({message.headers["ce_id"] for message in messages}) == len(messages)
    assert Counter(type(event) for _, event in await told(tracker_pool)) == {
        **dict.fromkeys((DeadlineWarned, CaseUrged, CaseSupervised, SupervisionNoticeIssued), 100),
        **dict.fromkeys((DeadlineMissed, InactionSuspected), 200),
    }


@pytest.mark.usefixtures("case")
async def test_a_deadline_that_binds_a_co_handler_is_held_against_the_co_handler(
    sweeper: Sweeper, tracker_pool: Pool, policy: Policy
) -> None:
    await tracker_pool.execute(
        """
        WITH theirs AS (
            INSERT INTO deadlines (
                deadline_id, complaint_id, clock, started_at, term, due_at, provisional, policy_hash,
                calendar_version, timeline_id, department
            ) SELECT
                $1, complaint_id, 'contribute', started_at, term, due_at, provisional, policy_hash,
                calendar_version, timeline_id, 'water-supply'
            FROM deadlines WHERE clock = 'reply' RETURNING deadline_id, due_at
        )
        INSERT INTO timers (deadline_id, kind, fires_at) SELECT deadline_id, 'due', due_at FROM theirs
        """,
        uuid4(),
    )
    await pass_moment_of(tracker_pool, "due")
    await sweeper.sweep()
    [suspected] = [
        event
        for _, event in await told(tracker_pool)
        if isinstance(event, InactionSuspected) and event.clock is Clock.CONTRIBUTE
    ]
    assert suspected.department == "water-supply"
    assert f"派至{policy.name_of('water-supply')}" in suspected.evidence
