"""Real servers for the integration tests: one PostgreSQL and one Apache Kafka for the whole session."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from deploy.local.broker import Broker, start_broker
from deploy.local.database import SERVICES, prepare_database
from deploy.local.hotline import PROJECT
from deploy.local.ports import free_ports
from deploy.local.postgres import ExternalPostgres, LocalPostgres, start_postgres
from shared import migrate
from shared.postgres import Pool, create_pool


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPostgres | ExternalPostgres]:
    with start_postgres(tmp_path_factory.mktemp("postgres"), free_ports(1)[0]) as server:
        yield server


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with start_broker(tmp_path_factory.mktemp("kafka"), free_ports(1)[0], require_apache=True) as server:
        yield server


@pytest.fixture(scope="session")
def service_urls(postgres: LocalPostgres | ExternalPostgres) -> dict[str, str]:
    """The URL of each service in one database, migrated to the newest version."""
    passwords = dict.fromkeys(SERVICES, "only-for-this-test")
    urls = asyncio.run(prepare_database(postgres.url, passwords, database=f"test_{uuid4().hex}"))
    for service, url in urls.items():
        migrations = migrate.read(migrate.SHARED, PROJECT / "services" / service / "migrations")
        asyncio.run(migrate.migrate(url, migrations))
    return urls


TABLES = """
SELECT quote_ident(relname) FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND relname <> 'migrations'
"""


async def _emptied(url: str) -> AsyncIterator[Pool]:
    pool = await create_pool(url, application_name="test")
    tables = [row[0] for row in await pool.fetch(TABLES)]
    await pool.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
    yield pool
    await pool.close()


@pytest.fixture
async def intake_pool(service_urls: dict[str, str]) -> AsyncIterator[Pool]:
    async for pool in _emptied(service_urls["intake"]):
        yield pool


@pytest.fixture
async def router_pool(service_urls: dict[str, str]) -> AsyncIterator[Pool]:
    async for pool in _emptied(service_urls["router"]):
        yield pool


@pytest.fixture
async def tracker_pool(service_urls: dict[str, str]) -> AsyncIterator[Pool]:
    async for pool in _emptied(service_urls["tracker"]):
        yield pool
