"""The event of a complaint that was accepted."""

import orjson

from services.intake.repeats.repeats import Repeat
from services.intake.store import Entry
from shared.events import ComplaintReceived
from shared.ids import event_id
from shared.topics import COMPLAINTS_RECEIVED
from shared.wire import Message, message


def received_message(entry: Entry, repeat: Repeat | None = None) -> Message:
    """The `ComplaintReceived` that the other services learn; the identity and the original words stay behind.

    Its fields come from values that were validated, so they are written without the model, which takes twice as long;
    a test holds them against it.
    """
    complaint = entry.complaint
    complaint_id = str(entry.complaint_id)
    linked = repeat if repeat is not None and repeat.event_may_say(complaint.confidentiality) else None
    fields = {
        "complaint_id": complaint_id,
        "ticket_number": entry.ticket_number,
        "channel": complaint.channel,
        "kind": complaint.kind,
        "urgency": complaint.urgency,
        "confidentiality": complaint.confidentiality,
        "title": complaint.title,
        "text": complaint.text,
        "place": complaint.place,
        "accused": complaint.accused,
        "accepted_at": entry.accepted_at,
        "received_by": complaint.received_by,
        "occurred_at": complaint.occurred_at,
        "repeat_of": str(linked.of.complaint_id) if linked is not None else None,
    }
    return message(
        ComplaintReceived.event_type,
        orjson.dumps({name: value for name, value in fields.items() if value is not None}, option=orjson.OPT_UTC_Z),
        topic=COMPLAINTS_RECEIVED,
        event_id=event_id(entry.complaint_id, ComplaintReceived.event_type),
        source="intake",
        time=entry.accepted_at,
        key=complaint_id,
    )
