"""The event of a complaint that was accepted."""

from services.intake.repeats.repeats import Repeat
from services.intake.store import Entry
from shared.events import ComplaintReceived
from shared.ids import event_id
from shared.topics import COMPLAINTS_RECEIVED
from shared.wire import Message, encode


def received_event(entry: Entry, repeat: Repeat | None = None) -> ComplaintReceived:
    """The fact that the other services learn; the identity and the original words stay behind."""
    complaint = entry.complaint
    linked = repeat is not None and repeat.event_may_say(complaint.confidentiality)
    return ComplaintReceived(
        complaint_id=entry.complaint_id,
        ticket_number=entry.ticket_number,
        channel=complaint.channel,
        kind=complaint.kind,
        urgency=complaint.urgency,
        confidentiality=complaint.confidentiality,
        title=complaint.title,
        text=complaint.text,
        place=complaint.place,
        accused=complaint.accused,
        received_by=complaint.received_by,
        occurred_at=complaint.occurred_at,
        accepted_at=entry.accepted_at,
        repeat_of=repeat.of.complaint_id if repeat is not None and linked else None,
    )


def received_message(entry: Entry, repeat: Repeat | None = None) -> Message:
    event = received_event(entry, repeat)
    return encode(
        event,
        topic=COMPLAINTS_RECEIVED,
        event_id=event_id(entry.complaint_id, event.event_type),
        source="intake",
        time=entry.accepted_at,
    )
