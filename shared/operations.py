"""What a service tells whoever runs it: whether it lives, whether it is ready and what is missing, its metrics."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.auth import open_to_all
from shared.metrics import DEPENDENCY_UP, STALE_GAUGES, Refresh

_PROBE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Probe:
    """Something the service depends on; `check` returns or raises. Without a required one it is not ready."""

    name: str
    check: Callable[[], Awaitable[None]]
    required: bool = True


async def _outcome(probe: Probe) -> str:
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            await probe.check()
    except Exception as error:  # noqa: BLE001  # any failure of a probe means that the dependency is missing
        DEPENDENCY_UP.labels(probe.name).set(0)
        return str(error) or type(error).__name__
    DEPENDENCY_UP.labels(probe.name).set(1)
    return "ok"


def add_operations(app: FastAPI, probes: Sequence[Probe], refreshes: Sequence[Refresh]) -> None:
    """Add ``/livez``, ``/readyz`` (which names what is missing) and ``/metrics``."""

    @app.get(
        "/livez", tags=["operations"], dependencies=[open_to_all("whoever runs the service asks whether it lives")]
    )
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", tags=["operations"], dependencies=[open_to_all("a load balancer asks, and learns no data")])
    async def readyz(response: Response) -> dict[str, Any]:
        outcomes = dict(zip((p.name for p in probes), await asyncio.gather(*map(_outcome, probes)), strict=True))
        missing = [p for p in probes if outcomes[p.name] != "ok"]
        if any(p.required for p in missing):
            response.status_code = 503
        status = "ok" if not missing else "degraded" if response.status_code != 503 else "unready"  # noqa: PLR2004
        return {"status": status, "dependencies": outcomes}

    @app.get(
        "/metrics",
        tags=["operations"],
        response_class=Response,
        dependencies=[open_to_all("counts only, on an address that only the monitoring reaches (docs/deployment.md)")],
    )
    async def metrics() -> Response:
        for outcome in await asyncio.gather(*(refresh() for refresh in refreshes), return_exceptions=True):
            if isinstance(outcome, Exception):
                STALE_GAUGES.inc()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
