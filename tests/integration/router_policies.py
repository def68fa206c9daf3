"""The router's policies as its main module puts them together, on a layout of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from services.router.classifier.model_folder import ModelFolder
from services.router.classifier.models_api import Models, add_models_routes
from services.router.handlers import PlaceComplaints
from services.router.in_service import InService
from services.router.policies.policies_api import Policies, add_policies_routes
from services.router.policies.policies_pages import add_policies_pages
from services.router.policies.policy_folders import PolicyFolders
from services.router.policies.trying import Trying
from shared.auth import Role
from shared.consumer import BatchConsumer
from shared.events import ComplaintReceived
from shared.http import create_app
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.topics import COMPLAINTS_RECEIVED
from tests.examples import received, record
from tests.tokens import bearer, verifier

ADMINISTRATOR = bearer(Role.ADMINISTRATOR, subject="administrator-1")


@dataclass(frozen=True, slots=True)
class County:
    """A router that decides, its application, and the folder of its policies."""

    pool: Pool
    app: FastAPI
    policy_dir: Path
    in_service: InService
    trying: Trying

    async def receives(self, text: str) -> str:
        """Where a complaint goes that comes now."""
        complaint = received(text=text)
        consumer = BatchConsumer(
            "decisions",
            [ComplaintReceived],
            PlaceComplaints(self.in_service.decide),
            self.pool,
            Relay(self.pool, []),
        )
        await consumer([record(complaint, topic=COMPLAINTS_RECEIVED)])
        department: str = await self.pool.fetchval(
            "SELECT department FROM decisions WHERE complaint_id = $1", complaint.complaint_id
        )
        return department

    async def follow(self) -> None:
        """Look for a changed policy once, as the running router does every two seconds."""
        await self.in_service.reload(_ready)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Dry runs are done for as long as the context lasts."""
        running = asyncio.create_task(self.trying.run())
        yield
        assert not running.done()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def county(pool: Pool, policy_dir: Path, place: Path | None = None) -> County:
    app = create_app("Hotline router", verifier())
    in_service, folders, model_folder = InService(policy_dir, place), PolicyFolders(policy_dir), ModelFolder(place)
    trying = Trying(pool, folders, model_folder)
    policies = Policies(pool, folders, trying, lambda: in_service.routing)
    models = Models(pool, model_folder, lambda: in_service.routing)
    add_policies_routes(app, policies)
    add_models_routes(app, models)
    add_policies_pages(app, policies, models)
    return County(pool, app, policy_dir, in_service, trying)


async def finished(client: httpx.AsyncClient, run_id: str) -> dict[str, Any]:
    """The dry run when it is no longer running."""
    async with asyncio.timeout(60):
        while True:
            run: dict[str, Any] = (await client.get(f"/v1/policies/dry-runs/{run_id}", headers=ADMINISTRATOR)).json()
            if run["state"] != "running":
                return run
            await asyncio.sleep(0.05)


async def _ready(_policy: Policy) -> None:
    """The topics are none of these tests' business."""
