"""The one-machine stack's own tokens are taken by its services, and only they."""

import stat
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.local.__main__ import app
from deploy.local.issuer import Issuer
from shared.principal import Principal, Role
from shared.signing_keys import SigningKeys, read_jwks
from shared.token_verifier import BadToken, Verifier


def verifier(settings: dict[str, str]) -> Verifier:
    keys = SigningKeys(partial(read_jwks, settings["HOTLINE_TOKEN_JWKS"]))
    return Verifier(settings["HOTLINE_TOKEN_ISSUER"], settings["HOTLINE_TOKEN_AUDIENCE"], keys)


@pytest.mark.parametrize("role", Role)
async def test_what_the_command_prints_logs_in(tmp_path: Path, role: Role) -> None:
    settings = Issuer(tmp_path).settings()
    arguments = ["token", "--role", role, "--state", str(tmp_path), "--department", "water-supply"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    principal = await verifier(settings).principal(done.stdout.strip())
    assert principal == Principal(f"local-{role}-water-supply", frozenset({role}), "water-supply")


async def test_the_key_is_kept_where_only_its_owner_reads_it(tmp_path: Path) -> None:
    before = Issuer(tmp_path)
    settings = before.settings()
    assert stat.S_IMODE((tmp_path / "token-key.pem").stat().st_mode) == 0o600
    assert Issuer(tmp_path).settings() == settings
    await verifier(settings).principal(before.token(Role.CLERK))


async def test_another_stacks_token_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Issuer(tmp_path / "other")
    other.settings()
    with pytest.raises(BadToken):
        await verifier(Issuer(tmp_path).settings()).principal(other.token(Role.ADMINISTRATOR))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--role", "officer"], "name it with --department"),
        (["--role", "clerk"], "start the stack first"),
    ],
)
def test_what_is_missing_is_told_in_a_sentence(tmp_path: Path, arguments: list[str], told: str) -> None:
    done = CliRunner().invoke(app, ["token", *arguments, "--state", str(tmp_path)])
    assert (done.exit_code, done.stdout) == (1, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
