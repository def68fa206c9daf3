from pathlib import Path

import pytest

from deploy.local.kafka_jars import find_jars, find_java, java_version
from deploy.local.messages import StackError

_MAVEN = """#!/bin/sh
for word in "$@"; do case $word in -DoutputDirectory=*) echo jar > "${word#*=}/kafka.jar" ;; esac; done
exit %d
"""


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and the only directory of programs beside the system's shell."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return directory


def _install(program: Path, text: str) -> None:
    program.write_text(text)
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21-ea" 2023-09-19', 21),
        ('java version "1.8.0_292"', 8),
        ("Unable to locate a Java Runtime.", None),
    ],
)
def test_the_version_of_java_is_read(told: str, version: int | None) -> None:
    assert java_version(told) == version


def test_missing_java_is_told() -> None:
    with pytest.raises(StackError, match="needs Java 17 or newer, and the PATH has none; install"):
        find_java()


def test_old_java_is_told(programs: Path) -> None:
    _install(programs / "java", "#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    with pytest.raises(StackError, match="is Java 11; install a newer"):
        find_java()


def test_new_java_is_found(programs: Path) -> None:
    _install(programs / "java", "#!/bin/sh\necho 'openjdk version \"25\"' >&2\n")
    assert find_java() == programs / "java"


def test_missing_maven_is_told() -> None:
    with pytest.raises(StackError, match="install Maven"):
        find_jars()


def test_what_maven_fetched_serves_the_next_time_without_maven(programs: Path) -> None:
    _install(programs / "mvn", _MAVEN % 0)
    jars = find_jars()
    assert [jar.name for jar in jars.iterdir()] == ["kafka.jar"]
    (programs / "mvn").unlink()
    assert find_jars() == jars


def test_what_maven_left_half_done_is_not_taken_for_whole(programs: Path, tmp_path: Path) -> None:
    _install(programs / "mvn", _MAVEN % 1)
    with pytest.raises(StackError, match="Maven could not fetch"):
        find_jars()
    assert not list((tmp_path / "cache").rglob("*.jar"))
