"""The environment of a service under test, with every setting that brings routes of its own."""

import base64
import os
from pathlib import Path

from deploy.local.hotline import POLICY, ServiceName
from deploy.local.ports import LOOPBACK, free_ports
from tests.tokens import token_settings

SERVICES: tuple[ServiceName, ...] = ("intake", "router", "tracker")

# The optional settings without which a service has the same routes.
BRING_NO_ROUTE = {
    "intake_pages",
    "lmtp_port",
    "login_client_secret",
    "login_discovery",
    "mail_spool",
    "mailboxes",
    "model",
    "router_url",
    "sms_key",
    "sms_url",
    "trusted_proxies",
    "vault_keys_command",
    "vault_keys_file",
}


def environment_of(service: ServiceName, database_url: str, directory: Path) -> dict[str, str]:
    """`directory` takes the files that settings name; nobody is where Kafka should be."""
    [nobody] = free_ports(1)
    common = {
        "DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP_SERVERS": f"{LOOPBACK}:{nobody}",
        "HOTLINE_POLICY_DIR": str(POLICY),
        **token_settings(directory),
        "HOTLINE_LOGIN_CLIENT": "hotline-pages",
        "HOTLINE_LOGIN_DISCOVERY": f"http://{LOOPBACK}:{nobody}/",
    }
    return common | _own(directory)[service]


def _own(directory: Path) -> dict[ServiceName, dict[str, str]]:
    key = base64.b64encode(os.urandom(32)).decode()
    return {
        "intake": {
            "HOTLINE_VAULT_KEYS": f"test:{key}",
            "HOTLINE_QUERY_CODE_KEY": key,
            "HOTLINE_BLIND_INDEX_KEY": key,
            "HOTLINE_PUSH_KEYS": f"platform:{key}",
            "HOTLINE_ATTACHMENTS": str(directory / "attachments"),
            "HOTLINE_OPEN311_KEYS": f"app:{'0' * 64}",
        },
        "router": {},
        "tracker": {"HOTLINE_SIMULATION": "true"},
    }
