from pathlib import Path

import pytest

from deploy.local.broker import start_broker
from deploy.local.kafka_jars import kafka_version
from deploy.local.messages import StackError
from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.standin import StandIn


@pytest.fixture(autouse=True)
def without_given_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)


@pytest.fixture
def without_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))


def test_apache_kafka_is_the_broker_where_java_and_maven_are(tmp_path: Path) -> None:
    port, departments_port = free_ports(2)
    with start_broker(tmp_path, port, departments_port, require_apache=True) as broker:
        assert (broker.kind, broker.version) == ("apache-kafka", kafka_version())
        assert broker.bootstrap_servers == f"{LOOPBACK}:{port}"


@pytest.mark.usefixtures("without_java")
def test_the_stand_in_is_the_broker_where_java_is_missing_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with start_broker(tmp_path, *free_ports(2)) as broker:
        assert broker.kind == "stand-in"
    told = capsys.readouterr().err
    assert "needs Java 17 or newer" in told
    assert "stand-in for development" in told


@pytest.mark.usefixtures("without_java")
def test_nothing_stands_in_where_apache_kafka_is_required(tmp_path: Path) -> None:
    with (
        pytest.raises(StackError, match="needs Java 17"),
        start_broker(tmp_path, *free_ports(2), require_apache=True),
    ):
        pass


def test_a_broker_that_is_given_is_used_and_nothing_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given_port, other_port, departments_port = free_ports(3)
    with StandIn(tmp_path / "given", given_port) as given:
        monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", given.bootstrap_servers)
        with start_broker(tmp_path / "own", other_port, departments_port) as broker:
            assert (broker.kind, broker.bootstrap_servers) == ("external", given.bootstrap_servers)
        assert not (tmp_path / "own").exists()
        assert given.running


def test_a_given_broker_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody, port, departments_port = free_ports(3)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"{LOOPBACK}:{nobody}")
    with (
        pytest.raises(StackError, match=f"No Kafka broker answers at KAFKA_BOOTSTRAP_SERVERS={LOOPBACK}:{nobody}"),
        start_broker(tmp_path, port, departments_port),
    ):
        pass
