"""What all tests share: settings, the county's data, and real servers, each started once a session when asked for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import settings

from deploy.local.broker import start_broker
from deploy.local.database import ROLES, prepare_database, serving, with_database
from deploy.local.hotline import POLICY, PROJECT
from deploy.local.kafka import ApacheKafka
from deploy.local.ports import free_ports
from deploy.local.postgres import ExternalPostgres, LocalPostgres, start_postgres
from services.tracker.deadlines.calendar import Calendar
from shared import migrate
from shared.policy import Policy
from shared.policy_files import load_policy
from shared.postgres import Pool, create_pool
from tests.state import state_directory

# A busy machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def calendar() -> Calendar:
    return Calendar.of_china()


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(POLICY)


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres | ExternalPostgres]:
    with state_directory() as state, start_postgres(state, free_ports(1)[0]) as server:
        yield server


@pytest.fixture(scope="session")
def broker() -> Iterator[ApacheKafka]:
    with state_directory() as state, start_broker(state, *free_ports(2), require_apache=True) as server:
        assert isinstance(server, ApacheKafka)
        yield server


PASSWORDS = dict.fromkeys(ROLES, "only-for-this-test")


def new_database(postgres: LocalPostgres | ExternalPostgres) -> dict[str, str]:
    """The URL of each schema's owner in a database of its own in which nothing is migrated yet."""
    return asyncio.run(prepare_database(postgres.url, PASSWORDS, database=f"test_{uuid4().hex}"))


def migrations_of(service: str) -> list[migrate.Migration]:
    return migrate.read(migrate.SHARED, PROJECT / "services" / service / "migrations")


@pytest.fixture
def empty_urls(postgres: LocalPostgres | ExternalPostgres) -> dict[str, str]:
    return new_database(postgres)


@pytest.fixture(scope="session")
def service_urls(postgres: LocalPostgres | ExternalPostgres) -> dict[str, str]:
    """The URL of each schema's owner in one database, migrated to the newest version."""
    urls = new_database(postgres)
    for service, url in urls.items():
        asyncio.run(migrate.migrate(url, migrations_of(service)))
    return urls


# Row by row, for a table that is truncated is written anew with all its indexes. No trigger refuses it to a superuser.
EMPTY = """
DO $$ DECLARE each regclass; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR each IN
        SELECT oid FROM pg_class
        WHERE relkind = 'r' AND relnamespace = '{service}'::regnamespace AND relname <> 'migrations'
    LOOP EXECUTE format('DELETE FROM %s', each); END LOOP;
END $$
"""


async def _emptied(
    service: str, postgres: LocalPostgres | ExternalPostgres, service_urls: dict[str, str]
) -> AsyncIterator[Pool]:
    """Connections as the service has them, to tables that were emptied."""
    owner_url = service_urls[service]
    superuser = await asyncpg.connect(with_database(postgres.url, owner_url.rpartition("/")[2]))
    await superuser.execute(EMPTY.format(service=service))
    await superuser.close()
    pool = await create_pool(serving(owner_url, service, PASSWORDS), application_name="test")
    yield pool
    await pool.close()


@pytest.fixture
async def intake_pool(postgres: LocalPostgres | ExternalPostgres, service_urls: dict[str, str]) -> AsyncIterator[Pool]:
    async for pool in _emptied("intake", postgres, service_urls):
        yield pool


@pytest.fixture
async def router_pool(postgres: LocalPostgres | ExternalPostgres, service_urls: dict[str, str]) -> AsyncIterator[Pool]:
    async for pool in _emptied("router", postgres, service_urls):
        yield pool


@pytest.fixture
async def tracker_pool(postgres: LocalPostgres | ExternalPostgres, service_urls: dict[str, str]) -> AsyncIterator[Pool]:
    async for pool in _emptied("tracker", postgres, service_urls):
        yield pool
