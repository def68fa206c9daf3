"""Dry runs in the running router: one at a time, batch by batch, so that live complaints hardly wait."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from time import monotonic
from uuid import UUID, uuid4

import structlog

from services.router.classifier.classifier import Model
from services.router.classifier.model_folder import ModelFolder
from services.router.decide import Matcher
from services.router.in_service import Routing
from services.router.policies import policies_store
from services.router.policies.dry_run import Changes
from services.router.policies.policy_folders import PolicyFolders
from services.router.policies.replay_store import replayed
from shared.china_time import CHINA_TIME
from shared.policy import Policy
from shared.postgres import PASSING, Pool

log = structlog.get_logger(__name__)

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class OneIsRunning(Exception):
    """Another dry run is under way."""


@dataclass(frozen=True, slots=True)
class _Run:
    run_id: UUID
    policy: Policy
    model: Model | None
    since: datetime


class Trying:
    """Replays what was decided under another policy, model or both; only its own table is written."""

    def __init__(self, pool: Pool, folders: PolicyFolders, models: ModelFolder) -> None:
        self._pool = pool
        self._folders = folders
        self._models = models
        self._runs: asyncio.Queue[_Run] = asyncio.Queue()

    async def start(self, name: str, model_name: str | None, since: date | None, by: str, routing: Routing) -> UUID:
        """Begin a dry run from that day on in China, or from the beginning, and return its id.

        `routing` is what is in service: its policy is named by its hash, its model by None. KeyError, NotLaidOut and
        PolicyInvalid where there is no such policy to try, NoSuchModel and UnreadableModel where there is no such
        model; OneIsRunning.
        """
        policy = routing.policy
        if name != policy.hash:
            policy = await asyncio.to_thread(self._folders.policy, name)
        model = routing.model
        if model_name is not None:
            model = await asyncio.to_thread(self._models.model, model_name)
        run = _Run(uuid4(), policy, model, datetime.combine(since, time(), CHINA_TIME) if since else _EVER)
        hashes = policy.hash, model.hash if model else None
        async with self._pool.acquire() as connection, connection.transaction():
            if not await policies_store.start_run(connection, run.run_id, name, hashes, run.since, by):
                raise OneIsRunning
        self._runs.put_nowait(run)
        return run.run_id

    async def run(self) -> None:
        """Do what was begun, until cancelled."""
        while True:
            # Nothing keeps a run that is done: its model is large.
            await self._try(await self._runs.get())

    async def _try(self, run: _Run) -> None:
        try:
            await self._replay(run)
        except Exception as error:  # noqa: BLE001  # a policy that finds a fault of ours must not end the router
            # Without the traceback: it may quote a complaint.
            log.error("dry_run_failed", policy=run.policy.hash, error=type(error).__name__)  # noqa: TRY400
            await self._fail(run, type(error).__name__)

    async def _replay(self, run: _Run) -> None:
        changes = Changes()
        candidate = Routing(await asyncio.to_thread(Matcher, run.policy), run.model)
        async for batch in replayed(self._pool, run.since):
            began = monotonic()
            decisions = await asyncio.to_thread(candidate.decide, [one.complaint for one in batch])
            changes.add(batch, decisions)
            await policies_store.move_run(self._pool, run.run_id, changes.total)
            # Live complaints go first: a dry run takes at most half of the time.
            await asyncio.sleep(monotonic() - began)
        await policies_store.finish_run(self._pool, run.run_id, changes.as_json(run.policy))
        log.info("dry_run_finished", policy=run.policy.hash, complaints=changes.total, changed=changes.moved.total())

    async def _fail(self, run: _Run, why: str) -> None:
        try:
            await policies_store.fail_run(self._pool, run.run_id, why)
        except PASSING as error:
            # It is told as interrupted then.
            log.warning("dry_run_not_marked", error=type(error).__name__)
