"""Kafka records as a consumer gets them."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.wire import Message


@dataclass
class FakeRecord:
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def record(message: Message, *, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> FakeRecord:
    """The record that `message` becomes, with headers or body exchanged."""
    chosen = message.headers if headers is None else headers
    return FakeRecord(
        message.topic,
        0,
        7,
        message.key,
        message.body if body is None else body,
        [(name, value.encode("latin-1")) for name, value in chosen.items()],
    )
