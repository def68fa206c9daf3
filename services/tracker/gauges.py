"""Gauges that are read from the database when the metrics are scraped."""

from prometheus_client import Gauge

from services.tracker import store
from services.tracker.inaction import inaction_open_store
from services.tracker.timers import timers_store
from shared.metrics import Refresh
from shared.postgres import Pool

CASES = Gauge("hotline_cases", "Cases that are not closed", ["department", "status"])
OVERDUE = Gauge("hotline_overdue", "Deadlines missed and still not met", ["department", "clock"])
OPEN_INACTION = Gauge(
    "hotline_inaction_open", "Suspicions that nobody has judged, by what they await", ["department", "kind", "awaits"]
)
TIMERS_LATE = Gauge("hotline_timers_late", "Timers that are due and have not fired")
TIMERS_LAG = Gauge("hotline_timers_lag_seconds", "How long the first timer that is due has waited")


def refresh_gauges(pool: Pool) -> Refresh:
    async def refresh() -> None:
        CASES.clear()
        for row in await pool.fetch(store.COUNT_OPEN_CASES):
            CASES.labels(row["department"], row["status"]).set(row["cases"])
        OVERDUE.clear()
        for row in await pool.fetch(store.COUNT_OVERDUE):
            OVERDUE.labels(row["department"], row["clock"]).set(row["overdue"])
        OPEN_INACTION.clear()
        for row in await inaction_open_store.count_open(pool):
            OPEN_INACTION.labels(row["department"], row["kind"], row["awaits"]).set(row["number"])
        (late,) = await pool.fetch(timers_store.OVERDUE_TIMERS)
        TIMERS_LATE.set(late["waiting"])
        TIMERS_LAG.set(late["lag"])

    return refresh
