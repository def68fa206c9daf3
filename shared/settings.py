"""What every service is told by its environment, read once at the start."""

import difflib
import os
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, PostgresDsn, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

S = TypeVar("S", bound=BaseSettings)


class WrongSetting(SystemExit):
    """The environment lacks a setting or holds a wrong one; the message names it."""


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, env_prefix="HOTLINE_")


class PostgresSettings(_Environment):
    database_url: PostgresDsn = Field(validation_alias="DATABASE_URL")


class KafkaSettings(_Environment):
    kafka_bootstrap_servers: str = Field(validation_alias="KAFKA_BOOTSTRAP_SERVERS", min_length=3)

    @property
    def bootstrap_servers(self) -> list[str]:
        return [server.strip() for server in self.kafka_bootstrap_servers.split(",")]


class PolicySettings(_Environment):
    policy_dir: Path


class ServiceSettings(PostgresSettings, KafkaSettings, PolicySettings):
    # Who issues the tokens that callers bear, for whom (docs/deployment.md), and where its public keys are: a file or
    # an http(s) address that holds a JWKS.
    token_issuer: str = Field(min_length=1)
    token_audience: str = Field(min_length=1)
    token_jwks: str = Field(min_length=1)
    # The client under which browsers log in at the issuer by OpenID Connect (docs/access.md); without it they log in by
    # pasting a token. The secret is for a confidential client; the discovery document stands at its usual place under
    # the issuer unless said otherwise.
    login_client: Annotated[str, Field(min_length=1)] | None = None
    login_client_secret: SecretStr | None = None
    login_discovery: Annotated[str, Field(pattern=r"^https?://")] | None = None
    # Addresses or networks, separated by commas, of the proxies that say in X-Forwarded-For whom they pass on; without
    # them a proxy's clients count as one where calls are limited.
    trusted_proxies: str | None = None
    # Loopback unless said otherwise: encryption on the way is somebody else's, in front of the service.
    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535)


def read_settings(model: type[S]) -> S:
    """Read the environment into `model`, or end the process with a sentence that says which variable is wrong."""
    if issubclass(model, ServiceSettings):
        _refuse_unknown(model)
    try:
        return model()
    except ValidationError as error:
        lines = [f"{_variable(str(e['loc'][0]))}: {e['msg']}" for e in error.errors(include_input=False)]
        raise WrongSetting("Wrong settings in the environment:\n  " + "\n  ".join(lines)) from None


def _refuse_unknown(model: type[ServiceSettings]) -> None:
    """End the process over a ``HOTLINE_`` variable that the service does not know: most likely it is misspelt."""
    known = {_variable(name) for name in model.model_fields}
    for name in sorted(os.environ):
        if name.startswith("HOTLINE_") and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            mend = f"write {near[0]}" if near else f"it may be one of {', '.join(sorted(known))}"
            raise WrongSetting(f"The environment has {name}, which this service does not know; {mend}, or remove it.")


def _variable(name: str) -> str:
    return name if name.isupper() else f"HOTLINE_{name.upper()}"
