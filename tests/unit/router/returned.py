"""Granted returns and people's orders, as the tests of placing tell of them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.router.placement import Decided, Order
from shared.events import CaseReturnGranted
from shared.language import CaseStatus

NOW = datetime(2026, 9, 2, tzinfo=UTC)


def granted(department: str, returns: int = 1, **changes: Any) -> CaseReturnGranted:
    facts = {
        "complaint_id": UUID(int=1),
        "department": department,
        "status": CaseStatus.RETURN_REQUESTED,
        "version": 2 * returns + 1,
        "at": NOW,
        "reason": "不属于本单位职责",
        "returns": returns,
        "tried": (department,),
    }
    return CaseReturnGranted.model_validate(facts | changes)


def order(current: Decided, department: str, **changes: Any) -> Order:
    return replace(Order(current.decision_id, department, "职责相近", "u-1"), **changes)
