"""What the intake writes of a complaint is the event that the others read, and nothing of who sent it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.intake.complaint import Complaint, Original, Reporter
from services.intake.identity.reading_rules import Standing
from services.intake.identity.vault import Sealed
from services.intake.normalizing.text_language import TextLanguage
from services.intake.received import received_message
from services.intake.repeats.likeness import Matter
from services.intake.repeats.repeats import Earlier, Repeat
from services.intake.store import Entry
from shared.china_time import CHINA_TIME
from shared.events import ComplaintReceived
from shared.ids import new_id
from shared.language import Channel, Confidentiality, Kind, Urgency
from shared.wire import decode
from tests.unit.shared.records import record

NOW = datetime(2026, 11, 24, 1, 30, 0, 123456, tzinfo=UTC)
FIRST = UUID("019abc00-0000-7000-8000-000000000001")


def entry(**changes: Any) -> Entry:
    complaint = Complaint(
        channel=Channel.HOTLINE_12345,
        external_id="12345-1",
        kind=Kind.COMPLAINT,
        urgency=Urgency.URGENT,
        confidentiality=Confidentiality.NAMED,
        title="路灯",
        text="新街路灯不亮",
        place="城关镇",
        occurred_at=datetime(2026, 11, 23, 20, 15, tzinfo=CHINA_TIME),
        accused="urban-management",
        received_by="housing-bureau",
        operator="operator-8",
        reporter=Reporter(name="测试甲", phone="13800000000"),
        original=Original("新街路灯不亮，我叫测试甲"),
        content_hash=b"hash",
        language=TextLanguage.CHINESE,
    )._replace(**changes)
    return Entry(new_id(), "20261124-000123-4", NOW, complaint, Sealed("k", b"sealed"), ())


def event_of(one: Entry, repeat: Repeat | None = None) -> ComplaintReceived:
    event = decode(record(received_message(one, repeat))).event
    assert isinstance(event, ComplaintReceived)
    return event


def earlier(confidentiality: Confidentiality) -> Repeat:
    standing = Standing(confidentiality, None, None, frozenset(), None)
    return Repeat(Earlier(FIRST, "20261123-000001-1", NOW, Matter("路灯不亮", "城关镇"), standing), 0.9)


def test_every_field_of_the_event_is_told_by_the_complaint() -> None:
    one = entry()
    complaint = one.complaint
    written = orjson.loads(received_message(one, earlier(Confidentiality.NAMED)).body or b"")
    assert written.keys() == ComplaintReceived.model_fields.keys()
    assert event_of(one, earlier(Confidentiality.NAMED)) == ComplaintReceived(
        complaint_id=one.complaint_id,
        ticket_number=one.ticket_number,
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
        accepted_at=NOW,
        repeat_of=FIRST,
    )


@pytest.mark.parametrize(
    "changes",
    [{}, {"title": None, "place": None, "occurred_at": None, "accused": None, "received_by": None}],
    ids=["with all", "with what it must have"],
)
def test_it_is_written_as_the_model_writes_it(changes: dict[str, Any]) -> None:
    one = entry(**changes)
    body = received_message(one).body
    assert orjson.loads(body or b"") == event_of(one).model_dump(mode="json", exclude_none=True)


def test_a_repeat_is_told_only_where_neither_asked_not_to_be_known() -> None:
    assert event_of(entry(), earlier(Confidentiality.CONFIDENTIAL)).repeat_of is None
    assert (
        event_of(entry(confidentiality=Confidentiality.CONFIDENTIAL), earlier(Confidentiality.NAMED)).repeat_of is None
    )


def test_the_reporter_stays_behind() -> None:
    one = entry()
    message = received_message(one)
    said = (message.body or b"").decode() + str(message.headers) + repr(one.complaint)
    assert not [word for word in ("测试甲", "13800000000", "operator-8") if word in said]
