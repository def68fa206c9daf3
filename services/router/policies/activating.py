"""A person switches a policy or a model on: what was seen and tried, noted with the reason, whole or not at all."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from services.router.classifier import models_store
from services.router.classifier.model_file import OtherModel, UnreadableModel, install_model
from services.router.classifier.model_folder import Described, ModelFolder
from services.router.policies import policies_store
from services.router.policies.policy_folders import ChangedSince, PolicyFolders
from shared.policy import Policy
from shared.postgres import Connection, Pool

log = structlog.get_logger(__name__)


class NotTried(Exception):
    """No dry run of this very policy or model is finished."""


class InForceAlready(Exception):
    """It is the policy in force, or the model in service."""


class NeverDecides(Exception):
    """None of the model's labels is a department of this county."""


async def activate(
    pool: Pool, folders: PolicyFolders, name: str, seen_hash: str, reason: str, by: str
) -> dict[str, Any]:
    """Put the policy `name`, which must be the one that was seen, in force, and return what was noted.

    KeyError, NotLaidOut and PolicyInvalid where there is none to switch on; ChangedSince, NotTried, InForceAlready.
    The services follow within seconds. The link is switched last: a process that ends between it and the commit leaves
    a policy in force that the latest note does not name, which the page shows.
    """
    policy = await asyncio.to_thread(folders.policy, name)
    if policy.hash != seen_hash:
        raise ChangedSince
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(policies_store.HOLD_POLICIES)
        before = folders.in_force()
        if before == seen_hash:
            raise InForceAlready
        run_id = await policies_store.finished_run(connection, seen_hash)
        if run_id is None:
            raise NotTried
        await asyncio.to_thread(folders.keep, name, seen_hash)
        noted = await policies_store.note_activation(connection, by, name, (before, seen_hash), run_id, reason)
        folders.switch(seen_hash)
    log.info("policy_activated", before=before, after=seen_hash, by=by)
    return dict(noted)


async def activate_model(
    pool: Pool, models: ModelFolder, policy: Policy, name: str, seen_hash: str, reason: str, by: str
) -> dict[str, Any]:
    """Put the candidate `name`, which must be the one that was seen, in service, and return what was noted.

    NoSuchModel, UnreadableModel and NeverDecides where there is none to switch on; ChangedSince, NotTried,
    InForceAlready. The router takes it within seconds.
    """
    found = await asyncio.to_thread(models.candidate, name)
    if models.place is None or found.hash is None:
        raise UnreadableModel(found.problem)
    if found.hash != seen_hash:
        raise ChangedSince
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(policies_store.HOLD_POLICIES)
        before = await asyncio.to_thread(models.in_service)
        if before is not None and before.hash == seen_hash:
            raise InForceAlready
        run_id = await models_store.finished_run(connection, seen_hash)
        if run_id is None:
            raise NotTried
        noted = await switch_model(connection, found, models.place, policy, by, reason=reason, run_id=run_id)
    log.info("model_activated", before=before.hash if before else None, after=seen_hash, by=by)
    return noted


async def switch_model(
    connection: Connection,
    found: Described,
    place: Path,
    policy: Policy,
    by: str,
    *,
    reason: str | None = None,
    run_id: UUID | None = None,
) -> dict[str, Any]:
    """Noted only if the file is in its place, and in its place only if it could be noted; return what was noted.

    The transaction of `connection` holds the policies. UnreadableModel, NeverDecides, and ChangedSince where the file
    holds another model by now.
    """
    if found.hash is None:
        raise UnreadableModel(found.problem)
    if len(found.unknown_labels(policy.departments)) == len(found.labels):
        raise NeverDecides
    noted = await models_store.note_switch(connection, found.hash, by, reason, run_id)
    try:
        await asyncio.to_thread(install_model, found.file, found.hash, place)
    except OtherModel:
        raise ChangedSince from None
    return dict(noted)
