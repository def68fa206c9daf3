"""Suspension (中止): the reply clock stands still for a reason of the closed list, with leave, and never without end.

It is the county's own promise that stands still; a deadline of the law (法定时限) runs on.

A department asks; the centre or the supervision office approves, or suspends of its own accord. What working time was
left is left again when the case is resumed: by anybody who may, or by itself when its bound is reached.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from services.tracker import store
from services.tracker.acts import requests_store, suspensions_store
from services.tracker.acts.requests_store import Request, RequestKind
from services.tracker.acts.suspensions_store import Suspension
from services.tracker.casework import Casework
from services.tracker.deadlines.deadline_rows import replacement
from services.tracker.deadlines.deadline_store import standing_deadlines
from services.tracker.deadlines.deadlines import after_suspension, count
from services.tracker.guards import check_pending, check_suspension
from services.tracker.lifecycle import ACTION_IN_CHINESE, Action, Actor, Role
from services.tracker.moving import Outcome, Rules, Step, carry_out
from services.tracker.timers.firing import DueTimer
from services.tracker.timers.sweeper import Fire
from shared.events import CaseResumed, CaseSuspended
from shared.ids import event_id
from shared.language import Clock, Nature
from shared.postgres import Connection
from shared.redaction import redact
from shared.term import Term
from shared.wire import Message

_ITSELF = Actor(Role.SYSTEM)


class Suspensions:
    """Its methods raise what those of ``Casework`` do; `category` is a code of the policy's list of reasons."""

    def __init__(self, casework: Casework) -> None:
        self._act = casework.act

    async def request(
        self, case_id: UUID, actor: Actor, version: int | None, category: str, term: Term, reason: str
    ) -> None:
        """Ask that the case be suspended for `term`; the clock runs on until that is approved."""
        effect = partial(_request, category, term, redact(reason))
        await self._act(case_id, Action.REQUEST_SUSPENSION, actor, version, effect)

    async def grant(self, case_id: UUID, actor: Actor, version: int | None, reason: str) -> None:
        """Suspend the case as its department asked."""
        await self._act(case_id, Action.SUSPEND, actor, version, partial(_grant, redact(reason)))

    async def refuse(self, case_id: UUID, actor: Actor, version: int | None, reason: str) -> None:
        await self._act(case_id, Action.REFUSE_SUSPENSION, actor, version, partial(_refuse, redact(reason)))

    async def suspend(
        self, case_id: UUID, actor: Actor, version: int | None, category: str, term: Term, reason: str
    ) -> None:
        """Suspend the case without its department's having asked."""
        effect = partial(_suspend, category, term, redact(reason))
        await self._act(case_id, Action.SUSPEND, actor, version, effect)

    async def resume(self, case_id: UUID, actor: Actor, version: int | None, reason: str) -> None:
        await self._act(case_id, Action.RESUME, actor, version, partial(_resume, redact(reason)))


def resuming(rules: Callable[[], Rules]) -> Fire:
    """What the sweeper does when suspensions reach their bound: each case is resumed, in the order of their bounds."""

    async def resume_all(connection: Connection, timers: Sequence[DueTimer], _now: datetime) -> Sequence[Message]:
        effect = partial(_resume, "中止期限届满，自动恢复")
        for timer in timers:
            case = await store.lock_case(connection, timer.complaint_id)
            if case is not None:
                await carry_out(connection, rules(), timer.complaint_id, case, Action.RESUME, _ITSELF, None, effect)
        return ()

    return resume_all


async def _request(category: str, term: Term, reason: str, step: Step) -> Outcome:
    check_pending(asked=await _asked(step), wanted=False, chinese="中止", english="a suspension")
    await _until(step, category, term)
    asked = Request(
        request_id=event_id(step.cause, "request"),
        complaint_id=step.case_id,
        kind=RequestKind.SUSPENSION,
        department=step.case.department,
        reason=reason,
        category=category,
        term=str(term),
        requested_at=step.now,
    )
    await requests_store.insert_request(step.connection, asked)
    return Outcome(note=f"{_name(step, category)}，{term}：{reason}")


async def _refuse(reason: str, step: Step) -> Outcome:
    check_pending(asked=await _asked(step), wanted=True, chinese="中止", english="a suspension")
    await requests_store.decide(step.connection, step.case_id, RequestKind.SUSPENSION, "refused", step.now, reason)
    return Outcome(note=reason)


async def _grant(reason: str, step: Step) -> Outcome:
    asked = await requests_store.pending(step.connection, step.case_id, RequestKind.SUSPENSION)
    check_pending(asked=asked is not None, wanted=True, chinese="中止", english="a suspension")
    assert asked is not None  # noqa: S101  # just checked
    outcome = await _suspend(asked["category"], Term.parse(asked["term"]), f"{asked['reason']}（{reason}）", step)
    await requests_store.decide(step.connection, step.case_id, RequestKind.SUSPENSION, "granted", step.now, reason)
    return outcome


async def _suspend(category: str, term: Term, reason: str, step: Step) -> Outcome:
    until = await _until(step, category, term)
    reply = (await store.latest_deadlines(step.connection, step.case_id))[Clock.REPLY]
    suspension = Suspension(
        suspension_id=event_id(step.cause, "suspension"),
        complaint_id=step.case_id,
        category=category,
        reason=reason,
        deadline_id=reply,
        suspended_at=step.now,
        until=until,
    )
    await suspensions_store.begin(step.connection, suspension)
    told = f"{_name(step, category)}：{reason}"
    return Outcome(CaseSuspended, {"reason": told, "until": until}, told)


async def _resume(reason: str, step: Step) -> Outcome:
    suspended_at = await suspensions_store.end(step.connection, step.case_id, step.now)
    because = f"{ACTION_IN_CHINESE[Action.RESUME]}：{reason}"
    calendar = step.rules.calendar
    left = tuple(
        replacement(
            stored,
            after_suspension(count(stored.facts, calendar), suspended_at, step.now, calendar),
            step.cause,
            because,
            calendar,
            step.now,
        )
        for stored in await standing_deadlines(step.connection, step.case_id)
        if stored.clock is Clock.REPLY and stored.nature is Nature.COMMITTED
    )
    return Outcome(CaseResumed, note=reason, deadlines=left)


async def _asked(step: Step) -> bool:
    return await requests_store.pending(step.connection, step.case_id, RequestKind.SUSPENSION) is not None


async def _until(step: Step, category: str, term: Term) -> datetime:
    so_far = await suspensions_store.number(step.connection, step.case_id)
    due_at = await suspensions_store.reply_due(step.connection, step.case_id)
    return check_suspension(category, term, so_far, due_at, step.now, step.rules.policy, step.rules.calendar)


def _name(step: Step, category: str) -> str:
    return step.rules.policy.suspension.name_of(category) or category
