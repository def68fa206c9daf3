"""A text as it is stored and sent: without what nobody sees, and bounded."""

import re
import unicodedata

from services.intake.refusal import SubmissionRefused

__all__ = ["MAX_TEXT", "clean", "normalize_text"]

MAX_TEXT = 20_000

_LINE_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls, lone surrogates, and the invisible characters that reorder text or hide inside a number.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def clean(raw: str) -> str:
    """`raw` in NFC with LF line ends, without control and invisible characters, trimmed. Idempotent."""
    text = raw
    if not raw.isprintable():
        text = _INVISIBLE.sub("", _LINE_BREAKS.sub("\n", raw))
    return unicodedata.normalize("NFC", text).strip()


def normalize_text(raw: str, *, name: str = "text", limit: int = MAX_TEXT) -> str:
    """`raw` cleaned; SubmissionRefused where nothing remains or more than `limit` characters do."""
    text = clean(raw)
    if not text:
        raise SubmissionRefused(name, f"“{name}”没有内容，请写明诉求。", f"{name} is empty; say what it is about.")
    if len(text) > limit:
        raise SubmissionRefused(
            name,
            f"“{name}”过长，最多 {limit} 个字符。",
            f"{name} must have at most {limit} characters.",
        )
    return text
