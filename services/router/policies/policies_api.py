"""Policies over HTTP for the administrator: which is in force, which may come, what one would change; the switch."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.router.classifier import models_store
from services.router.in_service import Routing
from services.router.policies import policies_store
from services.router.policies.activating import activate
from services.router.policies.policy_folders import Candidate, NotLaidOut, PolicyFolders
from services.router.policies.refusing import model_refused, policy_refused, told
from services.router.policies.trying import Trying
from shared.auth import Principal, Role, allow
from shared.http import Problem
from shared.postgres import Pool
from shared.redaction import redact

Administrator = Annotated[Principal, allow(Role.ADMINISTRATOR)]
_ADMINISTRATOR = allow(Role.ADMINISTRATOR)
_LATEST = 20


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Attempt(_Body):
    """`since` is a day in China; all that is kept without it. `model` is a candidate; the one in service without it."""

    since: Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))] | None = None
    model: str | None = None


class Activation(_Body):
    """`hash` is that of the policy or model that whoever switches it on has seen."""

    hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    # On one line, and without the NUL that PostgreSQL does not take.
    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")
    ]


class Policies:
    """What the API and the page do, with Problem for what cannot be done. `routing` gives the one in service."""

    def __init__(self, pool: Pool, folders: PolicyFolders, trying: Trying, routing: Callable[[], Routing]) -> None:
        self._pool, self._folders, self._trying, self._routing = pool, folders, trying, routing

    async def overview(self) -> dict[str, Any]:
        routing = self._routing()
        candidates = await asyncio.to_thread(self._folders.candidates)
        latest = await policies_store.activations(self._pool, None, 1)
        switched = await models_store.switches(self._pool, None, 1)
        try:
            in_force, switchable = self._folders.in_force(), True
        except NotLaidOut:
            in_force, switchable = routing.policy.hash, False
        noted = latest[0] if latest and latest[0]["to_hash"] == in_force else {}
        return {
            "in_force": {
                "hash": in_force,
                "county": routing.policy.county,
                # What this router decides by: the same, but for the seconds after a switch.
                "routing_by": routing.policy.hash,
                **{name: noted.get(name) for name in ("name", "activated_at", "activated_by", "reason")},
            },
            "switchable": switchable,
            "model": {
                "hash": routing.model.hash if routing.model else None,
                "last_switch": switched[0] if switched else None,
            },
            "candidates": [_candidate(one) for one in candidates],
            "dry_runs": await policies_store.latest_runs(self._pool, _LATEST),
        }

    async def attempt(self, name: str, attempt: Attempt, by: str) -> UUID:
        with policy_refused(name), model_refused(attempt.model or ""):
            return await self._trying.start(name, attempt.model, attempt.since, by, self._routing())

    async def dry_run(self, run_id: UUID) -> dict[str, Any]:
        found = await policies_store.read_run(self._pool, run_id)
        if found is None:
            raise Problem(404, "没有这次试运行。", "There is no such dry run.")
        return found

    async def activate(self, name: str, activation: Activation, by: str) -> dict[str, Any]:
        with policy_refused(name):
            reason = redact(activation.reason)
            return await activate(self._pool, self._folders, name, activation.hash, reason, by)

    async def activations(self, before: int | None, limit: int) -> list[dict[str, Any]]:
        return await policies_store.activations(self._pool, before, limit)


def add_policies_routes(app: FastAPI, policies: Policies) -> None:
    @app.get("/v1/policies", tags=["policies"], dependencies=[_ADMINISTRATOR])
    async def overview() -> dict[str, Any]:
        """The policy in force, since when and by whom; the candidates, with what is wrong; the latest dry runs."""
        return await policies.overview()

    @app.post("/v1/policies/{name}:dry-run", status_code=202, tags=["policies"])
    async def dry_run(name: str, attempt: Attempt, administrator: Administrator) -> dict[str, Any]:
        """Begin to replay what was decided under a candidate, or by its hash under a policy that is or was in force."""
        run_id = await policies.attempt(name, attempt, administrator.subject)
        return {"dry_run_id": run_id}

    @app.get("/v1/policies/dry-runs/{run_id}", tags=["policies"], dependencies=[_ADMINISTRATOR])
    async def one(run_id: UUID) -> dict[str, Any]:
        """How far a dry run is, and when it is finished its result: by department, by pair with examples, by step."""
        return await policies.dry_run(run_id)

    @app.post("/v1/policies/{name}:activate", tags=["policies"])
    async def switch(name: str, activation: Activation, administrator: Administrator) -> dict[str, Any]:
        """Put a policy that was tried in force for all three services; 409 where it is not the one that was seen."""
        return await policies.activate(name, activation, administrator.subject)

    @app.get("/v1/policies/activations", tags=["policies"], dependencies=[_ADMINISTRATOR])
    async def activations(
        before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """Who switched which policy on, and why; the last first. `next` is the `before` of the following page."""
        items = await policies.activations(before, limit)
        return {"items": items, **({"next": items[-1]["number"]} if len(items) == limit else {})}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "name": candidate.name,
        "hash": candidate.hash,
        "valid": candidate.hash is not None,
        "problems": [told(fault) for fault in candidate.problems],
    }
