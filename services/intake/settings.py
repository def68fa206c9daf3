import base64
import binascii
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from services.intake.vault import Keyring
from shared.settings import ServiceSettings

_KEY_BYTES = 32


def _read_key(written: object) -> bytes:
    try:
        key = base64.b64decode(str(written), validate=True)
    except binascii.Error:
        raise ValueError("it is not valid base64") from None
    if len(key) != _KEY_BYTES:
        raise ValueError(f"it has {len(key)} bytes and must have {_KEY_BYTES}")
    return key


def _read_keyring(written: object) -> Keyring:
    return Keyring.parse(str(written))


class IntakeSettings(ServiceSettings):
    model_config = SettingsConfigDict(arbitrary_types_allowed=True)

    # "id:base64 of 32 bytes", the key in use first, earlier ones behind it, separated by commas.
    vault_keys: Annotated[Keyring, BeforeValidator(_read_keyring)]
    # Base64 of 32 bytes; query codes are derived from it, so a change makes those already given out invalid.
    query_code_key: Annotated[bytes, BeforeValidator(_read_key), Field(repr=False)]
    # A folder into which a mail system delivers *.eml files; none where mail does not come that way.
    mail_spool: Path | None = None
    # A file that lists the mailboxes to read by IMAP (docs/mailboxes.md); none where there are none.
    mailboxes: Path | None = None
    http_port: int = 8101
