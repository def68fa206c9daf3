"""The folders of a county's policies on the volume that all three services see; the router alone writes there.

ROOT/candidates/NAME   what people write, try and switch on
ROOT/versions/HASH     copies of what was switched on, each named by what it says and never written again
ROOT/current           a link to the one in force: the HOTLINE_POLICY_DIR of all three services
"""

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from shared.policy import Policy
from shared.policy_files import FILES, OPTIONAL, load_policy
from shared.policy_problems import PolicyInvalid, Problem
from shared.reloading import Stamp, stamp_of

__all__ = ["CURRENT", "SHIPPED", "Candidate", "ChangedSince", "NotLaidOut", "PolicyFolders", "lay_out"]

CURRENT, CANDIDATES, VERSIONS = "current", "candidates", "versions"
# The candidate that came with the program.
SHIPPED = "shipped"

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# More candidates than anybody compares; each costs a second of reading.
_MOST = 20


class NotLaidOut(Exception):
    """HOTLINE_POLICY_DIR is a plain folder and no link, so nothing can be switched."""


class ChangedSince(Exception):
    """The folder says another thing than what was seen."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A folder that may come into force; `hash` is None where it is invalid, for the reasons in `problems`."""

    name: str
    hash: str | None
    problems: tuple[Problem, ...] = ()


class PolicyFolders:
    """What lies around `policy_dir`, where that is the link of such a layout; else there are no candidates."""

    def __init__(self, policy_dir: Path) -> None:
        laid_out = policy_dir.is_symlink() and policy_dir.resolve().parent.name == VERSIONS
        self._root = policy_dir.parent if laid_out else None
        self._read: dict[str, tuple[Stamp, Candidate]] = {}

    @property
    def root(self) -> Path:
        """The folder that holds the layout; NotLaidOut where there is none."""
        if self._root is None:
            raise NotLaidOut
        return self._root

    def in_force(self) -> str:
        """The hash of the policy that the link names; a service may need some seconds to follow it."""
        return (self.root / CURRENT).resolve().name

    def candidates(self) -> list[Candidate]:
        """Those that people write, by name; read again only where they have changed."""
        if self._root is None or not (self._root / CANDIDATES).is_dir():
            return []
        names = sorted(path.name for path in (self._root / CANDIDATES).iterdir() if _NAME.fullmatch(path.name))[:_MOST]
        self._read = {name: found for name, found in self._read.items() if name in names}
        return [self._candidate(name) for name in names]

    def policy(self, name: str) -> Policy:
        """The policy of a candidate, or by its hash of one that was in force; KeyError where there is none."""
        if not _NAME.fullmatch(name):
            raise KeyError(name)
        for folder in (self.root / CANDIDATES / name, self.root / VERSIONS / name):
            if folder.is_dir():
                return load_policy(folder)
        raise KeyError(name)

    def keep(self, name: str, policy_hash: str) -> None:
        """Copy what `name` says now to its place among the versions; ChangedSince where that is not `policy_hash`.

        PolicyInvalid where it is wrong, or where the copy that is there already was altered.
        """
        versions = self.root / VERSIONS
        if (versions / policy_hash).is_dir():
            load_policy(versions / policy_hash)
            return
        partial = versions / f".{uuid4()}"
        try:
            _copy(self.root / CANDIDATES / name, partial)
            if load_policy(partial).hash != policy_hash:
                raise ChangedSince
            partial.rename(versions / policy_hash)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def switch(self, policy_hash: str) -> None:
        """Let the link name a kept version: whoever reads meanwhile reads the one before or this one."""
        _link(self.root, policy_hash)

    def _candidate(self, name: str) -> Candidate:
        folder = self.root / CANDIDATES / name
        stamp = stamp_of(folder)
        known = self._read.get(name)
        if known is None or known[0] != stamp:
            known = stamp, _judged(name, folder)
            self._read[name] = known
        return known[1]


def lay_out(root: Path, shipped: Path) -> str:
    """Make the layout with `shipped` in force, and return the hash in force; one that is there keeps what is in force.

    In either case what is shipped becomes a candidate, so that an update of the program can bring a policy to try.
    """
    policy = load_policy(shipped)
    for folder in (CANDIDATES, VERSIONS):
        (root / folder).mkdir(parents=True, exist_ok=True)
    candidate = root / CANDIDATES / SHIPPED
    shutil.rmtree(candidate, ignore_errors=True)
    _copy(shipped, candidate)
    folders = PolicyFolders(root / CURRENT)
    if not (root / CURRENT).is_symlink():
        if not (root / VERSIONS / policy.hash).is_dir():
            _copy(shipped, root / VERSIONS / policy.hash)
        _link(root, policy.hash)
        folders = PolicyFolders(root / CURRENT)
    return folders.in_force()


def _judged(name: str, folder: Path) -> Candidate:
    try:
        return Candidate(name, load_policy(folder).hash)
    except PolicyInvalid as invalid:
        return Candidate(name, None, invalid.problems)


def _link(root: Path, policy_hash: str) -> None:
    link = root / f".{uuid4()}"
    link.symlink_to(Path(VERSIONS) / policy_hash)
    link.replace(root / CURRENT)


def _copy(source: Path, target: Path) -> None:
    """The files of a policy, on the disk when it returns."""
    target.mkdir()
    for name in _present(source):
        with (target / name).open("wb") as file:
            file.write((source / name).read_bytes())
            file.flush()
            os.fsync(file.fileno())


def _present(folder: Path) -> Iterable[str]:
    return [name for name in (*FILES, *OPTIONAL) if (folder / name).is_file()]
