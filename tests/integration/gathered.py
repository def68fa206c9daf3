"""Complaints that the router has taken in, and which of them it finds to tell of one incident."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from deploy.local.hotline import POLICY
from services.router.handlers import PlaceComplaints
from services.router.in_service import InService
from services.router.incidents.gatherer import Gatherer
from shared.consumer import BatchConsumer
from shared.events import ComplaintReceived, Event
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.topics import COMPLAINTS_RECEIVED
from shared.wire import decode
from tests.examples import NOW, message_record, received, record, waiting

WATER = (
    "新街从早上七点开始停水，到现在没来，家里没法做饭。",
    "新街这一片停水了，什么时候能来水？家里没法做饭。",
    "城关镇新街自来水停水了一上午，也没有提前通知，请恢复供水。",
)


def told(text: str, hours: float = 0, place: str | None = "城关镇新街", **more: Any) -> ComplaintReceived:
    return received(text=text, place=place, accepted_at=NOW + timedelta(hours=hours), **more)


@cache
def county() -> InService:
    return InService(POLICY, None)


class Router:
    """The router's consumer of received complaints, deciding by the county's policy."""

    def __init__(self, pool: Pool, policy: Policy | None = None) -> None:
        self.pool = pool
        in_service = county()
        self.policy = policy or in_service.policy
        self._consumer = BatchConsumer(
            "decisions",
            [ComplaintReceived],
            PlaceComplaints(in_service.decide),
            pool,
            Relay(pool, []),
        )
        self.gatherer = Gatherer(pool, Relay(pool, []), lambda: self.policy)

    async def take_in(self, *complaints: ComplaintReceived) -> None:
        await self.place(*complaints)
        await self.gather(patience=timedelta())

    async def place(self, *complaints: ComplaintReceived) -> None:
        await self._consumer([record(one, topic=COMPLAINTS_RECEIVED) for one in complaints])

    async def gather(self, patience: timedelta) -> int:
        """Compare all that has waited long enough, and return how many."""
        total = 0
        while some := await self.gatherer.gather_some(patience):
            total += some
        return total

    async def partition(self, complaints: Sequence[ComplaintReceived]) -> set[frozenset[UUID]]:
        """Which are together; one that is alone is a part of its own."""
        rows = await self.pool.fetch("SELECT complaint_id, incident_id FROM memberships WHERE in_force")
        of = {row["complaint_id"]: row["incident_id"] for row in rows}
        parts: dict[UUID, set[UUID]] = {}
        for one in complaints:
            parts.setdefault(of.get(one.complaint_id) or one.complaint_id, set()).add(one.complaint_id)
        return {frozenset(part) for part in parts.values()}

    async def sent(self, kind: type[Event]) -> list[Any]:
        events = [decode(message_record(message)).event for message in await waiting(self.pool)]
        return [event for event in events if isinstance(event, kind)]


def crowd(number: int, first: datetime = NOW) -> list[ComplaintReceived]:
    """So many people tell of one incident, a minute apart."""
    return [
        received(text=WATER[n % len(WATER)], place="城关镇新街", accepted_at=first + timedelta(minutes=n))
        for n in range(number)
    ]
