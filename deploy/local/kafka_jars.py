"""Where Apache Kafka's program comes from: Java of this machine, jars fetched once by Maven and cached.

The cache belongs to the user (``$XDG_CACHE_HOME/hotline``, else ``~/.cache/hotline``), not to the clone: the jars are
the same for every clone with the same ``deploy/kafka/pom.xml``, whose hash is part of their directory's name, so a
second clone starts without Maven and without a network.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from deploy.local.messages import StackError, say

PROJECT = Path(__file__).resolve().parents[2]
POM = PROJECT / "deploy" / "kafka" / "pom.xml"
LEAST_JAVA = 17

_DOWNLOADS_PER_LINE = 20


def kafka_version() -> str:
    """The version of Apache Kafka that the pom names."""
    found = re.search(r"<kafka\.version>([^<]+)</kafka\.version>", POM.read_text())
    if found is None:
        raise StackError(f"{POM} does not name a kafka.version any more; restore it.")
    return found[1]


def find_java() -> Path:
    """Java 17 or newer, from JAVA_HOME or the PATH; StackError says which version was found instead."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    where = "JAVA_HOME" if home else "the PATH"
    if found is None:
        raise StackError(f"Apache Kafka needs Java {LEAST_JAVA} or newer, and {where} has none; install a JRE.")
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = java_version(told)
    if version is None or version < LEAST_JAVA:
        raise StackError(
            f"Apache Kafka needs Java {LEAST_JAVA} or newer, and {found} (from {where}) "
            f"is {f'Java {version}' if version else 'no working Java'}; install a newer JRE."
        )
    return Path(found)


def java_version(told: str) -> int | None:
    """The feature release in the answer of ``java -version``: 17 for "17.0.15" and "17-ea", 8 for "1.8.0_292"."""
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else None


def find_jars() -> Path:
    """The directory of Kafka's jars, fetched by Maven the first time; StackError where that cannot be done."""
    name = f"kafka-{kafka_version()}-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    for cache in _caches():
        if (cache / name).is_dir():
            return cache / name
    maven = shutil.which("mvn")
    if maven is None:
        raise StackError("Apache Kafka's jars are fetched by Maven, and the PATH has no `mvn`; install Maven.")
    return _fetch(maven, _writable(_caches()) / name)


def _caches() -> list[Path]:
    user = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    # The second is for accounts that have no home of their own.
    return [Path(user) / "hotline", PROJECT / ".local" / "cache"]


def _writable(directories: list[Path]) -> Path:
    for directory in directories:
        with suppress(OSError):
            directory.mkdir(parents=True, exist_ok=True)
            if os.access(directory, os.W_OK | os.X_OK):
                return directory
    raise StackError(
        f"Neither {' nor '.join(map(str, directories))} can be written to keep Kafka's jars; set XDG_CACHE_HOME."
    )


def _fetch(maven: str, jars: Path) -> Path:
    say(f"Fetching Apache Kafka {kafka_version()} with Maven, once, into {jars} (45 MB)")
    # What is in the final place is complete: it gets there by one rename.
    partial = Path(tempfile.mkdtemp(prefix=f"{jars.name}.partial-", dir=jars.parent))
    try:
        _run_maven(maven, partial, jars.with_name(f"{jars.name}.maven.log"))
        partial.chmod(0o755)
        try:
            partial.rename(jars)
        except OSError:
            # Another run was faster.
            if not jars.is_dir():
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return jars


def _run_maven(maven: str, target: Path, log: Path) -> None:
    command = [
        maven,
        "--batch-mode",
        "--strict-checksums",
        f"--file={POM}",
        "dependency:copy-dependencies",
        "-DincludeScope=runtime",
        f"-DoutputDirectory={target}",
    ]
    if not os.access(Path.home(), os.W_OK):
        command.append(f"-Dmaven.repo.local={target.parent / 'maven'}")
    downloaded = 0
    with (
        log.open("w") as kept,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run,  # noqa: S603
    ):
        for line in run.stdout or ():
            kept.write(line)
            if "Downloaded from" in line:
                downloaded += 1
                if downloaded % _DOWNLOADS_PER_LINE == 0:
                    say(f"  {downloaded} files")
    if run.returncode != 0:
        raise StackError(
            f"Maven could not fetch Apache Kafka's jars (its log is {log}); "
            "check that it reaches its repository, and start again."
        )
