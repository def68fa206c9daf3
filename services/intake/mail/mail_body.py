"""The parts of a mail within bounds: the standard parser takes quadratic time over some mails, or breaks over them."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from email import policy
from email.parser import BytesParser

from services.intake.mail.mail_text import MAX_ENCLOSED, MAX_PART, Body, Flaw, read_body

__all__ = ["AS_WRITTEN", "bounded_body"]


class _AsWritten(policy.Compat32):
    """Header values untouched: the newer policies' own decoding raises on broken ones and takes quadratic time."""

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002  # the library's signature
        return value


AS_WRITTEN = _AsWritten()

# What of a base64 part is beyond reading as text is kept out of the parser, which takes ten times its size in memory.
# Anchored and without a way back: a search that starts over at every letter takes quadratic time over one long line.
_BASE64_LINES = re.compile(rb"^(?:[A-Za-z0-9+/]{40,}+={0,2}[ \t]*+\r?\n)++", re.MULTILINE)
# No mail program builds more than this, and the standard parser takes quadratic time or overflows its stack: nesting
# slows it down for every line below, and so do parts, lines, and parameters of one header.
_MAX_PARTS_WITH_PARTS = 40
_HAS_PARTS = re.compile(rb"boundary[*0-9]*\s*=|content-type\s*:\s*message/", re.IGNORECASE)
_ENDLESS_HEADER = re.compile(rb"^content-[a-z-]+\s*:(?:[^\n]|\n[ \t]){4000}", re.IGNORECASE | re.MULTILINE)
_MAX_DASHED_LINES = 2_000
_MAX_LINE_ENDS = 400_000


def bounded_body(raw: bytes) -> Body:
    """What the parts of a mail say; of one that no mail program builds nothing but that."""
    short, taken_out = _without_long_runs(raw)
    if (
        short.count(b"\n") + short.count(b"\r") > _MAX_LINE_ENDS
        or short.count(b"\n--") > _MAX_DASHED_LINES
        or sum(1 for _ in _HAS_PARTS.finditer(short)) > _MAX_PARTS_WITH_PARTS
        or _ENDLESS_HEADER.search(short)
    ):
        return Body(flaws={Flaw.MALFORMED})
    try:
        body = read_body(BytesParser(policy=AS_WRITTEN).parsebytes(short))
    except Exception:  # noqa: BLE001  # the library lists no errors; a mail that breaks it still gets its ticket
        return Body(flaws={Flaw.MALFORMED})
    body.files = [replace(file, payload=_restored(file.payload or b"", raw, taken_out)) for file in body.files]
    return body


def _restored(payload: bytes, raw: bytes, taken_out: Mapping[bytes, slice]) -> bytes | None:
    """`payload` with what was taken out of it; None where that is longer than any file that is kept."""
    marks = [mark for mark in taken_out if mark in payload]
    if len(payload) + sum(taken_out[mark].stop - taken_out[mark].start for mark in marks) > MAX_ENCLOSED:
        return None
    for mark in marks:
        payload = payload.replace(mark, raw[taken_out[mark]])
    return payload


def _without_long_runs(raw: bytes) -> tuple[bytes, Mapping[bytes, slice]]:
    """`raw` with a mark that no sender can guess in place of what is long, and what of `raw` each mark stands for."""
    secret = secrets.token_hex(16)
    taken_out: dict[bytes, slice] = {}

    def shorten(run: re.Match[bytes]) -> bytes:
        if len(run[0]) <= MAX_PART + 1:
            return run[0]
        mark = f"={secret}-{len(taken_out)}=".encode()
        # Its line end stays: what follows must stand on a line of its own.
        taken_out[mark] = slice(run.start() + MAX_PART + 1, run.end() - 1)
        return run[0][: MAX_PART + 1] + mark + b"\n"

    return _BASE64_LINES.sub(shorten, raw), taken_out
