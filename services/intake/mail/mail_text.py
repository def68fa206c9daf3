"""The text of a mail: what its writer wrote, out of however many parts, forwards and HTML."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import Message
from enum import StrEnum

from selectolax.lexbor import LexborHTMLParser

from services.intake.attachments.attachment_content import MAX_BYTES, too_large
from services.intake.mail.mail_decoding import decode_header, decode_text, unwrap

# Bytes of one part that are read; a complaint's text has a tenth of it at most, in any encoding.
MAX_PART = 1_000_000


class Flaw(StrEnum):
    """Why the text of a mail may not be all that its sender wrote."""

    # Bytes that fit no charset, a wrong label, or a broken transfer encoding.
    GARBLED = "garbled"
    ENCRYPTED = "encrypted"
    # Built in a way that no mail program builds; only the headers were read.
    MALFORMED = "malformed"
    TRUNCATED = "truncated"


# Four letters of base64 carry three bytes, and line ends none; whatever is longer is more than is taken.
MAX_ENCLOSED = MAX_BYTES * 3 // 2


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file in a mail, still in its transfer encoding: most of a large mail is never decoded at once."""

    transfer_encoding: str
    # None where it is longer than MAX_ENCLOSED, and so not kept in memory.
    payload: bytes | None = field(repr=False)

    def data(self) -> bytes:
        """Its bytes; AttachmentRefused where they are more than are taken."""
        if self.payload is None:
            raise too_large()
        return unwrap(self.payload, self.transfer_encoding).data


@dataclass(slots=True)
class Body:
    text: str = ""
    files: list[Enclosed] = field(default_factory=list)
    flaws: set[Flaw] = field(default_factory=set)


def read_body(message: Message) -> Body:
    """What the parts of `message` say, in their order."""
    body = Body()
    body.text = _without_pgp(_text_of(message, body), body)
    return body


_SEALED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})


def _text_of(part: Message, body: Body) -> str:
    kind = part.get_content_type()
    if kind in _SEALED:
        body.flaws.add(Flaw.ENCRYPTED)
        return ""
    if part.is_multipart():
        children = [child for child in part.get_payload() if isinstance(child, Message)]
        if kind == "multipart/alternative":
            return _best_alternative(children, body)
        if kind == "message/rfc822":
            return _joined(_forwarded(child, body) for child in children)
        return _joined(_text_of(child, body) for child in children)
    # A multipart without parts has only text in it.
    if part.get_content_maintype() not in ("text", "multipart") or _is_file(part):
        if kind not in _SIGNATURES:
            body.files.append(Enclosed(*_wrapped(part)))
        return ""
    return _leaf(part, body)


def _is_file(part: Message) -> bool:
    return (
        part.get_content_disposition() == "attachment"
        or part.get_param("filename", header="content-disposition") is not None
        or part.get_param("name") is not None
    )


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(text for text in texts if text.strip())


def _best_alternative(children: list[Message], body: Body) -> str:
    """The plain form, else the first that says anything."""
    said = [(child.get_content_type(), _text_of(child, body)) for child in children]
    texts = [text for kind, text in said if kind == "text/plain"] + [text for _, text in said]
    return next((text for text in texts if text.strip()), "")


def _forwarded(message: Message, body: Body) -> str:
    """Subject and text of a mail within the mail; who sent it is that person's affair."""
    subject = decode_header(str(message.get("subject", ""))).text
    return _joined(("——转发的邮件——", subject, _text_of(message, body)))


def _wrapped(part: Message) -> tuple[str, bytes]:
    """The transfer encoding of `part`, and what came in it."""
    encoding = str(part.get("content-transfer-encoding", ""))
    # Without the header `email` hands out the bytes as they came, and ours is the decoder that survives broken ones.
    del part["content-transfer-encoding"]
    payload = part.get_payload(decode=True)
    return encoding, payload if isinstance(payload, bytes) else b""


def _leaf(part: Message, body: Body) -> str:
    encoding, wrapped = _wrapped(part)
    if len(wrapped) > MAX_PART:
        body.flaws.add(Flaw.TRUNCATED)
    data, whole = unwrap(wrapped[:MAX_PART], encoding)
    text, sound = decode_text(data, part.get_content_charset())
    if not (whole and sound):
        body.flaws.add(Flaw.GARBLED)
    return html_to_text(text) if part.get_content_subtype() == "html" else text


# The parser takes quadratic time over deeply nested tags: 13 s for 100,000, 0.5 s for this many.
_MAX_TAGS = 20_000
_TAG = re.compile(r"<[^<>]*>")
_SPACE = re.compile(r"\s+")
_ENDS_A_LINE = re.compile(r"<br\b|</(?:p|div|tr|li|h[1-6]|table|blockquote|section|article)\b", re.IGNORECASE)
_AROUND_A_LINE_BREAK = re.compile(r"[ \xa0]*\n\s*")


def html_to_text(html: str) -> str:
    """What a reader of `html` sees, a line for each paragraph, row and list item."""
    marked = _ENDS_A_LINE.sub(lambda tag: f"\n{tag[0]}", _SPACE.sub(" ", html))
    if marked.count("<") > _MAX_TAGS:
        return _TAG.sub("", marked)
    tree = LexborHTMLParser(marked)
    if tree.body is None:
        return ""
    for unseen in tree.css("script, style, template, noscript"):
        unseen.decompose()
    return _AROUND_A_LINE_BREAK.sub("\n", tree.body.text(separator="")).strip()


_PGP = re.compile(r"-----BEGIN PGP MESSAGE-----.*?(?:-----END PGP MESSAGE-----|\Z)", re.DOTALL)


def _without_pgp(text: str, body: Body) -> str:
    without, blocks = _PGP.subn("", text)
    if blocks:
        body.flaws.add(Flaw.ENCRYPTED)
    return without
