from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Base64Bytes, SecretStr

from services.intake.push_signature import parse_keys
from shared.settings import ServiceSettings


def _is_a_list_of_keys(written: SecretStr) -> SecretStr:
    parse_keys(written.get_secret_value())
    return written


class IntakeSettings(ServiceSettings):
    # "id:base64 of 32 bytes", the key in use first, earlier ones behind it, separated by commas.
    vault_keys: SecretStr
    # Base64; query codes are derived from it, so a change makes those already given out invalid.
    query_code_key: Base64Bytes
    # "id:base64 of 32 bytes or more", separated by commas: the keys with which the 12345 platform signs what it pushes;
    # without them its routes are not there.
    push_keys: Annotated[SecretStr, AfterValidator(_is_a_list_of_keys)] | None = None
    # A folder into which a mail system delivers *.eml files; none where mail does not come that way.
    mail_spool: Path | None = None
    # A file that lists the mailboxes to read by IMAP (docs/mailboxes.md); none where there are none.
    mailboxes: Path | None = None
    http_port: int = 8101
