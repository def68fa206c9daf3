import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.account import Account
from deploy.local.messages import StackError
from deploy.local.postgres_home import make_home

OURSELVES = Account(os.getuid(), os.getgid())


class ShutOut(Account):
    """A user who cannot enter any directory of a state."""

    def can_enter(self, directory: Path) -> bool:
        return directory.parent.name != "state"


SHUT_OUT = ShutOut(os.getuid(), os.getgid())


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state" / "postgres"


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory)


def test_the_data_lie_with_the_state_where_their_user_can_enter(here: Path, elsewhere: Path) -> None:
    make_home(here, OURSELVES, elsewhere)
    assert here.is_dir()
    assert not here.is_symlink()
    assert not list(elsewhere.iterdir())


def test_the_data_lie_elsewhere_where_their_user_is_shut_out_and_a_link_leads_there(
    here: Path, elsewhere: Path
) -> None:
    make_home(here, SHUT_OUT, elsewhere)
    assert here.resolve().parent == elsewhere
    assert here.resolve().stat().st_mode & 0o077 == 0


def test_data_that_are_there_stay(here: Path, elsewhere: Path) -> None:
    make_home(here, SHUT_OUT, elsewhere)
    (here / "data").touch()
    make_home(here, SHUT_OUT, elsewhere)
    assert (here / "data").exists()


def test_a_state_that_was_removed_starts_anew(here: Path, elsewhere: Path) -> None:
    make_home(here, SHUT_OUT, elsewhere)
    (here / "data").touch()
    here.unlink()
    make_home(here, SHUT_OUT, elsewhere)
    assert not (here / "data").exists()


def test_data_of_states_that_were_removed_are_cleared_away_and_those_of_others_are_not(
    tmp_path: Path, elsewhere: Path
) -> None:
    removed, kept, new = (tmp_path / name / "state" / "postgres" for name in ("removed", "kept", "new"))
    for link in (removed, kept, new):
        link.parent.mkdir(parents=True)
    make_home(removed, SHUT_OUT, elsewhere)
    make_home(kept, SHUT_OUT, elsewhere)
    removed.unlink()
    make_home(new, SHUT_OUT, elsewhere)
    assert set(elsewhere.iterdir()) == {kept.resolve(), new.resolve()}


def test_a_directory_that_somebody_else_put_there_is_not_used(here: Path, elsewhere: Path) -> None:
    make_home(here, SHUT_OUT, elsewhere)
    there = here.resolve()
    here.unlink()
    there.rename(elsewhere / "aside")
    there.symlink_to(elsewhere / "aside")
    with pytest.raises(StackError, match="belongs to somebody else"):
        make_home(here, SHUT_OUT, elsewhere)
