"""Gauges that are read from the database when the metrics are scraped."""

from prometheus_client import Gauge

from services.intake import store
from shared.metrics import Refresh
from shared.postgres import Pool

WITHOUT_CASE = Gauge(
    "hotline_complaints_without_case", "Complaints of the last week, accepted ten minutes ago or more, without a case"
)


def refresh_gauges(pool: Pool) -> Refresh:
    async def refresh() -> None:
        WITHOUT_CASE.set(await pool.fetchval(store.COUNT_WITHOUT_CASE))

    return refresh
