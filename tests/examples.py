"""Complaints and events as the tests tell of them: each function makes a good one, of which a test changes a part."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from aiokafka import ConsumerRecord

from shared.events import ComplaintAssigned, ComplaintReceived, Event
from shared.language import Channel, Confidentiality, DecisionSource, Kind, Urgency
from shared.postgres import Pool
from shared.wire import Message, encode

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def submission(external_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "channel": "hotline_12345",
        "external_id": external_id,
        "kind": "complaint",
        "text": "小区楼下的路灯坏了半个月，报了几次没有人来修。",
    } | changes


def received(**changes: Any) -> ComplaintReceived:
    return ComplaintReceived.model_validate(
        {
            "complaint_id": uuid4(),
            "ticket_number": "20261124-000001-5",
            "channel": Channel.HOTLINE_12345,
            "kind": Kind.COMPLAINT,
            "urgency": Urgency.NORMAL,
            "confidentiality": Confidentiality.NAMED,
            "text": "小区楼下的路灯坏了半个月，报了几次没有人来修。",
            "accepted_at": NOW,
        }
        | changes
    )


def assigned(**changes: Any) -> ComplaintAssigned:
    return ComplaintAssigned.model_validate(
        {
            **received().model_dump(),
            "department": "urban-management",
            "decision_id": uuid4(),
            "decided_by": DecisionSource.RULE,
            "rule": "street-lamps",
            "reason": "提到“路灯”，转城市管理局。",
            "policy_hash": "0" * 64,
            "assigned_at": NOW,
        }
        | changes
    )


def record(event: Event, *, topic: str, event_id: UUID | None = None, offset: int = 0) -> ConsumerRecord[bytes, bytes]:
    """The record that a consumer gets when `event` was published under `event_id`."""
    return message_record(encode(event, topic=topic, event_id=event_id or uuid4(), source="test", time=NOW), offset)


def message_record(message: Message, offset: int = 0) -> ConsumerRecord[bytes, bytes]:
    headers = tuple((name, value.encode()) for name, value in message.headers.items())
    return ConsumerRecord(message.topic, 0, offset, 0, 0, message.key, message.body, None, 0, 0, headers)


async def waiting(pool: Pool) -> Sequence[Message]:
    """What the outbox holds, in the order in which it will be published."""
    rows = await pool.fetch("SELECT topic, key, headers, body FROM outbox ORDER BY id")
    return [Message(row["topic"], row["key"], orjson.loads(row["headers"]), row["body"]) for row in rows]


async def somebody_waits_for_a_lock(pool: Pool, *, waiters: int = 1) -> None:
    """Return when as many transactions of the pool's role as `waiters` are held up by another."""
    counted = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = current_user"
    async with asyncio.timeout(30):
        while await pool.fetchval(counted) < waiters:  # noqa: ASYNC110  # only the database knows
            await asyncio.sleep(0.01)
