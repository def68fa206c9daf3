"""The mails of the demonstration are read as their list says."""

import json
from pathlib import Path

from services.intake.channels.mailbox import Mail, read_mail

MAILS = Path(__file__).parents[3] / "deploy" / "local" / "sample" / "mail"


def test_exactly_the_expected_mails_make_a_ticket() -> None:
    expected = json.loads((MAILS / "expected.json").read_text())
    seen: set[str] = set()
    made: dict[str, bool] = {}
    for path in sorted(MAILS.glob("*.eml")):
        read = read_mail(path.read_bytes())
        made[path.name] = isinstance(read, Mail) and read.external_id not in seen
        if isinstance(read, Mail):
            seen.add(read.external_id)
    assert made == {name: mail["ticket"] for name, mail in expected.items()}


def test_every_one_of_them_is_readable() -> None:
    texts = [read.text for path in MAILS.glob("*.eml") if isinstance(read := read_mail(path.read_bytes()), Mail)]
    assert texts
    assert not any("\ufffd" in text for text in texts)
