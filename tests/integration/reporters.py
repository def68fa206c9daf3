"""Complaints whose reporters can be known again, and the events by which a department gets their case."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from services.intake import handlers
from shared.events import CaseEvent, CaseOpened, ComplaintAssigned
from shared.language import CaseStatus
from shared.postgres import Pool
from shared.wire import Received
from tests.examples import NOW, submission

REPORTER = {
    "name": "测试甲",
    "phone": "13800000000",
    "id_number": "610927209901010012",
    "email": "test@mail.example",
    "address": "城关镇测试路一号",
}
TEXT = "小区楼下的路灯坏了半个月，请打13800000000。"
HOLDER, ACCUSED = "water-supply", "urban-management"


async def submit(intake: httpx.AsyncClient, external_id: str, **changes: Any) -> dict[str, Any]:
    """What the submitter is told."""
    response = await intake.post("/v1/complaints", json=submission(external_id) | {"reporter": REPORTER} | changes)
    answer: dict[str, Any] = response.json()
    assert response.status_code in (200, 201), answer
    return answer


async def follow(pool: Pool, *events: CaseEvent) -> None:
    """The intake takes in these events of the tracker, in one batch."""
    async with pool.acquire() as connection, connection.transaction():
        await handlers.follow_cases(connection, [Received(uuid4(), event) for event in events])


async def follow_assigned(pool: Pool, *given: ComplaintAssigned) -> None:
    """The intake takes in these assignments of the router, in one batch."""
    async with pool.acquire() as connection, connection.transaction():
        await handlers.follow_assignments(connection, [Received(uuid4(), each) for each in given])


def event(
    kind: type[CaseEvent],
    complaint_id: str | UUID,
    version: int,
    status: CaseStatus,
    *,
    department: str = HOLDER,
    at: datetime = NOW,
    **more: Any,
) -> CaseEvent:
    told = {"complaint_id": complaint_id, "department": department, "status": status, "version": version, "at": at}
    return kind.model_validate(told | more)


def opened(complaint_id: str | UUID, department: str = HOLDER) -> CaseEvent:
    return event(CaseOpened, complaint_id, 1, CaseStatus.DISPATCHED, department=department, deadlines=())
