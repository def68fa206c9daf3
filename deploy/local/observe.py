"""What the demonstration and the tests look up in the databases of a running stack."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
import httpx

from deploy.local.stack import Stack

ACCEPTED = "SELECT complaint_id::text, channel FROM complaints"
CASES = (
    "SELECT complaint_id::text, department, extract(epoch FROM opened_at - accepted_at)::float8 AS latency FROM cases"
)
DUE_TIMERS = "SELECT count(*) FROM timers WHERE fires_at <= present()"
WAITING = "SELECT count(*) FROM outbox"


@dataclass(frozen=True, slots=True)
class Seen:
    """Channel of each accepted complaint; department and seconds from acceptance of each case; by complaint id."""

    accepted: Mapping[str, str]
    departments: Mapping[str, str]
    latencies: Mapping[str, float]

    @property
    def without_case(self) -> set[str]:
        return self.accepted.keys() - self.departments.keys()

    @property
    def is_one_to_one(self) -> bool:
        """Whether every accepted complaint has exactly one case, and no case lacks its complaint.

        A case's key is its complaint, so the database itself rules out a second one.
        """
        return self.accepted.keys() == self.departments.keys()


async def services_are_ready(stack: Stack) -> bool:
    """Whether each service says that it has all that it depends on."""
    async with httpx.AsyncClient() as client:
        answers = await asyncio.gather(*(client.get(f"{service.url}/readyz") for service in stack.services))
    return all(answer.status_code == httpx.codes.OK and answer.json()["status"] == "ok" for answer in answers)


async def look(stack: Stack) -> Seen:
    accepted, cases = await asyncio.gather(
        _fetch(stack.database_urls["intake"], ACCEPTED), _fetch(stack.database_urls["tracker"], CASES)
    )
    return Seen(
        {row["complaint_id"]: row["channel"] for row in accepted},
        {row["complaint_id"]: row["department"] for row in cases},
        {row["complaint_id"]: row["latency"] for row in cases},
    )


async def mail_is_taken_in(stack: Stack) -> bool:
    return not any(stack.spool.glob("*.eml"))


async def outboxes_are_empty(stack: Stack) -> bool:
    waiting = await asyncio.gather(*(_fetch(url, WAITING) for url in stack.database_urls.values()))
    return all(rows[0][0] == 0 for rows in waiting)


async def timers_have_fired(stack: Stack) -> bool:
    rows = await _fetch(stack.database_urls["tracker"], DUE_TIMERS)
    return bool(rows[0][0] == 0)


async def _fetch(url: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()
