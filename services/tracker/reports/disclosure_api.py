"""Public disclosure (公示) over HTTP, open to all: a page, and the same as open data with its schema."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from services.tracker import store
from services.tracker.reports.disclosure import FEWEST, disclosed, in_chinese, schema, table, terms
from services.tracker.reports.report_files import as_csv
from services.tracker.reports.reports import Counts, Month, by_department
from services.tracker.reports.reports_api import TEMPLATES
from services.tracker.reports.reports_store import count_facts
from shared.auth import open_to_all
from shared.pages import Pages
from shared.policy import Policy
from shared.postgres import Pool
from shared.rate_limits import limited_by_client

_RULES = [
    open_to_all("what the departments owe to everybody and how they kept it, without a word on any person"),
    limited_by_client("60/minute"),
]
_KEPT_SECONDS = 600
_CACHED = {"cache-control": f"public, max-age={_KEPT_SECONDS}"}


class LastMonth:
    """The last full month's counts, looked up once in ten minutes, however many people ask."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self._found: tuple[float, Month, Mapping[str, Counts]] | None = None

    async def counts(self) -> tuple[Month, Mapping[str, Counts]]:
        async with self._lock:
            if self._found is None or time.monotonic() - self._found[0] > _KEPT_SECONDS:
                month = Month.of(await store.present(self._pool)).plus(-1)
                found = by_department(await count_facts(self._pool, month))
                self._found = time.monotonic(), month, found
            return self._found[1:]


def add_disclosure_routes(app: FastAPI, policy: Callable[[], Policy], pool: Pool) -> None:
    """`policy` gives the one in force at the moment."""
    pages = Pages(TEMPLATES)
    last_month = LastMonth(pool)

    @app.get("/v1/disclosure.csv", tags=["disclosure"], dependencies=_RULES)
    async def in_csv() -> Response:
        """A row for each department: duties with their legal basis, terms, and the last full month's results."""
        month, counts = await last_month.counts()
        content = as_csv(table(policy(), month, disclosed(policy(), counts)))
        return Response(content, media_type="text/csv; charset=utf-8", headers=_CACHED)

    @app.get("/v1/disclosure.schema.json", tags=["disclosure"], dependencies=_RULES)
    async def in_schema() -> dict[str, Any]:
        """What each column of the CSV file means, as a table schema."""
        return schema()

    @app.get("/disclosure", include_in_schema=False, dependencies=_RULES)
    async def page(request: Request) -> Response:
        month, counts = await last_month.counts()
        now = policy()
        return pages.render(
            request, "disclosure.html", county=now.county, month=month, fewest=FEWEST, terms=terms(now),
            departments=disclosed(now, counts), in_chinese=in_chinese,
        )  # fmt: skip
