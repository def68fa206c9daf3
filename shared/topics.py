"""The topics, their partitions and how long they keep; created by `migrate`, never by accident."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

COMPLAINTS_RECEIVED = "complaints.received"
CASES_EVENTS = "cases.events"
SUPERVISION_ALERTS = "supervision.alerts"
COMPLAINTS_INCIDENTS = "complaints.incidents"
ASSIGNED_PATTERN = r"^departments\.[a-z0-9-]+\.assigned$"
ACTIONS_PATTERN = r"^departments\.[a-z0-9-]+\.actions$"

KEPT = timedelta(days=30)


def assigned(department: str) -> str:
    """The queue of one department: a topic of its own, so that an access list of the broker can keep others out."""
    return f"departments.{department}.assigned"


def actions(department: str) -> str:
    """What one department's own system asks for; whoever may write here acts as that department."""
    return f"departments.{department}.actions"


def refusals(department: str) -> str:
    """What of a department's actions was refused, and why."""
    return f"departments.{department}.refusals"


def actor_of(topic: str) -> str:
    """The department as which whoever writes `topic` acts; ValueError where it is no topic of actions."""
    if not re.match(ACTIONS_PATTERN, topic):
        raise ValueError(f"{topic} is no topic of a department's actions")
    return topic.split(".")[1]


def dead(topic: str) -> str:
    """Where records of `topic` go that nobody could process."""
    return f"{topic}.dead"


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    partitions: int
    kept: timedelta


def all_topics(departments: Iterable[str]) -> list[Topic]:
    """Every topic of a county with these departments, dead-letter topics included.

    The partition count of a topic is for ever: a change would move keys and break their order.
    """
    queues = [Topic(name(code), 1, KEPT) for code in departments for name in (assigned, actions, refusals)]
    live = [
        Topic(COMPLAINTS_RECEIVED, 6, KEPT),
        Topic(CASES_EVENTS, 6, KEPT),
        Topic(COMPLAINTS_INCIDENTS, 6, KEPT),
        Topic(SUPERVISION_ALERTS, 2, KEPT),
        *queues,
    ]
    return live + [Topic(dead(topic.name), 1, 3 * KEPT) for topic in live]
