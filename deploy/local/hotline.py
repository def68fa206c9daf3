"""One of the three services as a process of the local stack."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from deploy.local.messages import StackError
from deploy.local.ports import LOOPBACK
from deploy.local.process import Server

PROJECT = Path(__file__).resolve().parents[2]
POLICY = PROJECT / "deploy/policy/zhenping"

ServiceName: TypeAlias = Literal["intake", "router", "tracker"]


class HotlineService(Server):
    """``python -m services.<service> serve`` with the environment that the stack gives it."""

    def __init__(self, service: ServiceName, state: Path, port: int, environment: Mapping[str, str]) -> None:
        self.service = service
        self.name = f"Hotline {service}"
        super().__init__(state, port)
        self._environment = environment

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def mark(self) -> str:
        return f"services.{self.service} serve"

    def prepare(self) -> None:
        """Migrations are a step of their own."""

    def command(self) -> Sequence[str]:
        return [sys.executable, "-m", f"services.{self.service}", "serve"]

    @property
    def environment(self) -> Mapping[str, str]:
        return os.environ | self._environment | {"HOTLINE_HTTP_PORT": str(self.port)}

    @property
    def directory(self) -> Path:
        return PROJECT

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/livez", timeout=2) as answer:  # noqa: S310  # our own service
                return bool(answer.status == 200)  # noqa: PLR2004
        except (urllib.error.URLError, OSError):
            return False

    def run(self, *arguments: str, good: Container[int] = (0,), **environment: str) -> str:
        """Run another command of the service and return what it printed; StackError where its status is not good.

        `environment` is what the command is told otherwise than the service.
        """
        done = subprocess.run(  # noqa: S603  # our own command
            [sys.executable, "-m", f"services.{self.service}", *arguments],
            cwd=self.directory,
            env=dict(self.environment) | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in good:
            raise StackError(f"services.{self.service} {' '.join(arguments)} failed: {done.stderr.strip()[-2000:]}")
        return done.stdout
