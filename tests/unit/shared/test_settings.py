"""A wrong environment stops the start with a sentence that says which variable is wrong."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.settings import ServiceSettings, WrongSetting, read_settings


class LampSettings(ServiceSettings):
    http_port: int = 8199
    lamp_key: SecretStr


GOOD = {
    "DATABASE_URL": "postgresql://lamp@127.0.0.1/lamps",
    "KAFKA_BOOTSTRAP_SERVERS": "one:9092, two:9092",
    "HOTLINE_POLICY_DIR": "policy",
    "HOTLINE_TOKEN_ISSUER": "https://login.zhenping.test",
    "HOTLINE_TOKEN_AUDIENCE": "hotline",
    "HOTLINE_TOKEN_JWKS": "jwks.json",
    "HOTLINE_LAMP_KEY": "very-secret",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_a_right_environment_is_read() -> None:
    settings = read_settings(LampSettings)
    assert settings.bootstrap_servers == ["one:9092", "two:9092"]
    assert (settings.policy_dir, settings.http_port) == (Path("policy"), 8199)


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_variable_is_named(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    with pytest.raises(WrongSetting, match=f"{name}: Field required"):
        read_settings(LampSettings)


def test_a_misspelt_variable_is_refused_with_the_right_one(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HOTLINE_HTTPPORT", "1")
    with pytest.raises(WrongSetting, match=r"has HOTLINE_HTTPPORT, .*; write HOTLINE_HTTP_PORT, or remove it"):
        read_settings(LampSettings)


def test_a_wrong_value_is_never_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HOTLINE_HTTP_PORT", "CANARY")
    with pytest.raises(WrongSetting) as stopped:
        read_settings(LampSettings)
    assert "HOTLINE_HTTP_PORT" in str(stopped.value)
    assert "CANARY" not in str(stopped.value)
