"""The login provider of the one-machine stack as a process of its own."""

import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from deploy.local.hotline import PROJECT
from deploy.local.issuer import CLIENT
from deploy.local.ports import LOOPBACK
from deploy.local.process import Server


class LoginServer(Server):
    """``python -m deploy.local.login_page`` with the keys that lie in `state`."""

    name = "Hotline login"

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def settings(self) -> dict[str, str]:
        """What a service must be told to let browsers log in here."""
        return {
            "HOTLINE_LOGIN_CLIENT": CLIENT,
            "HOTLINE_LOGIN_DISCOVERY": f"{self.url}/.well-known/openid-configuration",
        }

    @property
    def mark(self) -> str:
        return "deploy.local.login_page"

    def prepare(self) -> None:
        """The keys are made by the issuer of the stack."""

    def command(self) -> Sequence[str]:
        return [sys.executable, "-m", "deploy.local.login_page", str(self.state), str(self.port)]

    @property
    def directory(self) -> Path:
        return PROJECT

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/jwks", timeout=2) as answer:  # noqa: S310  # our own server
                return bool(answer.status == 200)  # noqa: PLR2004
        except (urllib.error.URLError, OSError):
            return False
