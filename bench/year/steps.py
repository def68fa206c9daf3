"""What people do in the year, each step by the method that its HTTP route calls."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from bench.year.county import Character, Habit
from bench.year.held import Held, Step
from bench.year.ledger import Ledger
from bench.year.texts import reply
from services.tracker.acts.contributions import Contributions
from services.tracker.acts.extensions import Extensions
from services.tracker.acts.returns import Returns
from services.tracker.acts.suspensions import Suspensions
from services.tracker.casework import Casework
from services.tracker.guards import AgainstRule, Callback
from services.tracker.lifecycle import Actor, IllegalMove, NotYourCase, Role, StaleVersion
from shared.language import Clock, Confidentiality, InactionKind, Satisfaction
from shared.term import Term

_CENTRE = Actor(Role.CENTRE)
_FIVE_DAYS, _AN_HOUR = Term.parse("5wd"), Term.parse("1h")

# Beside the plans: what the centre and the reporters do.
_MISTAKEN_LEAVE = 0.04
_EXTENSION_REFUSED = 0.08
_REACHED = 0.85
_CONTENT = 0.75
_STILL_DISPLEASED = 0.15
_CLOSED_ALL_THE_SAME = 0.08
_CLOSED_FALSELY = 0.7
_CLOSED_UNASKED = 0.25
_COMPLAINS_AGAIN = 0.5
_MOST_BEFORE = 3

# A step, and after how many working days it comes.
Next = tuple[Step, float]
_Take = Callable[[Casework, Held, datetime], Awaitable[tuple[Next, ...]]]


class Steps:
    """`take` does one step and says what follows; `reopened` is told of a case that is worked anew."""

    def __init__(
        self,
        ledger: Ledger,
        character_of: Callable[[Held], Character],
        *,
        reopened: Callable[[Held, datetime], None],
        returned: Callable[[Held], None],
        complains_again: Callable[[Held, datetime, float], None],
    ) -> None:
        self._ledger = ledger
        self._character_of = character_of
        self._reopened = reopened
        self._returned = returned
        self._complains_again = complains_again
        self._by_step: Mapping[Step, _Take] = {
            Step.ACKNOWLEDGE: self._acknowledge,
            Step.CONTRIBUTE: self._contribute,
            Step.REQUEST_RETURN: self._request_return,
            Step.DECIDE_RETURN: self._decide_return,
            Step.REQUEST_EXTENSION: self._request_extension,
            Step.DECIDE_EXTENSION: self._decide_extension,
            Step.SUSPEND: self._suspend,
            Step.REPLY: self._reply,
            Step.REQUEST_CALLBACK: self._request_callback,
            Step.CLOSE: self._close,
        }

    async def take(self, casework: Casework, case: Held, step: Step, now: datetime) -> tuple[Next, ...]:
        return await self._by_step[step](casework, case, now)

    async def _acknowledge(self, casework: Casework, case: Held, now: datetime) -> tuple[Next, ...]:
        officer = _officer(case)
        if await self._done(case, "acknowledge", lambda version: casework.acknowledge(case.id, officer, version)):
            self._ledger.acted(case.id, case.department, Clock.ACKNOWLEDGE, now)
            if case.plan.unseen_on_purpose:
                self._ledger.plant(case.id, case.department, InactionKind.NOT_ACKNOWLEDGED)
        return ()

    async def _contribute(self, casework: Casework, case: Held, _now: datetime) -> tuple[Next, ...]:
        for co_handler in case.decided.decision.co_handlers:
            actor = Actor(Role.OFFICER, co_handler)
            try:
                await Contributions(casework).contribute(case.id, actor, "我单位已派员到场，情况附后。")
            except (AgainstRule, NotYourCase):
                self._ledger.refused_moves["contribute"] += 1
        return ()

    async def _request_return(self, casework: Casework, case: Held, now: datetime) -> tuple[Next, ...]:
        officer, returns = _officer(case), Returns(casework)
        why, basis = "经核实不属我单位职责范围。", "权责清单。"
        asked = lambda version: returns.request(case.id, officer, version, why, basis)  # noqa: E731
        if await self._done(case, "request_return", asked):
            # Whoever asks has seen the case.
            self._ledger.acted(case.id, case.department, Clock.ACKNOWLEDGE, now)
            return ((Step.DECIDE_RETURN, case.chance.uniform(0.1, 0.4)),)
        return ((Step.ACKNOWLEDGE, 0.05), (Step.REPLY, max(0.2, case.chance.uniform(0.2, 0.6) * case.plan.reply)))

    async def _decide_return(self, casework: Casework, case: Held, _now: datetime) -> tuple[Next, ...]:
        returns = Returns(casework)
        if not case.own or case.chance.random() < _MISTAKEN_LEAVE:
            granted = lambda version: returns.grant(case.id, _CENTRE, version, "情况属实，同意退回。")  # noqa: E731
            if await self._done(case, "grant_return", granted):
                self._ledger.asked(case.id, case.department, "granted return")
                self._returned(case)
            return ()
        refused = lambda version: returns.refuse(case.id, _CENTRE, version, "属你单位职责，请继续办理。")  # noqa: E731
        await self._done(case, "refuse_return", refused)
        self._ledger.asked(case.id, case.department, "refused return")
        habit = self._character_of(case).habit
        if habit is Habit.PASSES_THE_BUCK and self._ledger.times(case.id, case.department, "refused return") > 1:
            self._ledger.plant(case.id, case.department, InactionKind.BUCK_PASSING)
        if case.insists:
            case.insists -= 1
            return ((Step.REQUEST_RETURN, case.chance.uniform(0.1, 0.3)),)
        return ((Step.REPLY, max(0.2, case.chance.uniform(0.3, 0.6) * case.plan.reply)),)

    async def _request_extension(self, casework: Casework, case: Held, _now: datetime) -> tuple[Next, ...]:
        officer, extensions = _officer(case), Extensions(casework)
        asked = lambda version: extensions.request(case.id, officer, version, _FIVE_DAYS, "需采购配件。")  # noqa: E731
        if not await self._done(case, "request_extension", asked):
            return ((Step.REPLY, 0.3),)
        self._ledger.asked(case.id, case.department, "extension")
        return ((Step.DECIDE_EXTENSION, case.chance.uniform(0.1, 0.3)),)

    async def _decide_extension(self, casework: Casework, case: Held, _now: datetime) -> tuple[Next, ...]:
        extensions = Extensions(casework)
        insists = case.refusals_left > 0
        if insists or (not case.plan.extensions_refused and case.chance.random() < _EXTENSION_REFUSED):
            case.refusals_left -= insists
            refused = lambda version: extensions.refuse(case.id, _CENTRE, version, "时间充足，不予延期。")  # noqa: E731
            await self._done(case, "refuse_extension", refused)
            return ((Step.REQUEST_EXTENSION, 0.1),) if insists else ((Step.REPLY, 0.3),)
        granted = lambda version: extensions.grant(case.id, _CENTRE, version, "同意延期。")  # noqa: E731
        if not await self._done(case, "grant_extension", granted):
            return ((Step.REPLY, 0.3),)
        if self._ledger.times(case.id, case.department, "extension") > 2:  # noqa: PLR2004
            self._ledger.plant(case.id, case.department, InactionKind.SLOW)
        return ((Step.REPLY, case.chance.uniform(3, 5)),)

    async def _suspend(self, casework: Casework, case: Held, _now: datetime) -> tuple[Next, ...]:
        suspensions, because = Suspensions(casework), "暴雨封路，无法到场。"
        stopped = lambda version: suspensions.suspend(  # noqa: E731
            case.id, _CENTRE, version, "force-majeure", _FIVE_DAYS, because
        )
        # It is resumed by itself when its bound is reached.
        return ((Step.REPLY, 6.3 if await self._done(case, "suspend", stopped) else 0.3),)

    async def _reply(self, casework: Casework, case: Held, now: datetime) -> tuple[Next, ...]:
        habit = self._character_of(case).habit
        officer, day = _officer(case), f"{now.month}月{now.day}日"
        text = reply(case.chance, habit, case.complaint.text, case.arrival.where, day)
        if not await self._done(case, "reply", lambda version: casework.reply(case.id, officer, version, text)):
            return ()
        self._ledger.acted(case.id, case.department, Clock.REPLY, now)
        if case.plan.late_on_purpose:
            self._ledger.plant(case.id, case.department, InactionKind.NOT_ANSWERED)
            if case.plan.unseen_on_purpose:
                self._ledger.plant(case.id, case.department, InactionKind.SLOW)
        case.called = False
        unasked = habit is Habit.CLOSES_FALSELY and case.chance.random() < _CLOSED_UNASKED
        if unasked or case.complaint.confidentiality is Confidentiality.ANONYMOUS:
            return ((Step.CLOSE, case.chance.uniform(0.5, 1.5)),)
        return ((Step.REQUEST_CALLBACK, case.chance.uniform(0.3, 2)),)

    async def _request_callback(self, casework: Casework, case: Held, _now: datetime) -> tuple[Next, ...]:
        asked = lambda version: casework.request_callback(case.id, _CENTRE, version)  # noqa: E731
        if not await self._done(case, "request_callback", asked):
            return ()
        case.called = True
        return ((Step.CLOSE, case.chance.uniform(0.2, 1.5)),)

    async def _close(self, casework: Casework, case: Held, now: datetime) -> tuple[Next, ...]:
        anonymous = case.complaint.confidentiality is Confidentiality.ANONYMOUS
        if not case.called or case.chance.random() > _REACHED:
            said = Callback(None if anonymous else False)
            if await self._closed(casework, case, said) and not (anonymous or case.called):
                self._closed_falsely(case)
            return ()
        who = self._character_of(case)
        falsely = who.habit is Habit.CLOSES_FALSELY
        displeased = case.chance.random() < (_STILL_DISPLEASED if case.again and not falsely else who.displeases)
        if not displeased:
            content = case.chance.random() < _CONTENT
            await self._closed(
                casework, case, Callback(True, Satisfaction.SATISFIED if content else Satisfaction.BASICALLY_SATISFIED)
            )
            return ()
        self._ledger.displeased(case.id)
        if case.chance.random() < (_CLOSED_FALSELY if falsely else _CLOSED_ALL_THE_SAME):
            said = Callback(True, Satisfaction.DISSATISFIED, "诉求人的要求缺乏依据，已作解释。")
            if await self._closed(casework, case, said):
                self._closed_falsely(case)
                if case.arrival.before < _MOST_BEFORE and case.chance.random() < _COMPLAINS_AGAIN:
                    self._complains_again(case, now, case.chance.uniform(3, 9))
            return ()
        sent_back = lambda version: casework.rework(case.id, _CENTRE, version, "回访不满意。")  # noqa: E731
        if await self._done(case, "rework", sent_back):
            self._reopened(case, now)
        return ()

    async def _closed(self, casework: Casework, case: Held, said: Callback) -> bool:
        return await self._done(case, "close", lambda version: casework.close(case.id, _CENTRE, version, said))

    def _closed_falsely(self, case: Held) -> None:
        self._ledger.closed_falsely(case.id)
        if self._character_of(case).habit is Habit.CLOSES_FALSELY:
            self._ledger.plant(case.id, case.department, InactionKind.FALSE_CLOSURE)

    async def _done(self, case: Held, what: str, act: Callable[[int], Awaitable[None]]) -> bool:
        """Whether it was done; who saw an older version, because the case resumed by itself, looks again."""
        for _ in range(2):
            try:
                await act(case.version)
            except StaleVersion as stale:
                self._ledger.refused_moves["stale version"] += 1
                case.version = stale.current.version
            except (AgainstRule, IllegalMove, NotYourCase) as refused:
                self._ledger.refused_moves[f"{what}: {type(refused).__name__}"] += 1
                return False
            else:
                case.version += 1
                self._ledger.moves[what] += 1
                return True
        return False


def _officer(case: Held) -> Actor:
    return Actor(Role.OFFICER, case.department)
