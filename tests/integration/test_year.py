"""Some weeks of virtual time, lived twice: what is planted is found, and both records end in the same hash."""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context

import asyncpg
import pytest

from bench.year import clock
from bench.year.report import figures, targets
from bench.year.running import Lived, Year, live
from deploy.local.hotline import POLICY
from deploy.local.postgres import ExternalPostgres, LocalPostgres
from services.tracker import store
from shared import migrate
from shared.policy import Policy
from shared.policy_files import load_policy
from tests.conftest import PASSWORDS, migrations_of, new_database

# As many as it takes for a habit to stand out from chance in a month of each of the five.
WEEKS = Year(complaints=1600, days=31, seed=12345)


def _live(url: str) -> Lived:
    return asyncio.run(live(url, PASSWORDS, WEEKS, load_policy(POLICY)))


def test_all_that_is_planted_is_found_the_honest_are_spared_and_a_second_run_ends_in_the_same_head(
    postgres: LocalPostgres | ExternalPostgres, policy: Policy
) -> None:
    urls = [new_database(postgres)["tracker"] for _ in range(2)]
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        runs = list(processes.map(_live, urls))
    measured = figures(runs, policy)
    targets_missed = {
        name: measured[name]
        for name, target in targets(policy, WEEKS.days).items()
        if not target.met_by(measured[name])
    }
    assert targets_missed == {}
    assert measured["planted_cases"] > WEEKS.complaints / 50
    assert runs[0].head == runs[1].head != ""


async def test_the_present_of_a_virtual_database_is_what_was_said_and_none_where_nobody_said_it(
    empty_urls: dict[str, str],
) -> None:
    url = empty_urls["tracker"]
    await migrate.migrate(url, migrations_of("tracker"))
    await clock.install(url)
    pool = await clock.one_connection(url)
    long_ago = datetime(2025, 1, 1, 1, 30, tzinfo=UTC)
    async with pool.acquire() as connection:
        await clock.set_present(connection, long_ago)
    assert await store.present(pool) == long_ago
    assert await store.present(pool) == long_ago
    await pool.close()

    stranger = await asyncpg.connect(url)
    # A tracker that is to serve real people looks at this, and does not start.
    assert await stranger.fetchval(store.IS_SIMULATED)
    with pytest.raises(asyncpg.UndefinedObjectError):
        await store.present(stranger)
    await stranger.close()


async def test_without_the_replacement_the_setting_moves_nothing(empty_urls: dict[str, str]) -> None:
    url = empty_urls["tracker"]
    await migrate.migrate(url, migrations_of("tracker"))
    connection = await asyncpg.connect(url)
    await clock.set_present(connection, datetime(2025, 1, 1, tzinfo=UTC))
    assert abs(await store.present(connection) - datetime.now(UTC)) < timedelta(days=1)
    await connection.close()
