"""A person switches a policy on: the one that was seen and tried, noted with the reason, whole or not at all."""

import asyncio
from typing import Any

import structlog

from services.router.policies import policies_store
from services.router.policies.policy_folders import ChangedSince, PolicyFolders
from shared.postgres import Pool

log = structlog.get_logger(__name__)


class NotTried(Exception):
    """No dry run of this very policy is finished."""


class InForceAlready(Exception):
    """It is the policy in force."""


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
