from pathlib import Path

import pytest

from deploy.local.messages import StackError
from deploy.local.postgres_binaries import Binaries, choose, parse_version, require

_NEWEST_FIRST = [Binaries(Path("eighteen"), "18.4"), Binaries(Path("fifteen"), "15.18")]


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18"),
        ("postgres (PostgreSQL) 19beta1", "19.0"),
        ("something else", None),
    ],
)
def test_the_version_of_a_server_is_read(told: str, version: str | None) -> None:
    assert parse_version(told) == version


def test_new_data_get_the_newest_server() -> None:
    assert choose(_NEWEST_FIRST, None) == _NEWEST_FIRST[0]


def test_old_data_get_the_server_that_can_read_them() -> None:
    assert choose(_NEWEST_FIRST, 15) == _NEWEST_FIRST[1]


def test_data_that_no_server_here_can_read_are_not_thrown_away() -> None:
    with pytest.raises(StackError, match=r"written by PostgreSQL 16, .* install that version, or remove"):
        require(choose(_NEWEST_FIRST, 16), Path("data"), 16)
