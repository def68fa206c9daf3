"""Events on the wire: CloudEvents 1.0, Kafka protocol binding, binary content mode.

Attributes travel as ``ce_*`` headers and the data as the JSON body, so that a consumer can choose what to read
without parsing it (https://github.com/cloudevents/spec, kafka-protocol-binding). Written by hand because the hot
path makes thousands a second; a test compares the result with the CloudEvents library's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Generic, NamedTuple, Protocol, TypeVar
from urllib.parse import quote
from uuid import UUID

from pydantic import ValidationError

from shared.events import EVENTS, Event

E_co = TypeVar("E_co", bound=Event, covariant=True)

_BY_TYPE: Mapping[str, type[Event]] = {event.event_type: event for event in EVENTS}


class Message(NamedTuple):
    """One record to be published; header values are ASCII, or the latin-1 image of the bytes they stand for."""

    topic: str
    key: bytes | None
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Received(Generic[E_co]):
    """An event as it came in: `id` is the same however often it is delivered."""

    id: UUID
    event: E_co


class Record(Protocol):
    """What is read of a consumed Kafka record."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class Undecodable(ValueError):
    """The record is not an event that this version knows; the message says why."""


def encode(event: Event, *, topic: str, event_id: UUID, source: str, time: datetime, key: str | None = None) -> Message:
    """Make the record of `event`; `source` is the service's name, the key the complaint's id unless given."""
    return message(
        event.event_type,
        # Writes bytes, where model_dump_json writes a string.
        event.__pydantic_serializer__.to_json(event, exclude_none=True),
        topic=topic,
        event_id=event_id,
        source=source,
        time=time,
        key=key or str(event.complaint_id),
    )


def message(
    event_type: str, body: bytes, *, topic: str, event_id: UUID, source: str, time: datetime, key: str
) -> Message:
    """The record of an event of that type whose data is written already; otherwise as `encode`."""
    return Message(
        topic=topic,
        key=key.encode(),
        headers={
            "ce_specversion": "1.0",
            "ce_id": str(event_id),
            "ce_source": f"/hotline/{source}",
            "ce_type": event_type,
            "ce_time": _written(time),
            "content-type": "application/json",
        },
        body=body,
    )


# The events of one batch have their time in common.
@lru_cache(maxsize=256)
def _written(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def decode(record: Record) -> Received[Event]:
    """Read one consumed record; Undecodable where it is none of our events."""
    headers = dict(record.headers)
    try:
        event_type = headers["ce_type"].decode()
        event_id = UUID(headers["ce_id"].decode())
    except (KeyError, ValueError) as error:
        raise Undecodable(f"not a CloudEvent in binary mode: {error!r}") from error
    model = _BY_TYPE.get(event_type)
    if model is None:
        raise Undecodable(f"unknown event type {event_type}")
    if not record.value:
        raise Undecodable("the body is empty")
    try:
        return Received(event_id, model.model_validate_json(record.value))
    except ValidationError as error:
        fields = ", ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise Undecodable(f"{event_type} with {fields}") from error


# Kafka's own limit is 1,048,588 bytes; the rest is for the key and the headers that a dead letter adds.
_LARGEST_BODY = 1_000_000


def dead_letter(record: Record, *, topic: str, consumer: str, reason: str) -> Message:
    """The unchanged record for its dead-letter topic, with where it stood and why it could not be processed.

    A body that would no longer fit with these headers is left where it stands, which the headers name.
    """
    body = record.value if record.value is None or len(record.value) <= _LARGEST_BODY else b""
    return Message(
        topic=topic,
        key=record.key,
        headers={name: value.decode("latin-1") for name, value in record.headers}
        | {
            "dead_topic": record.topic,
            "dead_partition": str(record.partition),
            "dead_offset": str(record.offset),
            "dead_consumer": consumer,
            "dead_reason": quote(reason[:500]),
        },
        # Our client refuses a record that has neither key nor value, and it would hold up the outbox for ever.
        body=body if record.key is not None else body or b"",
    )
