"""A small Kafka-protocol broker from a wheel, for development where Apache Kafka cannot run.

It meets the contract of ``tests/integration/test_broker_contract.py`` but for one clause: it writes about once a
second, so that when it is killed, records that it acknowledged since are lost. Stopped in good order it loses nothing.
"""

import asyncio
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar, Literal

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from deploy.local.kafka import answers
from deploy.local.ports import LOOPBACK
from deploy.local.process import Server
from deploy.local.wheels import wheel_directory


class StandIn(Server):
    name = "noida-db"
    kind: ClassVar[Literal["stand-in"]] = "stand-in"

    @property
    def bootstrap_servers(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def version(self) -> str:
        return version("noida-db")

    @property
    def mark(self) -> str:
        return str(self._data)

    def prepare(self) -> None:
        wheel_directory("noida_db")

    def command(self) -> Sequence[str]:
        # The wheel's own launcher would stay between us and the server, and take the signals.
        program = wheel_directory("noida_db") / "noida-db"
        port, data = str(self.port), str(self._data)
        return [str(program), "start", "--only", "kafka", "--kafka-port", port, "--data-dir", data]

    def ready(self) -> bool:
        return answers(self.bootstrap_servers) and asyncio.run(_refuse_unknown_topics(self.bootstrap_servers))

    @property
    def _data(self) -> Path:
        return self.state / "noida-db-data"


async def _refuse_unknown_topics(bootstrap_servers: str) -> bool:
    """Switch off, until the next start, that a topic comes into being by being asked for."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    try:
        await client.start()
        setting = {"auto.create.topics.enable": "false"}
        await client.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", setting)])
    finally:
        await client.close()
    return True
