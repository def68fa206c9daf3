"""The list of the county's mailboxes that are read by IMAP: one YAML or JSON file, named by HOTLINE_MAILBOXES."""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from services.intake.mail.mail_intake import Origin
from shared.language import Confidentiality, DepartmentCode, Kind
from shared.settings import WrongSetting

# The name under which the folder that mail is delivered into counts.
SPOOL = "spool"

_MOST_MAILBOXES = 50


def _on_one_line(text: str) -> str:
    """It becomes part of an IMAP command."""
    if not text.isprintable() or text != text.strip():
        raise ValueError("must be on one line, without spaces at either end")
    return text


def _one_folder(name: str) -> str:
    if set(name) & set("*%"):
        raise ValueError("must not hold * or %, which stand for many folders")
    return name


Line = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_on_one_line)]
FolderName = Annotated[Line, AfterValidator(_one_folder)]


class Mailbox(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    # What it is called in logs and metrics.
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
    host: Line
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    # From the first byte; after STARTTLS; not at all, which only a server on this machine may ask for.
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    # Certificates to trust in place of the system's, where the mail server has a certificate of its own.
    ca_file: Path | None = None
    user: Line
    # The name of the environment variable, or of the file, that holds the password; one of the two.
    password_env: Line | None = None
    password_file: Path | None = None
    folder: FolderName = "INBOX"
    # Where mails with a ticket, and those without one, are put; made where they are missing.
    done_folder: FolderName = "已登记"
    refused_folder: FolderName = "未登记"
    # Where mails are put whose retention has passed; without it they are removed for ever.
    expired_folder: FolderName | None = None
    kind: Kind = Kind.REPORT
    confidentiality: Confidentiality = Confidentiality.CONFIDENTIAL
    # The department whose own mailbox it is: it then has received the complaint first (首接负责).
    department: DepartmentCode | None = None

    @property
    def origin(self) -> Origin:
        return Origin(self.name, self.kind, self.confidentiality, self.department)

    def password(self) -> str:
        """Read anew at each login, so that a changed one needs no restart; OSError or KeyError where it is missing."""
        if self.password_file is not None:
            return self.password_file.read_text(encoding="utf-8").strip()
        return os.environ[self.password_env or ""]

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.password_env is None) == (self.password_file is None):
            raise ValueError("give either password_env or password_file")
        if self.tls == "none" and not _is_here(self.host):
            raise ValueError("without TLS the password could be read on the way; only a server on this machine may")
        folders = [self.folder, self.done_folder, self.refused_folder]
        folders += [self.expired_folder] if self.expired_folder else []
        if len(set(folders)) != len(folders):
            raise ValueError("folder, done_folder, refused_folder and expired_folder must be folders of their own")
        if self.name == SPOOL:
            raise ValueError(f"the name {SPOOL} is that of the folder that mail is delivered into")
        return self


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _MailboxFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    mailboxes: Annotated[tuple[Mailbox, ...], Field(max_length=_MOST_MAILBOXES)]

    @model_validator(mode="after")
    def _each_name_once(self) -> Self:
        names = [mailbox.name for mailbox in self.mailboxes]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two mailboxes have the name {', '.join(twice)}")
        return self


def read_mailboxes(file: Path, departments: Mapping[DepartmentCode, object]) -> tuple[Mailbox, ...]:
    """The mailboxes of `file`; WrongSetting, which ends the process, says what of it is wrong."""
    try:
        mailboxes = _MailboxFile.model_validate(yaml.safe_load(file.read_text(encoding="utf-8"))).mailboxes
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WrongSetting(f"HOTLINE_MAILBOXES: {file} cannot be read ({type(error).__name__}).") from None
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        lines = [f"{'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in found]
        raise WrongSetting(f"HOTLINE_MAILBOXES: {file} is wrong:\n  " + "\n  ".join(lines)) from None
    for mailbox in mailboxes:
        if mailbox.department is not None and mailbox.department not in departments:
            raise WrongSetting(f"HOTLINE_MAILBOXES: {mailbox.name}: the county has no department {mailbox.department}.")
        try:
            mailbox.password()
        except (OSError, KeyError, UnicodeDecodeError) as error:
            raise WrongSetting(
                f"HOTLINE_MAILBOXES: the password of {mailbox.name} cannot be read ({type(error).__name__})."
            ) from None
    return mailboxes
