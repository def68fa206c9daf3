"""Random people, a random router and a random clock, over HTTP: what must hold of all cases holds."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from limits import parse

from services.tracker.deadlines.calendar import Calendar
from services.tracker.lifecycle import MOVES, Action, Role, legal_actions
from services.tracker.record.verifying import Whole
from shared import rate_limits
from shared.events import CaseEvent, ComplaintAssigned
from shared.language import CaseStatus, DecisionSource, Kind
from shared.policy import Policy
from shared.postgres import Pool
from shared.wire import decode
from tests.examples import assigned, message_record, waiting
from tests.integration.acting import act, placed_again, token
from tests.integration.cases import open_cases, run_ahead, sweeper_of
from tests.integration.records import checked

DEPARTMENTS = ("urban-management", "housing-construction", "water-supply")
SIDES = (Role.OFFICER, Role.OFFICER, Role.OFFICER, Role.CENTRE, Role.SUPERVISOR)
PATHS: dict[Action, str] = {one: one.replace("_", "-") for one in list(Action) if one is not Action.ASSIGN}
PATHS[Action.EXTEND] = "grant-extension"
LIKELY: dict[Action, float] = {Action.DECLINE: 0.05, Action.CLOSE: 0.2, Action.SUSPEND: 0.3, Action.REQUEST_RETURN: 0.3}
STEPS, AT_MOST, CASES = 500, 5000, 8

READ_STAND = "SELECT complaint_id, version, status, department, in_transit, hop FROM cases"
READ_REPLIES = """
SELECT complaint_id, due_at FROM deadlines WHERE clock = 'reply' AND nature = 'committed' AND NOT EXISTS (
    SELECT FROM deadlines AS later WHERE later.replaces = deadlines.deadline_id
)
"""
# At most one of each clock runs for whoever holds a case.
RUNNING_TWICE = """
SELECT complaint_id, clock FROM deadlines
WHERE clock <> 'contribute' AND nature = 'committed'
    AND NOT EXISTS (SELECT FROM outcomes o WHERE o.deadline_id = deadlines.deadline_id AND outcome IN ('met', 'ended'))
GROUP BY complaint_id, clock HAVING count(*) > 1
"""


class County:
    """Everybody who acts on the cases, and what is expected of each thing that they do."""

    def __init__(
        self, tracker: httpx.AsyncClient, pool: Pool, policy: Policy, calendar: Calendar, chance: random.Random
    ) -> None:
        self.tracker, self.pool, self.policy, self.calendar, self.chance = tracker, pool, policy, calendar, chance
        self.decisions: list[ComplaintAssigned] = []
        self.ahead = timedelta(0)
        self.done: Counter[str] = Counter()

    async def open(self) -> None:
        cases = [
            assigned(
                department=self.chance.choice(DEPARTMENTS),
                kind=self.chance.choice([Kind.COMPLAINT, Kind.HELP, Kind.CONSULTATION]),
            )
            for _ in range(CASES)
        ]
        self.decisions += cases
        await open_cases(self.pool, self.policy, self.calendar, *cases)

    async def stand(self) -> dict[UUID, Any]:
        return {row["complaint_id"]: row for row in await self.pool.fetch(READ_STAND)}

    async def replies(self) -> dict[UUID, Any]:
        return {row["complaint_id"]: row["due_at"] for row in await self.pool.fetch(READ_REPLIES)}

    async def step(self) -> None:
        match self.chance.randrange(10):
            case 0:
                self.ahead += timedelta(hours=self.chance.randrange(1, 5))
                await run_ahead(self.pool, self.ahead)
                await sweeper_of(self.pool, self.policy, self.calendar).sweep()
            case 1:
                await self.router_speaks()
            case _:
                await self.somebody_acts()

    async def router_speaks(self) -> None:
        """An old decision again, or one more: of a person, or because a return was granted."""
        before, due = await self.stand(), await self.replies()
        decision = self.chance.choice(self.decisions)
        if self.chance.random() < 0.7:
            hop = max(one.hop for one in self.decisions if one.complaint_id == decision.complaint_id) + 1
            department = self.chance.choice(DEPARTMENTS)
            decision = placed_again(decision, hop, department, decided_by=DecisionSource.PERSON)
            self.decisions.append(decision)
        await open_cases(self.pool, self.policy, self.calendar, decision)
        was, now = before[decision.complaint_id], (await self.stand())[decision.complaint_id]
        assert await self.replies() == due
        follows = decision.hop > was["hop"] and (CaseStatus(was["status"]), Action.ASSIGN) in MOVES
        assert now["version"] == was["version"] + follows
        if follows:
            assert (now["department"], now["in_transit"], now["hop"]) == (decision.department, False, decision.hop)
            self.done["assign"] += 1

    async def somebody_acts(self) -> None:
        before, due = await self.stand(), await self.replies()
        case_id = self.chance.choice(list(before))
        was = before[case_id]
        side = self.chance.choice(SIDES)
        # Mostly what is right, or nothing would ever come far; what ends a case or takes it from its work comes seldom.
        legal = legal_actions(CaseStatus(was["status"]), side) if self.chance.random() < 0.85 else ()
        choices: list[Action] = [one for one in legal or PATHS if self.chance.random() < LIKELY.get(one, 1)]
        action = self.chance.choice(choices or [Action.URGE])
        department = was["department"] if self.chance.random() < 0.9 else self.chance.choice(DEPARTMENTS)
        stale = self.chance.random() < 0.1
        more = {"version": was["version"] - 1} if stale and was["version"] > 1 else {"version": was["version"]}
        response = await act(self.tracker, case_id, PATHS[action], token(side, department), **more)
        now = (await self.stand())[case_id]
        assert response.status_code in {200, 403, 409}, response.text
        if response.status_code == 200:
            chosen = MOVES[CaseStatus(was["status"]), action]
            assert more["version"] == was["version"]
            assert (side in chosen.by, now["status"], now["version"]) == (True, chosen.to, was["version"] + 1)
            assert side is not Role.OFFICER or (department == was["department"] and not was["in_transit"])
            self.done[action] += 1
        else:
            assert dict(now) == dict(was)
        moved = {key for key, at in (await self.replies()).items() if at != due[key]}
        allowed = {case_id} if action in {Action.EXTEND, Action.RESUME, Action.REWORK} else set()
        assert moved <= allowed


async def test_whatever_people_and_the_router_do_in_whichever_order_every_case_stands_as_its_record_says(
    tracker: httpx.AsyncClient,
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
    service_urls: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # All of them log in as the same person, whom a fast machine lets act more often than a person may.
    monkeypatch.setattr(rate_limits, "_PER_TOKEN", parse(f"{2 * AT_MOST}/minute"))
    county = County(tracker, tracker_pool, policy, calendar, random.Random(20261124))  # noqa: S311  # repeatable
    await county.open()
    steps = 0
    # Until all of it has happened, or this would have shown nothing.
    while steps < STEPS or len(county.done) < len(Action):
        steps += 1
        assert steps < AT_MOST, set(Action) - set(county.done)
        if steps % STEPS == 0:
            await county.open()
        await county.step()
    assert await tracker_pool.fetch(RUNNING_TWICE) == []
    rows = await tracker_pool.fetch("SELECT complaint_id, version, at FROM entries")
    entries = {(row["complaint_id"], row["version"], row["at"]) for row in rows}
    told = [decode(message_record(message)).event for message in await waiting(tracker_pool)]
    moves = [event for event in told if isinstance(event, CaseEvent)]
    assert len(moves) > CASES
    assert {(event.complaint_id, event.version, event.at) for event in moves} <= entries
    ids = [message.headers["ce_id"] for message in await waiting(tracker_pool)]
    assert len(set(ids)) == len(ids)
    for case_id, row in (await county.stand()).items():
        versions = {version for case, version, _ in entries if case == case_id}
        assert versions == set(range(1, row["version"] + 1))
    assert isinstance(await checked(service_urls["tracker"]), Whole)
