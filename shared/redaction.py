"""Takes personal numbers out of a text before it leaves the service that received it.

What is replaced: telephone numbers, identity numbers, bank cards, vehicle plates, e-mail addresses, and passports and
QQ or WeChat ids that a word introduces. A number that carries a checksum is replaced when the checksum holds, or when
the words before it call it by name (people mistype their own identity number, and sixteen right digits of it are
still theirs). Where a number might be a telephone or not, it is replaced: a lost order number costs a question, a
leaked telephone cannot be taken back. docs/redaction.md says how much of it is found, and what is not.

Names and street addresses stay. So do short public numbers (12345, 110), service numbers (400, 800), dates, amounts
and ticket numbers.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from shared.redaction_forms import RINGED, SIMPLIFIED, TRADITIONAL
from shared.redaction_rules import ANY_TRIGGER, RULES, PersonalData

__all__ = ["TOKENS", "PersonalData", "may_tell_of_somebody", "redact"]


# Each token is shorter than anything that it can stand for, so a redacted text is never longer than the original.
TOKENS: Mapping[PersonalData, str] = MappingProxyType(
    {
        PersonalData.PHONE: "〔电话〕",
        PersonalData.IDENTITY_NUMBER: "〔证件号〕",
        PersonalData.BANK_CARD: "〔银行卡〕",
        PersonalData.PLATE: "〔车牌〕",
        PersonalData.EMAIL: "〔邮箱〕",
        PersonalData.PASSPORT: "〔护照〕",
        PersonalData.ACCOUNT: "〔账号〕",
    }
)


def redact(text: str) -> str:
    """`text` with the name of its kind in place of every personal number; all else stays as it was written.

    Idempotent, and never longer than `text`.
    """
    # A replaced number no longer hides its neighbour ("138…-0914-…"), so look again until nothing is found.
    while (found := _redact_once(text)) != text:
        text = found
    return text


def may_tell_of_somebody(text: str) -> bool:
    """Whether there is anything in `text`, or in any part of it, that `redact` would look at more closely."""
    return ANY_TRIGGER.search(text) is not None


def _redact_once(text: str) -> str:
    for trigger, rules in RULES:
        if not trigger.search(text):
            continue
        folded = text.translate(_FOLD)
        for kind, pattern, convinces in rules:
            spans = [match.span("it") for match in pattern.finditer(folded) if convinces(match)]
            if spans:
                text = _replace(text, spans, TOKENS[kind])
                folded = _replace(folded, spans, TOKENS[kind])
    return text


def _replace(text: str, spans: list[tuple[int, int]], token: str) -> str:
    def pieces() -> Iterator[str]:
        end = 0
        for start, stop in spans:
            yield text[end:start]
            yield token
            end = stop
        yield text[end:]

    return "".join(pieces())


def _single_character_folds() -> dict[int, str]:
    """Full-width ASCII and every script's digits, ringed ones too, to ASCII, and traditional characters to simplified.

    One to one: positions stay the same.
    """
    folds = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    for code in range(0x80, 0x1FC00):
        if unicodedata.category(chr(code)) == "Nd":
            folds[code] = str(unicodedata.decimal(chr(code)))
    folds |= {ord(ring): str(digit) for digit, ring in enumerate(RINGED)}
    return folds | {ord(form): simple for form, simple in zip(TRADITIONAL, SIMPLIFIED, strict=True)}


_FOLD = _single_character_folds()
