"""The demonstration county's policy, compiled once, and complaints to try it on."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from services.router.decide import Matcher
from shared.events import ComplaintReceived
from shared.policy_files import load_policy

ZHENPING = Path(__file__).parents[3] / "deploy" / "policy" / "zhenping"


@cache
def zhenping() -> Matcher:
    return Matcher(load_policy(ZHENPING))


def received(text: str, **fields: Any) -> ComplaintReceived:
    known = {
        "complaint_id": UUID(int=1),
        "ticket_number": "20260901-000001",
        "channel": "web_portal",
        "kind": "complaint",
        "urgency": "normal",
        "confidentiality": "named",
        "accepted_at": datetime(2026, 9, 1, 8, tzinfo=UTC),
    }
    return ComplaintReceived.model_validate({**known, "text": text, **fields})


def with_changes(**fields: Any) -> Matcher:
    """The county's policy with some parts replaced."""
    return Matcher(zhenping().policy.model_copy(update=fields))
