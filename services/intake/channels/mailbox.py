"""Mailboxes, the supervision office's and departments': a mail becomes a complaint, or is refused with a reason.

Refused are only mails that no person wrote to us (automatic answers, mailing lists, bounces) and those that say
nothing. What a person wrote but we cannot read, encrypted or broken, still gets a ticket: somebody must look at it.
"""

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from enum import StrEnum
from hashlib import sha256
from typing import Literal

from services.intake.complaint import MAX_TITLE, Complaint, Reporter, normalize
from services.intake.county import County
from services.intake.mail.mail_body import AS_WRITTEN, bounded_body
from services.intake.mail.mail_decoding import decode_header, unwrap
from services.intake.mail.mail_text import PKCS7, Enclosed, Flaw
from services.intake.mail.signed_mail import signed_content
from services.intake.normalizing.cleaning import MAX_TEXT, clean
from services.intake.normalizing.person_names import may_be_a_person
from shared.language import Channel, Confidentiality, DepartmentCode, Kind

# The channels that have mailboxes.
MailChannel = Literal[Channel.MAILBOX, Channel.DEPARTMENT_LINE]
# Of a longer mail the rest is not read, or it is not taken at all: 25 MB of attachments are 34 MB in base64.
LARGEST_MAIL = 40 * 1024 * 1024
# Stands before the Message-ID in a department's own channel; no clerk's number, which follows a code, begins so.
LINE_MAIL = "mail/"


@dataclass(frozen=True, slots=True, repr=False)
class Mail:
    """A mail that becomes a complaint. Its repr shows neither sender nor words."""

    # The Message-ID, else a hash of the bytes: the same mail fetched twice is one submission.
    external_id: str
    # None where there is none, or where it had to stand in for the text.
    subject: str | None
    # Never empty; bounded as a complaint's text is.
    text: str
    sender: Reporter
    files: tuple[Enclosed, ...]
    flaws: frozenset[Flaw]

    def __repr__(self) -> str:
        return f"Mail({self.external_id!r}, flaws={sorted(self.flaws)!r})"


class RefusalCode(StrEnum):
    AUTOMATIC = "automatic"
    BULK = "bulk"
    BOUNCE = "bounce"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A mail that gets no ticket, and must get no answer either: two machines would write to each other for ever."""

    code: RefusalCode
    zh: str
    en: str


_AUTOMATIC = Refusal(
    RefusalCode.AUTOMATIC, "自动回复或系统自动发出的邮件，不予登记。", "An automatic mail; no ticket is made."
)
_BULK = Refusal(RefusalCode.BULK, "群发邮件或邮件列表，不予登记。", "A bulk or list mail; no ticket is made.")
_BOUNCE = Refusal(RefusalCode.BOUNCE, "退信通知，不予登记。", "A delivery notice; no ticket is made.")
_EMPTY = Refusal(
    RefusalCode.EMPTY,
    "邮件没有主题、正文和附件，无法登记。",
    "The mail has no subject, no text and no attachment; no ticket is made.",
)

_ENCRYPTED_NOTE = "（来信已加密，系统无法读取正文，请联系来信人。）"
_WRAPPED_NOTE = "（来信以签名或加密格式封装，系统无法读取其中内容，请查阅原件。）"
_MALFORMED_NOTE = "（来信结构异常，系统无法读取正文，请查阅原件。）"
_TRUNCATED_NOTE = "（来信过长，以下从略，请查阅原件。）"


def read_mail(raw: bytes) -> Mail | Refusal:
    """What the bytes of a mail say. Never raises, whatever they are."""
    headers = _headers(raw)
    if refusal := _not_from_a_person(headers):
        return refusal
    subject, subject_sound = _subject(headers)
    body = bounded_body(_within_signature(headers, raw))
    if not subject_sound:
        body.flaws.add(Flaw.GARBLED)
    text = clean(body.text)
    if Flaw.ENCRYPTED in body.flaws:
        text = f"{text}\n{_ENCRYPTED_NOTE}".strip()
    elif Flaw.WRAPPED in body.flaws:
        text = f"{text}\n{_WRAPPED_NOTE}".strip()
    elif Flaw.MALFORMED in body.flaws:
        text = _MALFORMED_NOTE
    elif not text and subject:
        text, subject = subject, None
    elif not text and body.files:
        text = f"（来信没有文字，只有{len(body.files)}个附件，请查阅原件。）"
    elif not text:
        return _EMPTY
    if len(text) > MAX_TEXT:
        body.flaws.add(Flaw.TRUNCATED)
        text = f"{text[: MAX_TEXT - len(_TRUNCATED_NOTE) - 1].rstrip()}\n{_TRUNCATED_NOTE}"
    return Mail(_external_id(headers, raw), subject, text, _sender(headers), tuple(body.files), frozenset(body.flaws))


def to_complaint(
    mail: Mail,
    county: County,
    *,
    channel: MailChannel = Channel.MAILBOX,
    kind: Kind = Kind.REPORT,
    confidentiality: Confidentiality = Confidentiality.CONFIDENTIAL,
    received_by: DepartmentCode | None = None,
) -> Complaint:
    """A mail has no form: which kind it is, and who may know its sender, is said by the mailbox that it came to."""
    return normalize(
        county,
        channel=channel,
        # A sender chooses the Message-ID: it must not be the number that a department's clerk will give.
        external_id=mail.external_id if channel is Channel.MAILBOX else f"{LINE_MAIL}{mail.external_id}",
        kind=kind,
        title=mail.subject,
        text=mail.text,
        confidentiality=confidentiality,
        received_by=received_by,
        reporter=mail.sender,
        name_is_a_guess=not _is_named(mail.sender, county),
    )


def _is_named(sender: Reporter, county: County) -> bool:
    """Whether the sender goes by what may be a person's name and is none of the words that say what it is about."""
    return sender.name is not None and may_be_a_person(sender.name) and not county.has_word_in(sender.name)


def external_id(raw: bytes) -> str:
    """What tells this mail from others, whether it becomes a ticket or not."""
    return _external_id(_headers(raw), raw)


def _within_signature(headers: Message, raw: bytes) -> bytes:
    """The mail that a signed one holds, else the mail itself; programs sign the whole, so no part is looked into."""
    end = _BLANK_LINE.search(raw)
    if headers.get_content_type() not in PKCS7 or end is None:
        return raw
    signed = signed_content(unwrap(raw[end.end() :], _header(headers, "content-transfer-encoding")).data)
    return raw if signed is None else signed


_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")
_MOST_OF_ANY_HEADERS = 1_000_000
_LONGEST_HEADER = 4_000


def _headers(raw: bytes) -> Message:
    end = _BLANK_LINE.search(raw)
    stop = min(end.end() if end else len(raw), _MOST_OF_ANY_HEADERS)
    return BytesHeaderParser(policy=AS_WRITTEN).parsebytes(raw[:stop])


def _header(headers: Message, name: str) -> str:
    return str(headers.get(name, ""))[:_LONGEST_HEADER]


_COMMENT = re.compile(r"\([^()]*\)")
_BULK_PRECEDENCES = frozenset({"bulk", "list", "junk"})


def _keyword(headers: Message, name: str) -> str:
    return _COMMENT.sub("", _header(headers, name)).partition(";")[0].strip().lower()


def _not_from_a_person(headers: Message) -> Refusal | None:
    """RFC 3834 (Auto-Submitted), RFC 2919 (List-Id), and the older habits."""
    if _keyword(headers, "return-path") == "<>" or headers.get_content_type() == "multipart/report":
        return _BOUNCE
    if _keyword(headers, "auto-submitted") not in ("", "no"):
        return _AUTOMATIC
    if "x-autoreply" in headers or "x-autorespond" in headers or _keyword(headers, "precedence") == "auto_reply":
        return _AUTOMATIC
    if "list-id" in headers or _keyword(headers, "precedence") in _BULK_PRECEDENCES:
        return _BULK
    return None


def _subject(headers: Message) -> tuple[str | None, bool]:
    text, sound = decode_header(_header(headers, "subject"))
    return " ".join(clean(text).split())[:MAX_TITLE].strip() or None, sound


_LONGEST_NAME = 100
# The standard library's reader of addresses overflows the stack over nested comments.
_ADDRESS = re.compile(r"<?\s*([^\s<>()\",;:@]{1,64}@[^\s<>()\",;:@]{1,189})\s*>?\s*$")


def _sender(headers: Message) -> Reporter:
    raw = _header(headers, "from")
    # Raw 8-bit bytes are read first, encoded words after the address is taken off: they may hide a < or an @.
    written = raw if raw.isascii() else decode_header(raw).text
    address = _ADDRESS.search(written)
    name = decode_header(written[: address.start()] if address else written).text
    return Reporter(
        name=clean(name).strip("\"' ")[:_LONGEST_NAME] or None,
        email=clean(address[1]) if address else None,
    )


_LONGEST_EXTERNAL_ID = 128


def _external_id(headers: Message, raw: bytes) -> str:
    message_id = _header(headers, "message-id").strip()
    if not message_id:
        return f"sha256:{sha256(raw).hexdigest()}"
    if len(message_id) > _LONGEST_EXTERNAL_ID or not (message_id.isascii() and message_id.isprintable()):
        return f"sha256:{sha256(message_id.encode('utf-8', 'surrogateescape')).hexdigest()}"
    return message_id
