"""What the benches compare with still fits the tables: the same rows, written without the services."""

import asyncio
from itertools import islice

import asyncpg

from bench import load
from bench.bare_inserts import run_bare_inserts
from bench.bare_pipe import ASSIGNED, OPENED, RECEIVED, Pipe, run_bare_pipe
from deploy.local.kafka import ApacheKafka
from shared import migrate
from shared.kafka import create_topics
from tests.conftest import migrations_of

_COMPLAINTS = 30


async def _rows(url: str, *tables: str) -> list[int]:
    connection = await asyncpg.connect(url)
    counted = [await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608  # our own words
    await connection.close()
    return counted


async def test_every_complaint_goes_through_all_three_stages_of_the_bare_pipe(
    broker: ApacheKafka, empty_urls: dict[str, str]
) -> None:
    for service, url in empty_urls.items():
        await migrate.migrate(url, migrations_of(service))
    await create_topics([broker.bootstrap_servers], [RECEIVED, ASSIGNED, OPENED])
    pipe = Pipe(broker.bootstrap_servers, empty_urls["intake"], empty_urls["router"], empty_urls["tracker"])
    await asyncio.to_thread(run_bare_pipe, pipe, list(islice(load.submissions("pipe"), _COMPLAINTS)))
    assert await _rows(pipe.intake_url, "complaints") == [_COMPLAINTS]
    assert await _rows(pipe.router_url, "decisions") == [_COMPLAINTS]
    # Two deadlines for each, of which one is warned of as well.
    assert await _rows(pipe.tracker_url, "cases", "entries", "deadlines", "timers") == [
        _COMPLAINTS,
        _COMPLAINTS,
        2 * _COMPLAINTS,
        3 * _COMPLAINTS,
    ]


async def test_the_bare_inserts_write_what_an_acceptance_writes(empty_urls: dict[str, str]) -> None:
    url = empty_urls["intake"]
    await migrate.migrate(url, migrations_of("intake"))
    bodies = list(islice(load.submissions("inserts"), _COMPLAINTS))
    with_a_number = sum(b'"phone"' in body for body in bodies)
    assert await asyncio.to_thread(run_bare_inserts, url, bodies) > 0
    complaints, vault, traces = await _rows(url, "complaints", "vault", "blind_index")
    assert (complaints, vault) == (_COMPLAINTS, _COMPLAINTS)
    assert traces == with_a_number > 0
