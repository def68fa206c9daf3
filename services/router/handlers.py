"""What the router does with received complaints: decide each and hand it to its department."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from prometheus_client import Counter

from services.router import store
from services.router.decision import Decision
from services.router.store import Decided
from shared import outbox
from shared.events import ComplaintAssigned, ComplaintEvent, ComplaintReceived, Event, event_id
from shared.postgres import Connection
from shared.topics import assigned
from shared.wire import Message, Received, encode

DECIDED = Counter("hotline_decisions_total", "Decisions by the step that made them", ["source"])

Decide = Callable[[Sequence[ComplaintReceived]], list[Decision]]


class PlaceComplaints:
    """Decides every complaint that has no decision in force and assigns it to the department."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide

    async def __call__(self, connection: Connection, received: Sequence[Received[Event]]) -> None:
        now = datetime.now(UTC)
        complaints = [(r.id, r.event) for r in received if isinstance(r.event, ComplaintReceived)]
        decisions = self._decide([complaint for _, complaint in complaints])
        decided = [
            Decided(event_id(cause, ComplaintAssigned.event_type), complaint, decision, now)
            for (cause, complaint), decision in zip(complaints, decisions, strict=True)
        ]
        inserted = await store.insert_decisions(connection, decided)
        new = [d for d in decided if d.decision_id in inserted]
        await outbox.append(connection, [assigned_message(d) for d in new])
        for one in new:
            DECIDED.labels(one.decision.source).inc()


def assigned_message(decided: Decided) -> Message:
    complaint, decision = decided.complaint, decided.decision
    facts = {name: getattr(complaint, name) for name in ComplaintEvent.model_fields}
    event = ComplaintAssigned(
        **facts | {"accused": decision.accused},
        department=decision.department,
        matter=decision.matter,
        decision_id=decided.decision_id,
        decided_by=decision.source,
        rule=decision.rule,
        reason=decision.reason,
        lawful_channel=decision.lawful_channel,
        policy_hash=decision.policy_hash,
        assigned_at=decided.decided_at,
    )
    return encode(
        event,
        topic=assigned(decision.department),
        event_id=decided.decision_id,
        source="router",
        time=decided.decided_at,
    )
