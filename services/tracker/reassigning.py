"""A further decision of the router gives a case to another department; the reply clock is neither stopped nor moved."""

from collections.abc import Sequence
from functools import partial

import structlog
from prometheus_client import Counter

from services.tracker import assignment_store, store
from services.tracker.acts import contributions_store
from services.tracker.assigning import supersedes
from services.tracker.lifecycle import Action, Actor, IllegalMove, Role
from services.tracker.moving import Outcome, Rules, Step, carry_out
from services.tracker.opening import contribution_deadlines
from shared.events import CaseReassigned, ComplaintAssigned
from shared.postgres import Connection

log = structlog.get_logger(__name__)

REASSIGNED = Counter("hotline_cases_reassigned_total", "Cases that a further decision placed anew", ["department"])
TOO_LATE = Counter(
    "hotline_assignments_too_late_total", "Decisions on cases that can no longer be placed anew", ["status"]
)

_ROUTER = Actor(Role.SYSTEM)


async def reassign_cases(connection: Connection, rules: Rules, further: Sequence[ComplaintAssigned]) -> None:
    """Let each existing case follow `further`, which is in the order of the decisions; older ones change nothing.

    A decision on a case that was answered or closed meanwhile, or stands still, comes too late: it is logged and
    counted, for a person to look at.
    """
    if not further:
        return
    for case_id in await assignment_store.existing(connection, list({one.complaint_id for one in further})):
        for given in further:
            if given.complaint_id == case_id:
                await _follow(connection, rules, given)


async def _follow(connection: Connection, rules: Rules, given: ComplaintAssigned) -> None:
    case = await store.lock_case(connection, given.complaint_id)
    if case is None or not supersedes(given, case.followed):
        return
    try:
        await carry_out(
            connection, rules, given.complaint_id, case, Action.ASSIGN, _ROUTER, None, partial(_reassign, given)
        )
    except IllegalMove as refused:
        TOO_LATE.labels(refused.status).inc()
        log.warning(
            "assignment_too_late", case=str(given.complaint_id), decision=str(given.decision_id), status=refused.status
        )
    else:
        REASSIGNED.labels(given.department).inc()


async def _reassign(given: ComplaintAssigned, step: Step) -> Outcome:
    await assignment_store.reassign(step.connection, given)
    wanted = contribution_deadlines(given, step.now, step.rules.policy, step.rules.calendar)
    asked = await contributions_store.ask_anew(step.connection, given, wanted, step.now)
    more = {"previous": step.case.department, "reason": given.reason}
    return Outcome(CaseReassigned, more, given.reason, department=given.department, beside=asked)
