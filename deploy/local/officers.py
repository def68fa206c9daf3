"""The departments' officers of the demonstration: most answer in time, some late, some never."""

import asyncio
from collections.abc import Iterable
from typing import Any

import httpx

from deploy.local.issuer import Issuer
from shared.principal import Role

_REPLY = "您好，您反映的问题已收悉。经现场核实，已责成相关责任人限期整改，并将于三个工作日内回访。感谢您的监督。"
_CONNECTIONS = 16


async def queue(client: httpx.AsyncClient, department: str, status: str) -> list[dict[str, Any]]:
    """All cases of a department in this status, page by page."""
    cases: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": None}
    while "next" in page:
        after = {"after": page["next"]} if page["next"] else {}
        response = await client.get(f"/v1/departments/{department}/cases", params={"status": status, **after})
        response.raise_for_status()
        page = response.json()
        cases += page["items"]
    return cases


async def act(client: httpx.AsyncClient, issuer: Issuer, action: str, cases: Iterable[dict[str, Any]]) -> int:
    """Let each case's department acknowledge it or reply to it, and return how many did."""
    waiting = list(cases)
    count = len(waiting)

    async def officer() -> None:
        while waiting:
            case = waiting.pop()
            body = {"version": case["version"]}
            if action == "reply":
                body["text"] = _REPLY
            headers = issuer.headers(Role.OFFICER, case["department"])
            response = await client.post(f"/v1/cases/{case['complaint_id']}/{action}", json=body, headers=headers)
            response.raise_for_status()

    await asyncio.gather(*(officer() for _ in range(_CONNECTIONS)))
    return count
