import base64
import os
import sys
from pathlib import Path

import pytest

from services.intake.identity.key_sources import read_keyring
from services.intake.settings import VaultSettings
from shared.settings import WrongSetting, read_settings

KEY = base64.b64encode(b"k" * 32).decode()
LIST = f"2026b:{KEY},2026a:{KEY}"


def settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> VaultSettings:
    told = {"DATABASE_URL": "postgresql://intake@localhost/hotline", "HOTLINE_BLIND_INDEX_KEY": KEY}
    monkeypatch.setattr(os, "environ", told | environment)
    return read_settings(VaultSettings)


def printing(text: str, status: int = 0) -> str:
    return f"{sys.executable} -c \"import sys; print('''{text}'''); sys.exit({status})\""


def test_the_keys_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_keyring(settings(monkeypatch, HOTLINE_VAULT_KEYS=LIST)).current == "2026b"


@pytest.mark.parametrize("separator", [",", "\n", " ,\n", "\r\n"])
def test_or_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, separator: str) -> None:
    file = tmp_path / "keys"
    file.write_bytes(LIST.replace(",", separator).encode() + b"\n")
    ring = read_keyring(settings(monkeypatch, HOTLINE_VAULT_KEYS_FILE=str(file)))
    assert (ring.current, sorted(ring.key_ids)) == ("2026b", ["2026a", "2026b"])


def test_or_from_what_a_command_says(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = read_keyring(settings(monkeypatch, HOTLINE_VAULT_KEYS_COMMAND=printing(LIST)))
    assert (ring.current, sorted(ring.key_ids)) == ("2026b", ["2026a", "2026b"])


@pytest.mark.parametrize(
    "sources",
    [
        {},
        {"HOTLINE_VAULT_KEYS": LIST, "HOTLINE_VAULT_KEYS_FILE": "keys"},
        {"HOTLINE_VAULT_KEYS_FILE": "keys", "HOTLINE_VAULT_KEYS_COMMAND": "true"},
    ],
)
def test_but_from_one_place_only(monkeypatch: pytest.MonkeyPatch, sources: dict[str, str]) -> None:
    with pytest.raises(WrongSetting, match="exactly one of HOTLINE_VAULT_KEYS, HOTLINE_VAULT_KEYS_FILE"):
        read_keyring(settings(monkeypatch, **sources))


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (printing(KEY, 3), "ended with status 3"),
        (printing(KEY), "number 1 is not written as id:base64"),
        ("/nowhere/kms", r"cannot be run \(FileNotFoundError\)"),
        ("", "cannot be run"),
        ("kms 'decrypt", "not written as a shell would read it"),
        (f'{sys.executable} -c "import os; os.write(1, bytes([255]))"', "no UTF-8 text"),
    ],
)
def test_a_command_that_does_not_give_them_is_named_and_not_quoted(
    monkeypatch: pytest.MonkeyPatch, command: str, says: str
) -> None:
    with pytest.raises(WrongSetting, match=f"^HOTLINE_VAULT_KEYS_COMMAND: .*{says}") as wrong:
        read_keyring(settings(monkeypatch, HOTLINE_VAULT_KEYS_COMMAND=command))
    assert KEY not in str(wrong.value)


@pytest.mark.parametrize(("content", "says"), [(None, "No such file"), (b"\xff", "no UTF-8 text"), (b"", "id:base64")])
def test_a_file_that_does_not_give_them_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, says: str
) -> None:
    file = tmp_path / "keys"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(WrongSetting, match=f"^HOTLINE_VAULT_KEYS_FILE: .*{says}"):
        read_keyring(settings(monkeypatch, HOTLINE_VAULT_KEYS_FILE=str(file)))


def test_the_settings_show_neither_key(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = repr(settings(monkeypatch, HOTLINE_VAULT_KEYS=LIST))
    assert KEY not in shown
    assert "kkkk" not in shown


def test_without_the_key_of_the_index_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongSetting, match="HOTLINE_BLIND_INDEX_KEY"):
        settings(monkeypatch, HOTLINE_VAULT_KEYS=LIST, HOTLINE_BLIND_INDEX_KEY="short")
