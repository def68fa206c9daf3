"""Models over HTTP for the administrator: which is in service, which may come; the switch."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, Query

from services.router.classifier import models_store
from services.router.classifier.model_folder import Described, ModelFolder
from services.router.in_service import Routing
from services.router.policies.activating import activate_model
from services.router.policies.policies_api import Activation, Administrator
from services.router.policies.refusing import model_refused
from shared.auth import Role, allow
from shared.policy import Policy
from shared.postgres import Pool
from shared.redaction import redact

_ADMINISTRATOR = allow(Role.ADMINISTRATOR)


class Models:
    """What the API and the page do, with Problem for what cannot be done. `routing` gives the one in service."""

    def __init__(self, pool: Pool, folder: ModelFolder, routing: Callable[[], Routing]) -> None:
        self._pool, self._folder, self._routing = pool, folder, routing

    async def overview(self) -> dict[str, Any]:
        routing = self._routing()
        in_service = await asyncio.to_thread(self._folder.in_service)
        candidates = await asyncio.to_thread(self._folder.candidates)
        return {
            "in_service": _described(in_service, routing.policy) if in_service else None,
            # What this router decides by: the same, but for the seconds after a switch.
            "routing_by": routing.model.hash if routing.model else None,
            "switchable": self._folder.place is not None,
            "candidates": [{"name": one.name, **_described(one, routing.policy)} for one in candidates],
        }

    async def activate(self, name: str, activation: Activation, by: str) -> dict[str, Any]:
        with model_refused(name):
            reason, policy = redact(activation.reason), self._routing().policy
            return await activate_model(self._pool, self._folder, policy, name, activation.hash, reason, by)

    async def switches(self, before: int | None, limit: int) -> list[dict[str, Any]]:
        return await models_store.switches(self._pool, before, limit)


def add_models_routes(app: FastAPI, models: Models) -> None:
    @app.get("/v1/models", tags=["models"], dependencies=[_ADMINISTRATOR])
    async def overview() -> dict[str, Any]:
        """The model in service and the candidates: labels, those that are no department, figures out of fold."""
        return await models.overview()

    @app.post("/v1/models/{name}:activate", tags=["models"])
    async def switch(name: str, activation: Activation, administrator: Administrator) -> dict[str, Any]:
        """Put a model that was tried in service; 409 where it is not the one that was seen."""
        return await models.activate(name, activation, administrator.subject)

    @app.get("/v1/models/switches", tags=["models"], dependencies=[_ADMINISTRATOR])
    async def switches(
        before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """Who switched which model on, and why; the last first. `next` is the `before` of the following page."""
        items = await models.switches(before, limit)
        return {"items": items, **({"next": items[-1]["number"]} if len(items) == limit else {})}


def _described(model: Described, policy: Policy) -> dict[str, Any]:
    return {
        "hash": model.hash,
        "problem": model.problem,
        "labels": len(model.labels),
        "unknown_labels": model.unknown_labels(policy.departments),
        "out_of_fold": model.out_of_fold,
    }
