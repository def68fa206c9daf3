"""The keys of the vault are changed while complaints come in: nothing is lost, and nothing stays under an old key."""

import asyncio
import base64
import os
import sys
from uuid import UUID

import pytest

from deploy.local.hotline import PROJECT
from services.intake.acceptance import Acceptance
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.rotating import rotate
from services.intake.identity.vault import Keyring, Sealed, VaultError, open_
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from tests.integration.reporters import REPORTER
from tests.integration.test_acceptance import complaint

OLD, NEW = os.urandom(32), os.urandom(32)
OLD_RING = Keyring({"old": OLD}, "old")
BOTH = Keyring({"new": NEW, "old": OLD}, "new")
NEW_RING = Keyring({"new": NEW}, "new")
INDEX_KEY = os.urandom(32)
INDEX, NEW_INDEX = BlindIndex(INDEX_KEY), BlindIndex(os.urandom(32))


def acceptance(pool: Pool, policy: Policy, ring: Keyring = OLD_RING, index: BlindIndex = INDEX) -> Acceptance:
    return Acceptance(pool, Relay(pool, []), ring, index, lambda: policy.repeat_window)


async def fill(pool: Pool, policy: Policy, county: County, count: int, first: int = 0) -> None:
    numbers = range(first, first + count)
    await acceptance(pool, policy).accept_batch([complaint(county, f"A-{n}", reporter=REPORTER) for n in numbers])


async def opened_with(pool: Pool, ring: Keyring) -> int:
    """How many rows open with `ring` and hold the reporter."""
    rows = [(row["complaint_id"], Sealed(row["key_id"], row["sealed"])) for row in await pool.fetch("TABLE vault")]
    found = 0
    for complaint_id, sealed in rows:
        try:
            identity = open_(ring, sealed, complaint_id)
        except VaultError:
            continue
        found += identity.reporter is not None and identity.reporter.phone == REPORTER["phone"]
    return found


async def traced(pool: Pool, index: BlindIndex) -> int:
    rows = await pool.fetch("SELECT complaint_id FROM vault WHERE index_key = $1", index.fingerprint)
    with_traces = await pool.fetchval("SELECT count(DISTINCT complaint_id) FROM blind_index")
    assert with_traces == await pool.fetchval("SELECT count(*) FROM vault")
    return len(rows)


async def test_every_row_is_sealed_anew_and_the_old_key_is_named_as_unused(
    intake_pool: Pool, policy: Policy, county: County
) -> None:
    await fill(intake_pool, policy, county, 1203)
    done = await rotate(intake_pool, BOTH, INDEX)
    assert (done.renewed, done.unreadable, done.sealed, done.unused) == (1203, 0, {"new": 1203}, ("old",))
    assert await opened_with(intake_pool, NEW_RING) == 1203
    again = await rotate(intake_pool, BOTH, INDEX)
    assert (again.renewed, again.unused) == (0, ("old",))


async def test_it_may_be_stopped_anywhere_and_goes_on_from_there(
    intake_pool: Pool, policy: Policy, county: County
) -> None:
    await fill(intake_pool, policy, county, 1500)
    rotating = asyncio.create_task(rotate(intake_pool, BOTH, INDEX))
    async with asyncio.timeout(60):
        while not await intake_pool.fetchval("SELECT count(*) FROM vault WHERE key_id = 'new'"):  # noqa: ASYNC110
            await asyncio.sleep(0)
    rotating.cancel()
    await asyncio.wait([rotating])
    # Whatever was done when it was stopped, each row opens with one of the two.
    assert await opened_with(intake_pool, BOTH) == 1500
    before = await intake_pool.fetchval("SELECT count(*) FROM vault WHERE key_id = 'new'")
    done = await rotate(intake_pool, BOTH, INDEX)
    assert done.renewed == 1500 - before
    assert await opened_with(intake_pool, NEW_RING) == 1500


async def test_complaints_that_come_in_meanwhile_under_the_old_key_are_not_lost_and_the_next_run_finds_them(
    intake_pool: Pool, policy: Policy, county: County
) -> None:
    await fill(intake_pool, policy, county, 1000)
    running = acceptance(intake_pool, policy)
    rotating = asyncio.create_task(rotate(intake_pool, BOTH, INDEX))
    numbers = 0
    while not rotating.done():
        await running.accept_batch([complaint(county, f"B-{numbers}", reporter=REPORTER)])
        numbers += 1
    first = await rotating
    # The service is given the new key, and what was sealed with the old one to the last is done now.
    last = await rotate(intake_pool, BOTH, INDEX)
    assert numbers
    assert first.renewed + last.renewed == 1000 + numbers
    assert await opened_with(intake_pool, NEW_RING) == 1000 + numbers


async def test_two_at_once_share_the_work_and_spoil_nothing(intake_pool: Pool, policy: Policy, county: County) -> None:
    await fill(intake_pool, policy, county, 1200)
    one, other = await asyncio.gather(*(rotate(intake_pool, BOTH, INDEX) for _ in range(2)))
    assert one.renewed + other.renewed == 1200
    assert await opened_with(intake_pool, NEW_RING) == 1200


async def test_rows_whose_key_is_missing_stay_as_they_are_and_are_counted(
    intake_pool: Pool, policy: Policy, county: County
) -> None:
    await fill(intake_pool, policy, county, 3)
    done = await rotate(intake_pool, NEW_RING, INDEX)
    assert (done.renewed, done.unreadable, done.sealed, done.unused) == (0, 3, {"old": 3}, ())
    assert await opened_with(intake_pool, OLD_RING) == 3


@pytest.mark.parametrize("before", ["another key", "no key: the rows of an older version"])
async def test_the_traces_are_brought_under_the_key_of_the_index_too(
    intake_pool: Pool, policy: Policy, county: County, before: str
) -> None:
    await fill(intake_pool, policy, county, 5)
    if before != "another key":
        await intake_pool.execute("UPDATE vault SET index_key = NULL")
        await intake_pool.execute("DELETE FROM blind_index")
    done = await rotate(intake_pool, OLD_RING, NEW_INDEX)
    assert done.renewed == 5
    assert await traced(intake_pool, NEW_INDEX) == 5
    # The reporter is known again by the new key.
    later = acceptance(intake_pool, policy, OLD_RING, NEW_INDEX)
    [receipt] = await later.accept_batch([complaint(county, "B-1", reporter=REPORTER)])
    assert receipt.repeat_of is not None
    assert receipt.repeat_of.complaint_id in {
        UUID(str(row[0])) for row in await intake_pool.fetch("SELECT complaint_id FROM complaints")
    }


async def command(url: str, keys: str) -> tuple[int | None, str]:
    environment = {
        "DATABASE_URL": url,
        "HOTLINE_VAULT_KEYS": keys,
        "HOTLINE_BLIND_INDEX_KEY": written(INDEX_KEY),
        "PATH": "/usr/bin:/bin",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.intake",
        "rotate-vault",
        cwd=PROJECT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    return process.returncode, told.decode()


def written(key: bytes) -> str:
    return base64.b64encode(key).decode()


async def test_the_command_says_how_many_and_which_keys_are_done_with(
    intake_pool: Pool, policy: Policy, county: County, service_urls: dict[str, str]
) -> None:
    await fill(intake_pool, policy, county, 3)
    status, told = await command(service_urls["intake"], f"new:{written(NEW)}")
    assert (status, "3 do not open" in told) == (1, True)
    status, told = await command(service_urls["intake"], f"new:{written(NEW)},old:{written(OLD)}")
    assert told.splitlines() == [
        "3 identities sealed or traced anew",
        "key new: seals 3",
        "key old: no longer used; remove it once no backup needs it",
    ]
    assert status == 0
