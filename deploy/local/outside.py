"""What a county has beside Hotline, and one machine has not: a login provider and an SMS gateway, as one process."""

import base64
import secrets
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from deploy.local.hotline import POLICY, PROJECT
from deploy.local.issuer import CLIENT, Issuer
from deploy.local.login_page import login_page
from deploy.local.ports import LOOPBACK
from deploy.local.process import Server
from deploy.local.sms_inbox import add_sms_inbox
from shared.policy_files import load_policy


class Outside(Server):
    """``python -m deploy.local.outside`` with the keys that lie in `state`."""

    name = "Login and SMS"

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def login_settings(self) -> dict[str, str]:
        """What a service must be told to let browsers log in here."""
        return {
            "HOTLINE_LOGIN_CLIENT": CLIENT,
            "HOTLINE_LOGIN_DISCOVERY": f"{self.url}/.well-known/openid-configuration",
        }

    def sms_settings(self) -> dict[str, str]:
        """What the intake must be told to send its text messages here."""
        self.prepare()
        return {"HOTLINE_SMS_URL": f"{self.url}/sms", "HOTLINE_SMS_KEY": _sms_key(self.state).read_text()}

    @property
    def mark(self) -> str:
        return "deploy.local.outside"

    def prepare(self) -> None:
        """Make the key of the messages; those of the tokens are the issuer's."""
        file = _sms_key(self.state)
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(base64.b64encode(secrets.token_bytes(32)).decode())

    def command(self) -> Sequence[str]:
        return [sys.executable, "-m", "deploy.local.outside", str(self.state), str(self.port)]

    @property
    def directory(self) -> Path:
        return PROJECT

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/jwks", timeout=2) as answer:  # noqa: S310  # our own server
                return bool(answer.status == 200)  # noqa: PLR2004
        except (urllib.error.URLError, OSError):
            return False


def _sms_key(state: Path) -> Path:
    return state / "sms-key"


def main(written: str, port: str) -> None:
    state = Path(written)
    departments = {code: department.name for code, department in load_policy(POLICY).departments.items()}
    app = login_page(Issuer(state), f"http://{LOOPBACK}:{port}", departments)
    add_sms_inbox(app, base64.b64decode(_sms_key(state).read_text()))
    uvicorn.run(app, host=LOOPBACK, port=int(port), access_log=False, log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
