"""People who act on cases over HTTP: the officers of a department, the hotline centre, the supervision office."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from services.tracker import lifecycle
from shared.auth import Role
from shared.events import ComplaintAssigned, Event
from shared.postgres import Pool
from shared.wire import decode
from tests.examples import message_record, waiting
from tests.tokens import bearer

CENTRE = bearer(Role.OPERATOR)
SUPERVISOR = bearer(Role.SUPERVISOR)

# Where the router places a case that comes back.
NEXT = "housing-construction"

# What each action needs to be told, as somebody would who has a good reason.
WORDS: dict[str, dict[str, Any]] = {
    "reply": {"text": "路灯已经修好。"},
    "rework": {"reason": "回访不满意：路灯仍然不亮。"},
    "close": {"contacted": True, "satisfaction": "satisfied"},
    "decline": {"lawful_channel": "向人民法院提起诉讼。"},
    "request-return": {"reason": "该路段由住建局管养。", "basis": "权责清单第12项。"},
    "grant-return": {"reason": "情况属实。"},
    "refuse-return": {"reason": "属你局职责。"},
    "request-suspension": {"category": "awaiting-appraisal", "term": "5wd", "reason": "送检灯具。"},
    "grant-suspension": {"reason": "同意。"},
    "refuse-suspension": {"reason": "无需送检。"},
    "suspend": {"category": "force-majeure", "term": "5wd", "reason": "暴雨封路。"},
    "resume": {"reason": "结果已出。"},
    "request-extension": {"term": "5wd", "reason": "需采购配件。"},
    "grant-extension": {"reason": "同意。"},
    "refuse-extension": {"reason": "时间充足。"},
    "urge": {"note": "请尽快办理。"},
    "supervise": {"note": "列入督办。"},
}
_OFFICERS = frozenset({"acknowledge", "reply", "request-return", "request-suspension", "request-extension"})


def officer(department: str) -> dict[str, str]:
    return bearer(Role.OFFICER, department=department)


def token(side: lifecycle.Role, department: str) -> dict[str, str]:
    if side is lifecycle.Role.OFFICER:
        return officer(department)
    return CENTRE if side is lifecycle.Role.CENTRE else SUPERVISOR


async def act(
    tracker: httpx.AsyncClient, case_id: UUID, action: str, headers: dict[str, str], **more: Any
) -> httpx.Response:
    return await tracker.post(f"/v1/cases/{case_id}/{action}", json=WORDS.get(action, {}) | more, headers=headers)


async def done(tracker: httpx.AsyncClient, case: ComplaintAssigned, *actions: str, **more: Any) -> dict[str, Any]:
    """Do these one after the other, each by whoever may, and return the case as it is then."""
    answer: dict[str, Any] = {}
    for action in actions:
        headers = officer(case.department) if action in _OFFICERS else SUPERVISOR
        response = await act(tracker, case.complaint_id, action, headers, **more)
        assert response.status_code == 200, response.text
        answer = response.json()
    return answer


def placed_again(case: ComplaintAssigned, hop: int = 2, department: str = NEXT, **changes: Any) -> ComplaintAssigned:
    return case.model_copy(update={"decision_id": uuid4(), "hop": hop, "department": department, **changes})


async def seen(tracker: httpx.AsyncClient, case: ComplaintAssigned) -> dict[str, Any]:
    answer: dict[str, Any] = (await tracker.get(f"/v1/cases/{case.complaint_id}")).json()
    return answer


async def last_event(pool: Pool) -> Event:
    return decode(message_record((await waiting(pool))[-1])).event
