"""docker-compose.yml with the Dockerfile and the script that makes its secrets, as an engine reads them.

compose-spec.json beside this file is the schema of the compose specification (Apache License 2.0), as the Python
package check-jsonschema 0.39.0 carries it.
"""

import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from jsonschema import Draft202012Validator
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from deploy.local.hotline import PROJECT
from deploy.local.kafka_jars import kafka_version
from services.intake.identity.key_sources import read_keyring
from services.intake.settings import IntakeSettings
from services.router.policies.policy_folders import CURRENT
from services.router.settings import RouterSettings
from services.tracker.settings import TrackerSettings
from shared.policy_files import load_policy
from shared.settings import ServiceSettings, read_settings

MODELS: Mapping[str, type[ServiceSettings]] = {
    "intake": IntakeSettings,
    "router": RouterSettings,
    "tracker": TrackerSettings,
}
TEXT = (PROJECT / "docker-compose.yml").read_text()
DOCKERFILE = (PROJECT / "deploy/docker/Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
VALIDATOR = Draft202012Validator(json.loads(Path(__file__).with_name("compose-spec.json").read_text()))

_REQUIRED = re.compile(r"\$\{(\w+):\?run deploy/docker/make-secrets\.sh\}")
_LOGIN = re.compile(r"\$\{(\w+):\?name the login provider in \.env, as docs/deployment\.md says\}")


def _environments() -> Iterator[tuple[str, str]]:
    for service in SERVICES.values():
        yield from service.get("environment", {}).items()


def _image_environment() -> dict[str, str]:
    return dict(re.findall(r"\b(HOTLINE_\w+)=(\S+)", DOCKERFILE))


def test_the_file_keeps_to_the_compose_specification() -> None:
    assert [error.message for error in VALIDATOR.iter_errors(COMPOSE)] == []


def test_a_misspelt_key_would_be_seen() -> None:
    assert not VALIDATOR.is_valid({"services": {"intake": {"image": "hotline-intake", "healthchek": {}}}})


def test_all_of_hotline_is_there() -> None:
    assert set(SERVICES) == {"postgres", "kafka", "migrate", *MODELS}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_what_keeps_running_is_checked_and_started_again(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_the_migration_runs_once_on_servers_that_answer() -> None:
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["migrate"]["depends_on"] == {
        "postgres": {"condition": "service_healthy"},
        "kafka": {"condition": "service_healthy"},
    }


@pytest.mark.parametrize("name", MODELS)
def test_a_service_starts_only_after_the_migration_has_succeeded(name: str) -> None:
    assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_every_port_is_published_on_this_host_only() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {*MODELS, "kafka"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


async def _never(*_: Any) -> Any:
    """Nothing of the request is read and nothing answered."""


@pytest.mark.parametrize("name", MODELS)
async def test_a_client_behind_the_proxy_cannot_choose_its_address(name: str) -> None:
    [network] = COMPOSE["networks"]["default"]["ipam"]["config"]
    trusted, gateway = SERVICES[name]["environment"]["HOTLINE_TRUSTED_PROXIES"], network["gateway"]
    assert ip_address(gateway) in ip_network(network["subnet"])
    seen: list[str] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["client"][0])

    # What uvicorn puts before an application that is given this setting.
    behind = ProxyHeadersMiddleware(app, trusted)
    # The proxy on this host appends whom it has the request from; another container has no say.
    for comes_from in (gateway, str(ip_address(gateway) + 7)):
        forwarded = [(b"x-forwarded-for", b"198.51.100.9, 203.0.113.5")]
        scope: Any = {"type": "http", "client": (comes_from, 1), "headers": forwarded, "scheme": "http"}
        await behind(scope, _never, _never)
    assert seen == ["203.0.113.5", str(ip_address(gateway) + 7)]


@pytest.mark.parametrize("name", MODELS)
def test_what_is_published_and_checked_is_the_port_on_which_the_image_serves(name: str) -> None:
    port = _image_environment()["HOTLINE_HTTP_PORT"]
    assert [published.rpartition(":")[2] for published in SERVICES[name]["ports"]] == [port]
    assert f"http://127.0.0.1:{port}/readyz" in SERVICES[name]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_as_root_or_may_become_root(name: str) -> None:
    service = SERVICES[name]
    users = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE) if "build" in service else [service["user"]]
    assert users
    assert not {"root", "0"} & set(users)
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", ["migrate", *MODELS])
def test_our_programs_cannot_change_their_image(name: str) -> None:
    assert SERVICES[name]["read_only"] is True


def test_every_secret_comes_from_outside_and_its_absence_names_the_remedy() -> None:
    # An address outside, with a default, is the one thing that is neither a secret nor the login.
    others = TEXT.count("${HOTLINE_KAFKA_ADDRESS:-")
    assert len(_REQUIRED.findall(TEXT)) + len(_LOGIN.findall(TEXT)) + others == TEXT.count("${")
    for name, value in _environments():
        written = _LOGIN.sub("", _REQUIRED.sub("", value))
        if re.search("PASSWORD|KEY|SECRET|TOKEN", name):
            assert written == "", name
        assert not urlsplit(written).password, name


def test_the_broker_is_the_version_that_the_tests_run_on_and_makes_no_topic_by_itself() -> None:
    kafka = SERVICES["kafka"]
    assert kafka["image"] == f"apache/kafka:{kafka_version()}"
    assert "./deploy/kafka/server.properties:/mnt/shared/config/server.properties:ro" in kafka["volumes"]
    settings = (PROJECT / "deploy/kafka/server.properties").read_text().splitlines()
    assert "auto.create.topics.enable=false" in settings
    assert "KAFKA_AUTO_CREATE_TOPICS_ENABLE" not in kafka["environment"]


def test_every_file_that_is_mounted_is_there() -> None:
    mounted = re.findall(r"^ +- (\./[^:]+):", TEXT, re.MULTILINE)
    assert len(mounted) == 3
    assert all((PROJECT / file).is_file() for file in mounted)


def test_the_policies_are_written_by_the_router_alone_and_followed_by_all() -> None:
    place = "/var/lib/hotline-policies"
    mounted = {
        name: volume.removeprefix("policies:")
        for name, service in SERVICES.items()
        for volume in service.get("volumes", ())
        if volume.startswith("policies:")
    }
    assert mounted == {"migrate": place, "router": place, "intake": f"{place}:ro", "tracker": f"{place}:ro"}
    assert {SERVICES[name]["environment"]["HOTLINE_POLICY_DIR"] for name in mounted} == {f"{place}/{CURRENT}"}
    # There the router alone exchanges the model as well.
    assert Path(SERVICES["router"]["environment"]["HOTLINE_MODEL"]).parent == Path(place)
    # A volume begins with the owner that its folder has in the image.
    assert re.search(rf"install --directory --owner hotline[^&]*{place}\n", DOCKERFILE)


def test_what_the_dockerfile_copies_is_there_and_is_sent_to_the_builder() -> None:
    sent = re.findall(r"^!(\S+)$", (PROJECT / ".dockerignore").read_text(), re.MULTILINE)
    copied = re.findall(r"^COPY (?!--)(\S+) ", DOCKERFILE, re.MULTILINE)
    for path in (path.replace("$SERVICE", name) for path in copied for name in MODELS):
        assert (PROJECT / path).exists()
        assert any(Path(path).is_relative_to(each) for each in sent), path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of which only the script is there, and has been run."""
    (tmp_path / "deploy/docker").mkdir(parents=True)
    shutil.copy(PROJECT / "deploy/docker/make-secrets.sh", tmp_path / "deploy/docker")
    assert _make_secrets(tmp_path) == 0
    return tmp_path


def _make_secrets(project: Path) -> int:
    script = project / "deploy/docker/make-secrets.sh"
    return subprocess.run([script], capture_output=True, check=False).returncode  # noqa: S603  # our own script


def _secrets(project: Path) -> dict[str, str]:
    lines = (project / ".env").read_text().splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def test_the_script_makes_the_secrets_that_are_asked_for_all_different_for_our_eyes_only(project: Path) -> None:
    secrets = _secrets(project)
    assert set(secrets) == set(_REQUIRED.findall(TEXT))
    assert len(set(secrets.values())) == len(secrets)
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600


def test_the_script_never_replaces_a_secret(project: Path) -> None:
    before = _secrets(project)
    assert _make_secrets(project) == 1
    assert _secrets(project) == before


@pytest.mark.parametrize("name", MODELS)
def test_a_service_understands_all_that_it_is_told(name: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = _secrets(project)
    told = _image_environment() | {
        variable: _REQUIRED.sub(lambda found: secrets[found[1]], value)
        for variable, value in SERVICES[name]["environment"].items()
    }
    fields = MODELS[name].model_fields.items()
    # A variable that no field reads would be passed over in silence.
    assert set(told) <= {str(field.validation_alias or f"HOTLINE_{key.upper()}") for key, field in fields}

    monkeypatch.setattr(os, "environ", told)
    settings = read_settings(MODELS[name])
    [host] = settings.database_url.hosts()
    assert (host["username"], host["host"]) == (f"{name}_service", "postgres")
    if isinstance(settings, IntakeSettings):
        assert read_keyring(settings).current == "first"


def test_the_image_holds_the_policy_that_it_names() -> None:
    policy = Path(_image_environment()["HOTLINE_POLICY_DIR"]).relative_to("/app")
    assert "\nWORKDIR /app\n" in DOCKERFILE
    assert load_policy(PROJECT / policy).departments
