"""The list of mailboxes: what is wrong in it is said at the start, and no password is ever shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.intake.mail.mailboxes import read_mailboxes
from shared.language import Confidentiality, Kind
from shared.settings import WrongSetting

DEPARTMENTS = {"water-bureau": None}
ONE: dict[str, Any] = {"name": "supervision", "host": "imap.example", "user": "jiandu", "password_env": "IMAP_PASSWORD"}
SECRET = "not-to-be-shown"


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAP_PASSWORD", SECRET)


def file_of(folder: Path, *mailboxes: dict[str, Any]) -> Path:
    file = folder / "mailboxes.json"
    file.write_text(json.dumps({"mailboxes": mailboxes}), encoding="utf-8")
    return file


def told_of(place: Path, changes: dict[str, Any]) -> str:
    with pytest.raises(WrongSetting) as wrong:
        read_mailboxes(file_of(place, ONE | changes), DEPARTMENTS)
    return str(wrong.value)


def test_what_is_not_said_is_what_the_supervision_mailbox_needs(tmp_path: Path) -> None:
    [mailbox] = read_mailboxes(file_of(tmp_path, ONE), DEPARTMENTS)
    assert (mailbox.port, mailbox.tls, mailbox.folder) == (993, "implicit", "INBOX")
    assert (mailbox.origin.kind, mailbox.origin.confidentiality) == (Kind.REPORT, Confidentiality.CONFIDENTIAL)
    assert mailbox.origin.received_by is None
    assert mailbox.password() == SECRET
    assert SECRET not in repr(mailbox)


def test_the_list_may_be_yaml_and_the_password_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{SECRET}\n", encoding="utf-8")
    (tmp_path / "mailboxes.yaml").write_text(
        "mailboxes:\n"
        "  - {name: water, host: imap.example, user: shuiliju, folder: 群众来信, kind: complaint,\n"
        f"     confidentiality: named, department: water-bureau, password_file: {tmp_path / 'password'}}}\n",
        encoding="utf-8",
    )
    [mailbox] = read_mailboxes(tmp_path / "mailboxes.yaml", DEPARTMENTS)
    assert (mailbox.password(), mailbox.folder, mailbox.origin.received_by) == (SECRET, "群众来信", "water-bureau")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"port": 0}, "port"),
        ({"host": "imap.example\r\nA1 LOGOUT"}, "host"),
        ({"folder": "INBOX\r\nA1 DELETE INBOX"}, "folder"),
        ({"folder": "*"}, "folder"),
        ({"done_folder": "INBOX"}, "folders of their own"),
        ({"expired_folder": "已登记"}, "folders of their own"),
        ({"tls": "none"}, "without TLS"),
        ({"department": "moon-bureau"}, "no department moon-bureau"),
        ({"password_env": None}, "either password_env or password_file"),
        ({"password_env": "NOT_SET"}, "password of supervision cannot be read"),
        ({"name": "spool"}, "spool"),
        ({"name": "Supervision Mailbox"}, "name"),
        ({"pasword": SECRET}, "pasword"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    told = told_of(tmp_path, changes)
    assert "HOTLINE_MAILBOXES" in told
    assert said in told
    assert SECRET not in told


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_only_a_server_on_this_machine_may_do_without_tls(tmp_path: Path, host: str) -> None:
    [mailbox] = read_mailboxes(file_of(tmp_path, ONE | {"host": host, "tls": "none"}), DEPARTMENTS)
    assert mailbox.tls == "none"


def test_two_mailboxes_have_two_names(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="two mailboxes have the name supervision"):
        read_mailboxes(file_of(tmp_path, ONE, ONE), DEPARTMENTS)


@pytest.mark.parametrize("content", [b"", b"[", b"mailboxes: {", b"\xff"])
def test_what_is_no_list_is_said(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "mailboxes.yaml"
    file.write_bytes(content)
    with pytest.raises(WrongSetting, match="HOTLINE_MAILBOXES"):
        read_mailboxes(file, DEPARTMENTS)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="cannot be read"):
        read_mailboxes(tmp_path / "missing.yaml", DEPARTMENTS)
