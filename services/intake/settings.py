from pathlib import Path

from pydantic import Base64Bytes, SecretStr

from shared.settings import ServiceSettings


class IntakeSettings(ServiceSettings):
    # "id:base64 of 32 bytes", the key in use first, earlier ones behind it, separated by commas.
    vault_keys: SecretStr
    # Base64; query codes are derived from it, so a change makes those already given out invalid.
    query_code_key: Base64Bytes
    # A folder into which a mail system delivers *.eml files; none where mail does not come that way.
    mail_spool: Path | None = None
    # A file that lists the mailboxes to read by IMAP (docs/mailboxes.md); none where there are none.
    mailboxes: Path | None = None
    http_port: int = 8101
