import base64
import binascii
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.vault import Keyring
from services.intake.open311.open311_keys import parse_digests
from services.intake.platforms.push_signature import parse_keys
from shared.settings import PostgresSettings, ServiceSettings

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


def _read_blind_index(written: object) -> BlindIndex:
    return BlindIndex(_read_key(written))


def _is_a_list_of_keys(written: SecretStr) -> SecretStr:
    parse_keys(written.get_secret_value())
    return written


def _is_a_list_of_digests(written: SecretStr) -> SecretStr:
    parse_digests(written.get_secret_value())
    return written


class VaultSettings(PostgresSettings):
    """What opens the vault; `identity.key_sources` reads the keys from the one of three places that is set."""

    model_config = SettingsConfigDict(arbitrary_types_allowed=True)

    # "id:base64 of 32 bytes", the key in use first, earlier ones behind it, separated by commas.
    vault_keys: Annotated[Keyring, BeforeValidator(_read_keyring)] | None = None
    # A file that holds the same, or lines instead of commas.
    vault_keys_file: Path | None = None
    # A command whose standard output is the same: the hook for a key management service.
    vault_keys_command: str | None = None
    # Base64 of 32 bytes, for nothing else: the key of the traces by which a reporter's complaints are found.
    blind_index_key: Annotated[BlindIndex, BeforeValidator(_read_blind_index)]


class KeptSettings(PostgresSettings):
    """Where that lies which is kept outside of the database: mails and files."""

    # A folder into which a mail system delivers *.eml files, and where mails that come by LMTP are kept; none where
    # mail comes neither way.
    mail_spool: Path | None = None
    # A file that lists the mailboxes read by IMAP or delivered by LMTP (docs/mailboxes.md); none where there are none.
    mailboxes: Path | None = None
    # Where the files of complaints lie: a folder, or s3://bucket/prefix with the usual AWS_ variables; without it none
    # are taken.
    attachments: Annotated[str, Field(min_length=1)] | None = None


class IntakeSettings(VaultSettings, KeptSettings, ServiceSettings):
    # Base64 of 32 bytes; query codes are derived from it, so a change makes those already given out invalid.
    query_code_key: Annotated[bytes, BeforeValidator(_read_key), Field(repr=False)]
    # "id:base64 of 32 bytes or more", separated by commas: the keys with which the 12345 platform signs what it pushes;
    # without them its routes are not there.
    push_keys: Annotated[SecretStr, AfterValidator(_is_a_list_of_keys)] | None = None
    # "id:SHA-256 in hexadecimal", separated by commas: the keys of those who may submit by Open311 (docs/open311.md).
    open311_keys: Annotated[SecretStr, AfterValidator(_is_a_list_of_digests)] | None = None
    # Where a signed request hands a text message over to the county's gateway (docs/pages.md#telephone-check), and the
    # base64 of 32 bytes that signs it; without them no telephone is checked.
    sms_url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    sms_key: Annotated[bytes, BeforeValidator(_read_key)] | None = Field(default=None, repr=False)
    # The loopback port on which the mail system of this machine delivers by LMTP; it needs the folder above.
    lmtp_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    # HOTLINE_ROUTER_URL: where the router is asked which incidents others have told of; without it nobody is told.
    router_url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    http_port: int = 8101
