"""The broker of the local stack: the one that is given, else Apache Kafka, else the stand-in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

from deploy.local.kafka import ApacheKafka, answers
from deploy.local.kafka_jars import find_jars, find_java
from deploy.local.messages import StackError, say
from deploy.local.standin import StandIn


@dataclass(frozen=True, slots=True)
class ExternalBroker:
    """A broker that somebody else runs, and of which we know nothing but the address."""

    bootstrap_servers: str
    kind: ClassVar[Literal["external"]] = "external"
    version: ClassVar[Literal["unknown"]] = "unknown"


Broker: TypeAlias = ApacheKafka | StandIn | ExternalBroker


@contextmanager
def start_broker(state: Path, port: int, departments_port: int, *, require_apache: bool = False) -> Iterator[Broker]:
    """Run the broker that this machine allows, with its data in `state`, for as long as the context lasts.

    ``KAFKA_BOOTSTRAP_SERVERS`` names a running one, and then nothing is started. With `require_apache` nothing but
    our own Apache Kafka will do. Only that one has logins, at `departments_port`. StackError says in a
    sentence what is missing.
    """
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if given and not require_apache:
        if not answers(given):
            raise StackError(f"No Kafka broker answers at KAFKA_BOOTSTRAP_SERVERS={given}; start it, or unset that.")
        yield ExternalBroker(given)
        return
    with _startable(state, port, departments_port, require_apache=require_apache) as broker:
        yield broker


def _startable(state: Path, port: int, departments_port: int, *, require_apache: bool) -> ApacheKafka | StandIn:
    try:
        find_java()
        find_jars()
    except StackError as missing:
        if require_apache:
            raise
        say(
            f"{missing}\nUntil then noida-db is the broker, a stand-in for development: "
            "killed, it loses its last second, so it is not for real complaints."
        )
        return StandIn(state, port)
    return ApacheKafka(state, port, departments_port)
