"""Cases for the detectors: one as a good department works it, and departments that treat all alike."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.tracker.inaction.detectors.facts import CaseFacts, Period

DUE = datetime(2026, 10, 15, 16, tzinfo=UTC)


def case(number: int = 1, **changes: Any) -> CaseFacts:
    """A case that was answered a day before that was due."""
    facts: dict[str, Any] = {
        "complaint_id": UUID(int=number),
        "ticket_number": f"20261001-{number}",
        "department": "water-supply",
        "department_name": "县自来水公司",
        "due_at": DUE,
        "replied_at": DUE - timedelta(days=1),
    }
    return CaseFacts(**(facts | changes))


def period(cases: Sequence[CaseFacts]) -> Period:
    return Period("2026年8月至10月", "县自来水公司", cases)


TOWNS = ("白龙镇", "青石镇", "柳溪镇", "高桥镇", "云台乡", "安福乡")
MATTERS = ("water-outage", "water-quality", "water-bill", "pipe-leak")


def even_handed(chance: random.Random, cases: int, late: float) -> Sequence[CaseFacts]:
    """Cases of a department that is late by chance alone, wherever and whatever it is; towns differ in size."""
    return [
        case(
            number,
            town=chance.choices(TOWNS, weights=range(1, len(TOWNS) + 1))[0],
            matter=chance.choice(MATTERS),
            missed=chance.random() < late,
        )
        for number in range(cases)
    ]
