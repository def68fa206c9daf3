"""A patient client of the intake: it submits again until it is answered, and keeps every answer."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.local.feed import sample_submissions
from deploy.local.stack import Stack
from shared.principal import Role
from tests.whole_stack import ONCE, dead_letters, traces, until_at_rest

_CONNECTIONS = 16
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    complaint_id: str
    ticket_number: str


def submissions(name: str, count: int) -> list[dict[str, Any]]:
    """`count` different submissions with the texts of the sample; `name` keeps their ids apart from other tests'."""
    sample = sample_submissions()
    return [sample[n % len(sample)] | {"external_id": f"{name}-{n:04d}"} for n in range(count)]


class Feed:
    """Submits over a few connections; what was not answered by 200 or 201 is sent again."""

    def __init__(self, stack: Stack, to_submit: Sequence[Mapping[str, Any]]) -> None:
        self.count = len(to_submit)
        self.answers: dict[str, Answer] = {}
        # How often the intake said that it cannot accept at the moment.
        self.unavailable = 0
        self._url = stack.intake.url
        self._login = stack.issuer.headers(Role.ADAPTER)
        self._waiting = list(reversed(to_submit))
        self._news = asyncio.Condition()

    async def run(self) -> None:
        async with (
            httpx.AsyncClient(base_url=self._url, headers=self._login, timeout=60) as client,
            asyncio.TaskGroup() as group,
        ):
            for _connection in range(_CONNECTIONS):
                group.create_task(self._submit(client))

    async def answered(self, count: int) -> None:
        """Wait until `count` submissions have been accepted."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.answers) >= count)

    async def was_refused(self) -> None:
        """Wait until the intake has said once that it cannot accept at the moment."""
        async with self._news:
            await self._news.wait_for(lambda: self.unavailable > 0)

    async def _submit(self, client: httpx.AsyncClient) -> None:
        while self._waiting:
            submission = self._waiting.pop()
            if not await self._try(client, submission):
                self._waiting.append(submission)
                await asyncio.sleep(_PAUSE_SECONDS)
            async with self._news:
                self._news.notify_all()

    async def _try(self, client: httpx.AsyncClient, submission: Mapping[str, Any]) -> bool:
        try:
            response = await client.post("/v1/complaints", json=submission)
        except httpx.TransportError:
            return False
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            self.unavailable += 1
            return False
        assert response.status_code in {httpx.codes.OK, httpx.codes.CREATED}, response.text
        told = response.json()
        self.answers[submission["external_id"]] = Answer(
            response.status_code, told["complaint_id"], told["ticket_number"]
        )
        return True


async def assert_all_came_through_exactly_once(stack: Stack, feed: Feed, name: str) -> None:
    """Every answer stands, and behind each there is one complaint, decision and case; submitting again adds none."""
    assert len(feed.answers) == feed.count
    again = Feed(stack, submissions(name, feed.count))
    await again.run()
    assert {answer.status for answer in again.answers.values()} == {httpx.codes.OK}
    assert _tickets(again) == _tickets(feed)
    assert len(set(_tickets(feed).values())) == feed.count

    await until_at_rest(stack)
    found = await traces(stack)
    assert {answer.complaint_id for answer in feed.answers.values()} <= found.keys()
    # Of every test so far, and of complaints that nobody was told of.
    strange = {complaint_id: dict(things) for complaint_id, things in found.items() if things != ONCE}
    assert not strange, f"{len(strange)} of {len(found)} left other traces: {strange}"
    assert await dead_letters(stack) == 0


def _tickets(feed: Feed) -> dict[str, tuple[str, str]]:
    return {external_id: (each.complaint_id, each.ticket_number) for external_id, each in feed.answers.items()}
