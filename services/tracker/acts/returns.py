"""Returns (退单): a department asks to give a case back, the centre grants or refuses; the reply clock runs on."""

from functools import partial
from uuid import UUID

from services.tracker import assignment_store
from services.tracker.acts import requests_store
from services.tracker.acts.requests_store import Request, RequestKind
from services.tracker.casework import Casework
from services.tracker.guards import check_return
from services.tracker.lifecycle import Action, Actor
from services.tracker.moving import Outcome, Step
from shared.events import CaseReturnGranted, CaseReturnRefused, CaseReturnRequested
from shared.ids import event_id
from shared.redaction import redact


class Returns:
    """Its methods raise what those of ``Casework`` do."""

    def __init__(self, casework: Casework) -> None:
        self._act = casework.act

    async def request(self, case_id: UUID, actor: Actor, version: int | None, reason: str, basis: str) -> None:
        """Ask to give the case back: why, and by which rule it is another's."""
        effect = partial(_request, redact(reason), redact(basis))
        await self._act(case_id, Action.REQUEST_RETURN, actor, version, effect)

    async def grant(self, case_id: UUID, actor: Actor, version: int | None, reason: str) -> None:
        """Give leave: nobody holds the case until the router has placed it again."""
        await self._act(case_id, Action.GRANT_RETURN, actor, version, partial(_grant, redact(reason)))

    async def refuse(self, case_id: UUID, actor: Actor, version: int | None, reason: str) -> None:
        await self._act(case_id, Action.REFUSE_RETURN, actor, version, partial(_refuse, redact(reason)))


async def _request(reason: str, basis: str, step: Step) -> Outcome:
    given = await requests_store.assignment(step.connection, step.case_id, step.case)
    check_return(given, step.now, step.rules.policy, step.rules.calendar)
    asked = Request(
        request_id=event_id(step.cause, "request"),
        complaint_id=step.case_id,
        kind=RequestKind.RETURN,
        department=step.case.department,
        reason=reason,
        basis=basis,
        requested_at=step.now,
    )
    await requests_store.insert_request(step.connection, asked)
    return Outcome(CaseReturnRequested, {"reason": reason, "basis": basis}, f"{reason}（依据：{basis}）")


async def _grant(reason: str, step: Step) -> Outcome:
    await requests_store.decide(step.connection, step.case_id, RequestKind.RETURN, "granted", step.now, reason)
    await assignment_store.send_on(step.connection, step.case_id)
    returned_by = await requests_store.returned_by(step.connection, step.case_id)
    more = {"reason": reason, "returns": len(returned_by), "tried": tuple(dict.fromkeys(returned_by))}
    return Outcome(CaseReturnGranted, more, reason)


async def _refuse(reason: str, step: Step) -> Outcome:
    await requests_store.decide(step.connection, step.case_id, RequestKind.RETURN, "refused", step.now, reason)
    return Outcome(CaseReturnRefused, {"reason": reason}, reason)
