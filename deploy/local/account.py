"""The ordinary user as whom PostgreSQL runs when we are root, which it refuses to be."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.local.messages import StackError


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int

    @classmethod
    def unprivileged(cls) -> Self:
        """The user `postgres` if there is one, else `nobody`."""
        for name in ("postgres", "nobody"):
            try:
                found = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(found.pw_uid, found.pw_gid)
        raise StackError(
            "PostgreSQL does not run as root, and there is no user postgres or nobody; run as another user."
        )

    @classmethod
    def owner(cls, path: Path) -> Self:
        found = path.stat()
        return cls(found.st_uid, found.st_gid)

    def can_enter(self, directory: Path) -> bool:
        """Whether every directory on the way, and this one, lets this user in."""
        probe = subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", 'cd "$1"', "sh", str(directory)],
            cwd="/",
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            stderr=subprocess.DEVNULL,
            check=False,
        )
        return probe.returncode == 0

    def take(self, path: Path) -> None:
        """Make this user the owner of `path` and of all that is in it."""
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        for place, directories, files in os.walk(path):
            for name in directories + files:
                os.chown(Path(place, name), self.uid, self.gid, follow_symlinks=False)
