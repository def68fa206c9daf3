"""The year itself: one moment after the other, everything that happens at it by the services' own code."""

import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count

import orjson

from bench.year import clock
from bench.year.arrivals import Arrival, Receiving, arrivals
from bench.year.batch_casework import BatchCasework
from bench.year.county import SHARES, Character, character
from bench.year.held import Held, Step
from bench.year.ledger import Ledger
from bench.year.plans import Plan, Situation, plan, urgent_plan
from bench.year.routing import Routing, delivered, sent
from bench.year.steps import Steps
from bench.year.worktime import AT_NIGHT, WorkTime
from bench.year.year_store import EMPTY_OUTBOX, TAKE_RETURNED, TIDY
from services.intake.county import County
from services.router.decide import Matcher
from services.router.placement import Decided
from services.tracker.acts.suspensions import resuming
from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.ladder import TimerKind
from services.tracker.handlers import OpenCases
from services.tracker.inaction.detecting import Detecting
from services.tracker.moving import Rules
from services.tracker.record.anchoring import Anchoring
from services.tracker.timers.sweeper import Sweeper
from shared.events import Event
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Connection, Pool
from shared.wire import Message, Received

# After the last complaint everything comes to its end, and the last month is looked at.
TAIL_DAYS = 100
_NOBODY_YET = Plan(0, 0)
_SUNDAY = 6
_FIRST_DAYS = 14

_OpenAll = Callable[[Sequence[Received[Event]]], Awaitable[None]]


class World:
    """Runs over an empty tracker's database whose clock is the virtual one; `owner` owns its tables and tidies them."""

    def __init__(
        self, pool: Pool, owner: Connection, policy: Policy, seed: int, complaints: int, first: date, days: int
    ) -> None:
        self._pool = pool
        self._owner = owner
        self._policy = policy
        self._seed = seed
        self._calendar = Calendar.of_china(policy.notices)
        self._time = WorkTime(first, days + TAIL_DAYS, self._calendar)
        self.ledger = Ledger()
        self.opened = 0
        self.fired = 0

        relay = Relay(pool, [])
        rules = Rules(policy, self._calendar)
        self._casework = BatchCasework(pool, relay, lambda: rules)
        self._open_cases = OpenCases(lambda: rules)
        self._sweeper = Sweeper(pool, relay, lambda: policy)
        self._sweeper.on(TimerKind.RESUME, resuming(self._casework.rules))
        self._anchoring = Anchoring(pool)
        self._detecting = Detecting(pool, relay, lambda: policy)
        self._routing = Routing(policy, Matcher(policy))
        towns = policy.towns
        county = County(towns=towns, urgent_words=policy.urgent_words, departments=policy.departments)
        self._receiving = Receiving(seed, county)

        to_come = [at for at in self._time.moments if (at.date() - first).days < days]
        self._arrivals = {
            at: list(some) for at, some in arrivals(seed, complaints, to_come, self._calendar, towns).items()
        }
        self._until = self._time.moments[-1] - timedelta(days=TAIL_DAYS)
        self._complaints = complaints
        self._characters = {code: character(code, seed, first, days, towns) for code in SHARES}
        self._nobodys = character("nobody", seed, first, days, towns)
        self._steps = Steps(
            self.ledger,
            self._character_of,
            reopened=self._reopened,
            returned=self._returned,
            complains_again=self._complains_again,
        )
        self._agenda: list[tuple[datetime, int, Held, int, Step]] = []
        self._turn = count()
        self._given_back: dict[str, Held] = {}

    async def run(self) -> None:
        for now in self._time.moments:
            await self._moment(now)

    async def _moment(self, now: datetime) -> None:
        async with self._pool.acquire() as connection:
            await clock.set_present(connection, now)
        while fired := await self._sweeper.sweep():
            self.fired += fired
        await self._place_returned(now)
        if arrived := self._arrivals.pop(now, None):
            await self._open(arrived, now)
        await self._take_steps(now)
        await self._anchoring.anchor_if_due()
        if now.time() == AT_NIGHT:
            await self._by_night(now)

    async def _by_night(self, now: datetime) -> None:
        await self._detecting.detect_if_due()
        await self._owner.execute(EMPTY_OUTBOX)
        # Oftener in the beginning, when the tables double every day and plans for small ones are soon bad ones.
        if now.weekday() == _SUNDAY or (now - self._time.moments[0]).days < _FIRST_DAYS:
            for statement in TIDY:
                await self._owner.execute(statement)

    async def _open(self, arrived: Sequence[Arrival], now: datetime) -> None:
        new = []
        for arrival in sorted(arrived, key=lambda one: one.number):
            complaint = self._receiving.received(arrival, now)
            chance = random.Random(f"{self._seed}/{arrival.number}")  # noqa: S311
            decided = self._routing.first(complaint, now)
            new.append(Held(complaint, arrival, decided, chance, _NOBODY_YET, now, now))
        await self._assign([case.decided for case in new])
        self.opened += len(new)
        for case in new:
            self.ledger.opened(case.id, case.arrival.issue)
            self._take_over(case, now)

    async def _assign(self, decided: Sequence[Decided]) -> None:
        assignments = [received for one in decided for received in sent(one)]
        async with self._pool.acquire() as connection, connection.transaction():
            await self._open_cases(connection, assignments)

    def _take_over(self, case: Held, now: datetime) -> None:
        """Whoever has the case from `now` on plans what to do with it."""
        case.custody += 1
        case.since = now
        if case.department in (self._policy.triage_desk, self._policy.supervision_office) and not case.again:
            self._after(case, now, (Step.PLACE, case.chance.uniform(0.05, 0.4)))
            return
        self._plan(case, now)

    def _plan(self, case: Held, now: datetime) -> None:
        who = self._character_of(case)
        term = self._policy.terms_for(case.complaint.kind, case.complaint.urgency).reply.amount
        situation = Situation(
            # What a neutral office could not place, it works itself.
            own=case.own or case.department not in SHARES,
            term=term,
            left=term - self._time.working_days(case.opened_at, now),
            town=case.arrival.town,
            again=case.again,
            short_handed=who.is_short_handed(now.date()),
            storm=case.arrival.storm,
        )
        made = (urgent_plan if case.urgent else plan)(who, situation, case.chance)
        case.plan, case.insists, case.refusals_left = made, made.insists, made.extensions_refused
        if case.decided.decision.co_handlers and not case.again:
            self._after(case, now, (Step.CONTRIBUTE, min(0.5, made.reply / 2)))
        if made.give_back is not None:
            self._after(case, now, (Step.REQUEST_RETURN, made.give_back))
            return
        self._after(case, now, (Step.ACKNOWLEDGE, made.acknowledge))
        if made.extend is not None:
            self._after(case, now, (Step.REQUEST_EXTENSION, made.extend))
        elif made.suspend is not None:
            self._after(case, now, (Step.SUSPEND, made.suspend))
        else:
            self._after(case, now, (Step.REPLY, made.reply))

    def _after(self, case: Held, now: datetime, *steps: tuple[Step, float]) -> None:
        for step, days in steps:
            at = self._time.soon_after(now, days) if case.urgent else self._time.after(now, days)
            if at is not None:
                heappush(self._agenda, (at, next(self._turn), case, case.custody, step))

    async def _take_steps(self, now: datetime) -> None:
        if not self._agenda or self._agenda[0][0] > now:
            return
        async with self._pool.acquire() as connection, connection.transaction():
            casework = self._casework.within(connection)
            while self._agenda and self._agenda[0][0] <= now:
                _, _, case, custody, step = heappop(self._agenda)
                if custody != case.custody:
                    continue
                if step is Step.PLACE:
                    await self._place(case, now, partial(self._open_cases, connection))
                else:
                    self._after(case, now, *await self._steps.take(casework, case, step, now))

    async def _place(self, case: Held, now: datetime, open_cases: _OpenAll) -> None:
        decided = self._routing.by_person(case.decided, case.arrival.sample.department, now)
        if decided is None:
            self._plan(case, now)
            return
        await open_cases(sent(decided))
        self._moved(case, decided, now)

    async def _place_returned(self, now: datetime) -> None:
        """The events of granted returns, out of the outbox, go round to the router and come back as assignments."""
        if not self._given_back:
            return
        rows = await self._pool.fetch(TAKE_RETURNED)
        placed = []
        for row in rows:
            case = self._given_back.pop(row["key"].decode(), None)
            if case is None:
                continue
            granted = delivered(Message(row["topic"], row["key"], orjson.loads(row["headers"]), row["body"]))
            decided = self._routing.after_return(case.decided, granted, now)
            if decided is not None:
                placed.append((case, decided))
        await self._assign([decided for _, decided in placed])
        for case, decided in placed:
            self._moved(case, decided, now)

    def _moved(self, case: Held, decided: Decided, now: datetime) -> None:
        case.decided = decided
        case.version += 1
        self.ledger.moves["assign again"] += 1
        self._take_over(case, now)

    def _returned(self, case: Held) -> None:
        case.custody += 1
        self._given_back[str(case.id)] = case

    def _reopened(self, case: Held, now: datetime) -> None:
        case.again = True
        case.opened_at = now
        self._take_over(case, now)

    def _complains_again(self, case: Held, now: datetime, days: float) -> None:
        at = self._time.after(now, days)
        if at is not None and at < self._until:
            self._arrivals.setdefault(at, []).append(case.arrival.again(self._complaints))

    def _character_of(self, case: Held) -> Character:
        return self._characters.get(case.department, self._nobodys)
