"""The frame of a service process: what each of the three opens, watches and closes in the same way."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential_jitter

from shared import inbox, outbox
from shared.kafka import Subscriptions
from shared.metrics import OUTBOX_AGE, OUTBOX_DEPTH, Refresh
from shared.operations import Probe, add_operations
from shared.outbox import Relay
from shared.postgres import PASSING, Pool, create_pool
from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)

_FORGET_EVERY_SECONDS = 3600.0
_STUCK_SECONDS = 60.0

_IS_MIGRATED = "SELECT count(*) FROM (SELECT FROM inbox LIMIT 1) AS any_table"


@dataclass(frozen=True, slots=True)
class Foundation:
    """The database, the relay of the outbox and the subscriptions of one service."""

    pool: Pool
    relay: Relay
    subscriptions: Subscriptions


@asynccontextmanager
async def foundation(settings: ServiceSettings, service: str) -> AsyncIterator[Foundation]:
    """Open the database, waiting for it as long as it takes; nothing is consumed or published yet."""
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(PASSING),
        wait=wait_exponential_jitter(multiplier=0.2, max=5),
        before_sleep=lambda state: log.warning("database_unreachable", attempt=state.attempt_number),
    )
    pool: Pool = await retrying(create_pool, str(settings.database_url), application_name=f"hotline-{service}")
    async with pool:
        yield Foundation(
            pool,
            Relay(pool, settings.bootstrap_servers),
            Subscriptions(settings.bootstrap_servers, f"hotline.{service}"),
        )


async def serve(
    app: FastAPI,
    settings: ServiceSettings,
    base: Foundation,
    *background: Coroutine[Any, Any, None],
    needs_kafka: bool,
    refreshes: tuple[Refresh, ...] = (),
    probes: tuple[Probe, ...] = (),
) -> None:
    """Serve HTTP, carry the outbox and consume until told to stop; a background task that fails ends the process.

    `needs_kafka` says whether the service is of no use while Kafka is away; `probes` are what else its readiness tells.
    """
    add_operations(app, [*_probes(base, needs_kafka=needs_kafka), *probes], (_refresh_outbox(base), *refreshes))
    server = http_server(app, settings.http_host, settings.http_port, trusted_proxies=settings.trusted_proxies)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(work)
            for work in (base.relay.run(), base.subscriptions.run(), _forget(base.pool), *background)
        ]
        await server.serve()
        for task in tasks:
            task.cancel()


def http_server(app: FastAPI, host: str, port: int, *, trusted_proxies: str | None = None) -> uvicorn.Server:
    """The HTTP server of every service; from here on the process collects cycles of garbage less often."""
    # A batch makes thousands of short-lived objects; looking for cycles after each 700 costs a sixth of the time.
    gc.freeze()
    gc.set_threshold(50_000)
    return _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http="httptools",
            lifespan="off",
            access_log=False,
            proxy_headers=trusted_proxies is not None,
            forwarded_allow_ips=trusted_proxies,
            server_header=False,
            log_config=None,
            timeout_graceful_shutdown=10,
        )
    )


class _Server(uvicorn.Server):
    """Stops at SIGINT or SIGTERM and returns.

    Uvicorn's own raises the signal again when HTTP has stopped, which ends the process before the rest is closed.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def _probes(base: Foundation, *, needs_kafka: bool) -> list[Probe]:
    async def database() -> None:
        await base.pool.fetchval(_IS_MIGRATED)

    async def events_leave() -> None:
        depth, age = await outbox.depth(base.pool)
        if age > _STUCK_SECONDS:
            raise TimeoutError(f"{depth} events wait to be published, the oldest for {age:.0f} s")

    return [
        Probe("database", database),
        Probe("kafka", base.subscriptions.check, required=needs_kafka),
        Probe("outbox", events_leave, required=needs_kafka),
    ]


def _refresh_outbox(base: Foundation) -> Refresh:
    async def refresh() -> None:
        depth, age = await outbox.depth(base.pool)
        OUTBOX_DEPTH.set(depth)
        OUTBOX_AGE.set(age)
        await base.subscriptions.measure()

    return refresh


async def _forget(pool: Pool) -> None:
    while True:
        try:
            await inbox.forget_old(pool)
        except PASSING as error:
            log.warning("inbox_not_trimmed", error=type(error).__name__)
        await asyncio.sleep(_FORGET_EVERY_SECONDS)
