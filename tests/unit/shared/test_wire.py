"""Events survive the wire, read like the CloudEvents library's, and what is no event is told apart with its reason."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from shared.events import ComplaintReceived
from shared.language import Channel, Confidentiality, Kind, Urgency
from shared.wire import Message, Undecodable, dead_letter, decode, encode
from tests.unit.shared.records import record

NOW = datetime(2026, 11, 24, 1, 30, 0, 123456, tzinfo=UTC)
EVENT_ID = UUID("5f2d4c1a-7f10-5a53-9b1e-8d7f6f3f9a10")
RECEIVED = ComplaintReceived(
    complaint_id=UUID("019abc00-0000-7000-8000-000000000001"),
    ticket_number="20261124-000123-4",
    channel=Channel.HOTLINE_12345,
    kind=Kind.COMPLAINT,
    urgency=Urgency.NORMAL,
    confidentiality=Confidentiality.NAMED,
    text="城关镇新街夜间施工噪音扰民。",
    accepted_at=NOW,
)


def encoded() -> Message:
    return encode(RECEIVED, topic="complaints.received", event_id=EVENT_ID, source="intake", time=NOW)


def test_an_event_comes_back_as_it_was_sent() -> None:
    received = decode(record(encoded()))
    assert received.id == EVENT_ID
    assert received.event == RECEIVED


def test_the_key_is_the_complaint_so_that_its_events_stay_in_order() -> None:
    assert encoded().key == str(RECEIVED.complaint_id).encode()


def test_the_cloudevents_library_reads_what_we_write() -> None:
    message = encoded()
    headers = {name: value.encode() for name, value in message.headers.items()}
    event = from_binary(
        KafkaMessage(headers=headers, key=message.key, value=message.body or b""), JSONFormat(), CloudEvent
    )
    assert event.get_id() == str(EVENT_ID)
    assert event.get_type() == ComplaintReceived.event_type
    assert event.get_source() == "/hotline/intake"
    assert event.get_time() == NOW
    assert event.get_data() == RECEIVED.model_dump(mode="json", exclude_none=True)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"headers": {}}, "not a CloudEvent"),
        ({"headers": {"ce_type": ComplaintReceived.event_type, "ce_id": "no-uuid"}}, "not a CloudEvent"),
        ({"headers": {"ce_type": "hotline.unheard.of.v9", "ce_id": str(EVENT_ID)}}, "unknown event type"),
        ({"body": b""}, "the body is empty"),
        ({"body": b"\xff\xfe"}, "Invalid JSON"),
        ({"body": b'{"complaint_id": 1}'}, "ticket_number: Field required"),
    ],
)
def test_what_is_no_event_says_why(damage: dict[str, Any], reason: str) -> None:
    with pytest.raises(Undecodable, match=reason):
        decode(record(encoded(), **damage))


def test_a_header_of_wild_bytes_is_no_event_rather_than_a_crash() -> None:
    wild = record(encoded())
    wild.headers = [("ce_type", b"\xff\xfe"), ("ce_id", str(EVENT_ID).encode())]
    with pytest.raises(Undecodable, match="not a CloudEvent"):
        decode(wild)


def test_why_an_event_cannot_be_read_never_quotes_it() -> None:
    secret = record(encoded(), body=b'{"complaint_id": "CANARY-13800000000"}')
    with pytest.raises(Undecodable) as caught:
        decode(secret)
    assert "CANARY" not in str(caught.value)


def test_a_dead_letter_keeps_the_record_whole_and_says_where_it_stood_and_why() -> None:
    original = record(encoded())
    original.headers = [*original.headers, ("trace", b"\xff\x00")]
    dead = dead_letter(original, topic="complaints.received.dead", consumer="decisions", reason="无法处理: boom")
    assert (dead.key, dead.body) == (original.key, original.value)
    assert dead.headers["trace"].encode("latin-1") == b"\xff\x00"
    assert dead.headers["dead_topic"] == "complaints.received"
    assert (dead.headers["dead_partition"], dead.headers["dead_offset"]) == ("0", "7")
    assert unquote(dead.headers["dead_reason"]) == "无法处理: boom"
    assert all(value.isascii() for name, value in dead.headers.items() if name.startswith("dead_"))
