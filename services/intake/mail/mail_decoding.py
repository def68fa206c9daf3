"""Bytes of a mail to text, for mail as it really comes: mislabelled, unlabelled, cut short.

Chinese mailers write "gb2312" and send GB18030, put raw 8-bit bytes into headers, and split a character between two
encoded words. Nothing here raises: what cannot be read becomes U+FFFD, and `sound` says so.
"""

import base64
import binascii
import codecs
import quopri
import re
from typing import NamedTuple


class Decoded(NamedTuple):
    text: str
    # False where something was replaced, dropped, or read otherwise than its label said.
    sound: bool


class Unwrapped(NamedTuple):
    data: bytes
    sound: bool


# All are subsets of GB18030 (GB 18030-2022, annex), and all are used as its name.
_MEANS_GB18030 = frozenset({"gb2312", "gbk", "gb_2312-80", "x-gbk", "cp936", "ms936", "euc-cn"})
# Python also registers codecs that are no charsets of mail (punycode, unicode_escape, rot13).
_CHARSETS_OF_MAIL = re.compile(
    r"(?:utf|gb|big5|hz|iso|cp|koi8|shift|euc|mac|ascii|johab|tis|kz|ptcp)(?:[-_0-9a-z]*)", re.IGNORECASE
)


def decode_text(data: bytes, label: str | None) -> Decoded:
    """`data` in the charset that `label` names; without a usable label UTF-8, then GB18030, strictly."""
    codec = _codec(label)
    if codec == "gb18030" and _is_chinese_in_utf8(data):
        return Decoded(data.decode(), sound=False)
    for candidate in filter(None, (codec, "utf-8", "gb18030")):
        try:
            return Decoded(data.decode(candidate), sound=codec in (candidate, None))
        except UnicodeError:
            continue
    return Decoded(data.decode(codec or "utf-8", "replace"), sound=False)


# Below lie the alphabets, whose two-byte forms GB18030 text can be mistaken for; no real text in it passes for more.
_FIRST_OF_THREE_BYTES = "\u0800"


def _is_chinese_in_utf8(data: bytes) -> bool:
    if data.isascii():
        return False
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return all(character.isascii() or character >= _FIRST_OF_THREE_BYTES for character in text)


def _codec(label: str | None) -> str | None:
    """The codec to try first; None where the label is missing, unknown, or says ASCII, which claims nothing."""
    name = (label or "").strip().strip("\"'").lower()
    if name in _MEANS_GB18030:
        return "gb18030"
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    if codec in ("ascii", "utf-8") or not _CHARSETS_OF_MAIL.fullmatch(codec):
        return None
    return "gb18030" if codec in _MEANS_GB18030 else codec


_LINE_BREAK = re.compile(r"[\r\n]+")
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\r\n]*)\?=")


def decode_header(raw: str) -> Decoded:
    """A header's value as `email` keeps it (8-bit bytes as surrogates), with its encoded words read (RFC 2047)."""
    value = _LINE_BREAK.sub("", raw)
    if not value.isascii():
        value, sound = decode_text(value.encode("utf-8", "surrogateescape"), None)
    else:
        sound = True
    pieces: list[str] = []
    pending: tuple[str, bytes] | None = None
    end = 0

    def finish() -> None:
        nonlocal pending, sound
        if pending is not None:
            text, well = decode_text(pending[1], pending[0])
            pieces.append(text)
            sound = sound and well
            pending = None

    for word in _ENCODED_WORD.finditer(value):
        between = value[end : word.start()]
        charset = word[1].partition("*")[0].lower()
        data, well = unwrap(word[3].replace("_", " ").encode(), "quoted-printable" if word[2] in "qQ" else "base64")
        sound = sound and well
        # Space between encoded words is none, and a character may begin in one and end in the next.
        if pending is not None and not between.strip() and pending[0] == charset:
            pending = (charset, pending[1] + data)
        else:
            finish()
            if between.strip() or not pieces:
                pieces.append(between)
            pending = (charset, data)
        end = word.end()
    finish()
    pieces.append(value[end:])
    return Decoded("".join(pieces).strip(), sound)


_WHITESPACE = re.compile(rb"\s+")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_MOSTLY = 0.9


def unwrap(data: bytes, transfer_encoding: str) -> Unwrapped:
    """`data` out of its transfer encoding; what is no base64 at all, though it says so, is left as it is."""
    match transfer_encoding.strip().lower():
        case "quoted-printable":
            return Unwrapped(quopri.decodestring(data), sound=True)
        case "base64":
            return _unwrap_base64(data)
        case _:
            return Unwrapped(data, sound=True)


def _unwrap_base64(data: bytes) -> Unwrapped:
    packed = _WHITESPACE.sub(b"", data)
    try:
        return Unwrapped(base64.b64decode(packed, validate=True), sound=True)
    except binascii.Error:
        letters = _NOT_BASE64.sub(b"", packed)
    if len(letters) < _MOSTLY * len(packed):
        return Unwrapped(data, sound=False)
    # A lone last letter carries no whole byte.
    whole = letters[:-1] if len(letters) % 4 == 1 else letters
    return Unwrapped(base64.b64decode(whole + b"=" * (-len(whole) % 4)), sound=False)
