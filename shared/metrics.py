"""Metrics that every service has. Labels come from closed lists, never from what a citizen wrote."""

from collections.abc import Awaitable, Callable

from prometheus_client import Counter, Gauge, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it so

# Called before each scrape to bring gauges up to date.
Refresh = Callable[[], Awaitable[None]]

EVENTS_CONSUMED = Counter("hotline_events_consumed_total", "Records taken in from Kafka", ["consumer"])
DEAD_LETTERS = Counter("hotline_dead_letters_total", "Records sent to a dead-letter topic", ["consumer"])
OUTBOX_DEPTH = Gauge("hotline_outbox_depth", "Events that wait to be published")
OUTBOX_AGE = Gauge("hotline_outbox_oldest_age_seconds", "Age of the oldest event that waits to be published")
CONSUMER_LAG = Gauge("hotline_consumer_lag", "Records that wait to be consumed", ["consumer"])
LAST_POLL_AGE = Gauge(
    "hotline_consumer_last_poll_age_seconds",
    "Time since the broker last answered a fetch; -1 before the first",
    ["consumer"],
)
DEPENDENCY_UP = Gauge("hotline_dependency_up", "1 where the dependency answers", ["dependency"])
STALE_GAUGES = Counter("hotline_stale_gauges_total", "Times that gauges could not be brought up to date for a scrape")
