"""What a decision sends out: an assignment to the department, and a copy to each department that is to help."""

from uuid import UUID, uuid5

from services.router.placement import Decided
from shared.events import ComplaintAssigned, ComplaintEvent
from shared.language import DepartmentCode
from shared.topics import assigned
from shared.wire import Message, encode

__all__ = ["assignments"]


def assignments(decided: Decided, incident_id: UUID | None = None, incident_version: int = 0) -> list[Message]:
    """The lead's first; the same decision always gives the same messages with the same ids."""
    complaint, decision = decided.complaint, decided.decision
    facts = {name: getattr(complaint, name) for name in ComplaintEvent.model_fields}
    lead = ComplaintAssigned(
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
        hop=decided.hop,
        returnable=decided.returnable,
        co_handlers=decision.co_handlers,
        incident_id=incident_id,
        incident_version=incident_version,
    )
    helpers = [
        lead.model_copy(update={"department": code, "lead": lead.department, "co_handlers": ()})
        for code in decision.co_handlers
    ]
    return [_message(lead, decided.decision_id)] + [
        _message(helper, copy_id(decided.decision_id, helper.department)) for helper in helpers
    ]


def copy_id(decision_id: UUID, co_handler: DepartmentCode) -> UUID:
    return uuid5(decision_id, f"co-handler/{co_handler}")


def _message(event: ComplaintAssigned, event_id: UUID) -> Message:
    return encode(event, topic=assigned(event.department), event_id=event_id, source="router", time=event.assigned_at)
