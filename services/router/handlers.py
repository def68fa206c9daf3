"""What the router does with events: it decides received complaints, and decides again those given back with leave."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram

from services.router import store
from services.router.assignments import assignments
from services.router.decision import Decision
from services.router.desks.desks_store import close_decisions
from services.router.desks.standings import FOLLOWED, newest
from services.router.desks.standings_store import upsert_standings
from services.router.incidents.incidents_store import in_force, let_wait
from services.router.placement import Decided
from shared import outbox
from shared.events import CaseClosed, CaseDeclined, CaseReturnGranted, ComplaintAssigned, ComplaintReceived, Event
from shared.ids import event_id
from shared.postgres import Connection
from shared.wire import Received

log = structlog.get_logger(__name__)

DECIDED = Counter("hotline_decisions_total", "Decisions by the step that made them", ["source"])
HOPS = Histogram("hotline_decision_hops", "How often complaints had been placed, at each decision", buckets=range(1, 7))
RETURNED = Counter("hotline_returns_total", "Granted returns by the department that gave back", ["department"])
DAYS_LOST = Histogram(
    "hotline_return_days_lost",
    "Days of 24 hours from a decision to the one that replaced it after a return",
    buckets=(0.25, 0.5, 1, 2, 3, 5, 7, 10, 15, 30),
)

Decide = Callable[[Sequence[ComplaintReceived]], list[Decision]]
# `services.router.placement.replaced` with the policy in force.
Replace = Callable[[Decided, CaseReturnGranted, UUID, datetime], Decided | None]


class PlaceComplaints:
    """Decides every complaint that has no decision in force, assigns it, and lets it wait to be compared."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide

    async def __call__(self, connection: Connection, received: Sequence[Received[Event]]) -> None:
        now = datetime.now(UTC)
        complaints = [(r.id, r.event) for r in received if isinstance(r.event, ComplaintReceived)]
        decisions = self._decide([complaint for _, complaint in complaints])
        decided = [
            Decided(
                event_id(cause, ComplaintAssigned.event_type),
                complaint,
                decision,
                now,
                implicated=decision.implicated,
            )
            for (cause, complaint), decision in zip(complaints, decisions, strict=True)
        ]
        await store.keep_complaints(connection, [complaint for _, complaint in complaints])
        inserted = await store.insert_decisions(connection, decided)
        new = [d for d in decided if d.decision_id in inserted]
        await let_wait(connection, [d.complaint.complaint_id for d in new])
        await send(connection, new)


class FollowCases:
    """Decides again what a department gave back with leave, and notes where cases stand and which are over."""

    def __init__(self, replace: Replace) -> None:
        self._replace = replace

    async def __call__(self, connection: Connection, received: Sequence[Received[Event]]) -> None:
        now = datetime.now(UTC)
        moves = [r.event for r in received if isinstance(r.event, FOLLOWED)]
        await upsert_standings(connection, newest(moves))
        ended = {move.complaint_id for move in moves if isinstance(move, CaseClosed | CaseDeclined)}
        await close_decisions(connection, ended)
        returns = [(r.id, r.event) for r in received if isinstance(r.event, CaseReturnGranted)]
        in_force = await store.hold_in_force(connection, {granted.complaint_id for _, granted in returns})
        steps: dict[UUID, tuple[Decided, Decided]] = {}
        for cause, granted in sorted(returns, key=lambda entry: entry[1].returns):
            current = in_force.get(granted.complaint_id)
            if current is None:
                raise LookupError("The complaint was placed before the router kept complaints; place it by hand.")
            successor = self._replace(current, granted, event_id(cause, ComplaintAssigned.event_type), now)
            if successor is None:
                log.info("return_without_effect", complaint=str(granted.complaint_id), returns=granted.returns)
                continue
            if granted.complaint_id in steps:
                # Two returns of one complaint in one batch: each hop is kept and sent.
                await self._carry_out(connection, [steps.pop(granted.complaint_id)])
            steps[granted.complaint_id] = (current, successor)
            in_force[granted.complaint_id] = successor
        await self._carry_out(connection, list(steps.values()))

    async def _carry_out(self, connection: Connection, steps: Sequence[tuple[Decided, Decided]]) -> None:
        await store.replace_decisions(connection, [(current.decision_id, successor) for current, successor in steps])
        await send(connection, [successor for _, successor in steps])
        for current, successor in steps:
            RETURNED.labels(current.decision.department).inc()
            DAYS_LOST.observe((successor.decided_at - current.decided_at) / timedelta(days=1))


async def send(connection: Connection, decided: Sequence[Decided]) -> None:
    """Write the assignments of new decisions into the outbox and count them."""
    incidents = await in_force(connection, [one.complaint.complaint_id for one in decided])
    nowhere: tuple[None, int] = (None, 0)
    await outbox.append(
        connection,
        [
            message
            for one in decided
            for message in assignments(one, *incidents.get(one.complaint.complaint_id, nowhere))
        ],
    )
    for one in decided:
        DECIDED.labels(one.decision.source).inc()
        HOPS.observe(one.hop)
