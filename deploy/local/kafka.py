"""Apache Kafka as one process on this machine, in KRaft mode."""

import asyncio
import base64
import shutil
import socket
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from deploy.local.kafka_jars import POM, find_jars, find_java, kafka_version
from deploy.local.messages import StackError
from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.process import Server

_SETTINGS = POM.parent / "server.properties"
_LOGGING = POM.parent / "log4j2.properties"

# Measured with 600-byte records, acks=all, on two cores: on a heap of this size the serial collector and the first
# compiler alone carry as much as Java's defaults, start sooner, and take about half the processor time.
_JVM = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")


class ApacheKafka(Server):
    name = "Apache Kafka"
    kind: ClassVar[Literal["apache-kafka"]] = "apache-kafka"

    def __init__(self, state: Path, port: int, departments_port: int) -> None:
        """At `departments_port` the departments' own systems log in."""
        super().__init__(state, port)
        self._departments_port = departments_port

    @property
    def bootstrap_servers(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def departments_servers(self) -> str:
        return f"{LOOPBACK}:{self._departments_port}"

    @property
    def version(self) -> str:
        return kafka_version()

    @property
    def mark(self) -> str:
        return str(self._settings)

    def prepare(self) -> None:
        [controller_port] = free_ports(1)
        ours = f"""
listeners=INTERNAL://{self.bootstrap_servers},DEPARTMENTS://{self.departments_servers},CONTROLLER://{LOOPBACK}:{controller_port}
controller.quorum.voters=1@{LOOPBACK}:{controller_port}
log.dirs={escaped(str(self._data))}
"""
        self._settings.write_text(_SETTINGS.read_text() + ours)
        # Written last: without it the storage is half laid out.
        if not (self._data / "meta.properties").exists():
            shutil.rmtree(self._data, ignore_errors=True)
            self._format()

    def command(self) -> Sequence[str]:
        return [*self._java(), f"-Dlog4j2.configurationFile={_LOGGING}", "kafka.Kafka", str(self._settings)]

    def ready(self) -> bool:
        return answers(self.bootstrap_servers)

    @property
    def _settings(self) -> Path:
        return self.state / "kafka.properties"

    @property
    def _data(self) -> Path:
        return self.state / "kafka-data"

    def _java(self) -> list[str]:
        # Java reads paths in the encoding of the locale, and ours may be named in Chinese.
        return ["env", "LC_ALL=C.UTF-8", str(find_java()), "-cp", f"{find_jars()}/*", *_JVM]

    def _format(self) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        # In one word with its option: an id may begin with a hyphen.
        format_command = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(self._settings)]
        command = [*self._java(), *format_command]
        run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own command
        if run.returncode != 0:
            raise StackError(f"Apache Kafka could not lay out its storage in {self._data}: {run.stderr.strip()}")


def escaped(value: str) -> str:
    """`value` as a Java properties file holds it, whose characters beyond ASCII are UTF-16 units."""
    units = value.replace("\\", r"\\").encode("utf-16-be")
    characters = (chr(int.from_bytes(units[at : at + 2])) for at in range(0, len(units), 2))
    return "".join(each if each.isascii() else f"\\u{ord(each):04x}" for each in characters)


def answers(bootstrap_servers: str) -> bool:
    """Whether a broker names itself in answer to a metadata request."""
    host, _, port = bootstrap_servers.split(",", maxsplit=1)[0].rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        # Asked before the client, which would log the refusal as an error.
        return False
    return asyncio.run(_metadata(bootstrap_servers))


async def _metadata(bootstrap_servers: str) -> bool:
    client = AIOKafkaClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=5_000)
    try:
        await client.bootstrap()
        return bool(client.cluster.brokers())
    except KafkaError:
        return False
    finally:
        await client.close()
