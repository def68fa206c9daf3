"""Extension (延期): the reply is due later, as asked and approved before it was due, so often and so far at most."""

from functools import partial
from uuid import UUID

from services.tracker.acts import requests_store
from services.tracker.acts.requests_store import Request, RequestKind
from services.tracker.casework import Casework
from services.tracker.deadlines.deadline_rows import StoredDeadline, replacement
from services.tracker.deadlines.deadline_store import standing_deadlines
from services.tracker.deadlines.deadlines import Due, count
from services.tracker.guards import check_extension, check_pending
from services.tracker.lifecycle import ACTION_IN_CHINESE, Action, Actor
from services.tracker.moving import Outcome, Step
from shared.events import CaseExtended
from shared.ids import event_id
from shared.language import Clock, Nature
from shared.redaction import redact
from shared.term import Term


class Extensions:
    """Its methods raise what those of ``Casework`` do."""

    def __init__(self, casework: Casework) -> None:
        self._act = casework.act

    async def request(self, case_id: UUID, actor: Actor, version: int | None, term: Term, reason: str) -> None:
        """Ask that the reply be due `term` later; the clock runs on, and is missed if nobody approves in time."""
        effect = partial(_request, term, redact(reason))
        await self._act(case_id, Action.REQUEST_EXTENSION, actor, version, effect)

    async def grant(self, case_id: UUID, actor: Actor, version: int | None, reason: str) -> None:
        """Approve what was asked: a further deadline takes the place of the old one, and the reporter is told."""
        await self._act(case_id, Action.EXTEND, actor, version, partial(_grant, redact(reason)))

    async def refuse(self, case_id: UUID, actor: Actor, version: int | None, reason: str) -> None:
        await self._act(case_id, Action.REFUSE_EXTENSION, actor, version, partial(_refuse, redact(reason)))


async def _request(term: Term, reason: str, step: Step) -> Outcome:
    asked_already = await requests_store.pending(step.connection, step.case_id, RequestKind.EXTENSION) is not None
    check_pending(asked=asked_already, wanted=False, chinese="延期", english="an extension")
    await _extended(step, term)
    asked = Request(
        request_id=event_id(step.cause, "request"),
        complaint_id=step.case_id,
        kind=RequestKind.EXTENSION,
        department=step.case.department,
        reason=reason,
        term=str(term),
        requested_at=step.now,
    )
    await requests_store.insert_request(step.connection, asked)
    return Outcome(note=f"{term}：{reason}")


async def _grant(approval: str, step: Step) -> Outcome:
    asked = await requests_store.pending(step.connection, step.case_id, RequestKind.EXTENSION)
    check_pending(asked=asked is not None, wanted=True, chinese="延期", english="an extension")
    assert asked is not None  # noqa: S101  # just checked
    stored, later = await _extended(step, Term.parse(asked["term"]))
    await requests_store.decide(step.connection, step.case_id, RequestKind.EXTENSION, "granted", step.now, approval)
    note = f"{asked['reason']}（{approval}）"
    because = f"{ACTION_IN_CHINESE[Action.EXTEND]}：{note}"
    row = replacement(stored, later, step.cause, because, step.rules.calendar, step.now)
    return Outcome(CaseExtended, {"reason": asked["reason"]}, note, deadlines=(row,))


async def _refuse(reason: str, step: Step) -> Outcome:
    asked = await requests_store.pending(step.connection, step.case_id, RequestKind.EXTENSION) is not None
    check_pending(asked=asked, wanted=True, chinese="延期", english="an extension")
    await requests_store.decide(step.connection, step.case_id, RequestKind.EXTENSION, "refused", step.now, reason)
    return Outcome(note=reason)


async def _extended(step: Step, term: Term) -> tuple[StoredDeadline, Due]:
    """The reply's deadline and what it would be with `term` more, which the policy allows.

    What the county committed itself to can be extended; what the law sets (法定时限) cannot.
    """
    standing = await standing_deadlines(step.connection, step.case_id)
    stored = next(one for one in standing if one.clock is Clock.REPLY and one.nature is Nature.COMMITTED)
    so_far = await requests_store.count_granted(step.connection, step.case_id, RequestKind.EXTENSION)
    policy, calendar = step.rules.policy, step.rules.calendar
    running = count(stored.facts, calendar)
    return stored, check_extension(running, term, so_far, step.case.urgency, step.now, policy, calendar)
