"""The directory of PostgreSQL's data, which the user who runs PostgreSQL must be able to enter.

Below the home of root nobody but root can. The data then lie in ``/var/tmp``, and a link in the state directory leads
there; when that link is gone, because the state was removed, the next start anywhere clears the data away.
"""

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from deploy.local.account import Account
from deploy.local.messages import StackError

_ELSEWHERE = Path("/var/tmp")  # noqa: S108  # the owner of what is found there is checked
_PREFIX = "hotline-"
# Names, beside data that are kept elsewhere, the link that leads to them.
_ORIGIN = "origin"


def make_home(here: Path, account: Account | None, elsewhere: Path = _ELSEWHERE) -> None:
    """Make `here` a directory for `account`, or a link to one in `elsewhere` if that user cannot enter it."""
    if here.exists():
        return
    here.unlink(missing_ok=True)
    here.mkdir(mode=0o700)
    if account is None:
        return
    account.take(here)
    if account.can_enter(here):
        return
    here.rmdir()
    _clear_abandoned(elsewhere)
    there = elsewhere / f"{_PREFIX}{hashlib.sha256(str(here).encode()).hexdigest()[:12]}"
    _remove(there, account)
    # The link comes first: what no link leads to may be cleared away by another start.
    here.symlink_to(there)
    there.mkdir(mode=0o700)
    (there / _ORIGIN).write_text(str(here))
    account.take(there)


def _clear_abandoned(elsewhere: Path) -> None:
    for there in elsewhere.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            link = Path((there / _ORIGIN).read_text())
            if not (link.is_symlink() and link.readlink() == there):
                shutil.rmtree(there)


def _remove(there: Path, account: Account) -> None:
    """Clear away the data of a state that has been removed since."""
    if not os.path.lexists(there):
        return
    if there.is_symlink() or there.stat().st_uid not in {0, account.uid}:
        raise StackError(f"{there}, where the database would be kept, belongs to somebody else; remove it.")
    shutil.rmtree(there)
