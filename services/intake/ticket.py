"""Ticket numbers that notice a misread digit, and query codes that need no table."""

import hmac
import re
import unicodedata
from datetime import date
from functools import lru_cache
from uuid import UUID

from stdnum import luhn

from services.intake.identity.keyed_hash import hmac_sha256

_WRITTEN = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})-([0-9]{6,9})-([0-9])")
_DIGITS = re.compile(r"[^0-9]")


def ticket_number(day: date, sequence: int) -> str:
    """``20261124-000123-C``: day of acceptance, a number in six digits or more, Luhn check digit over all of them."""
    if not 0 < sequence < 10**9:
        raise ValueError(f"a ticket's running number lies between 1 and 999999999, not {sequence}")
    date_part, running = _written(day), f"{sequence:06d}"
    return f"{date_part}-{running}-{_check_digit(date_part + running)}"


@lru_cache(maxsize=8)
def _written(day: date) -> str:
    return f"{day:%Y%m%d}"


# What each ASCII digit counts, and what the digits of its double do.
_SINGLE = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))


def _check_digit(number: str) -> int:
    """The Luhn check digit, as `luhn.calc_check_digit` gives it but five times as fast: every complaint needs one."""
    backwards = number.encode()[::-1]
    return -sum(backwards[::2].translate(_DOUBLED) + backwards[1::2].translate(_SINGLE)) % 10


def is_ticket_number(text: str) -> bool:
    """Whether `text` is a ticket number; one wrong digit, or most swaps of two neighbours, make it none."""
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return False
    try:
        date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return False
    return luhn.is_valid(_DIGITS.sub("", text))


# 32 characters, so five bits each; without 0, 1, I and O, which are misread over the telephone and on paper.
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# Two at a time: eight characters are four pairs.
_PAIRS = [first + second for second in _ALPHABET for first in _ALPHABET]


def query_code(key: bytes, complaint_id: UUID) -> str:
    """The eight characters (40 bits) with which the reporter asks for progress.

    Derived from the complaint's id by HMAC-SHA256: the same complaint always has the same code, and nobody without
    `key` can tell it from the ticket number.
    """
    number = int.from_bytes(hmac_sha256(key, b"query-code:" + complaint_id.bytes)[:5])
    return _PAIRS[number & 1023] + _PAIRS[number >> 10 & 1023] + _PAIRS[number >> 20 & 1023] + _PAIRS[number >> 30]


def code_matches(key: bytes, complaint_id: UUID, given: str) -> bool:
    """Whether `given` is the complaint's query code, in whatever case or width; takes the same time either way."""
    written = unicodedata.normalize("NFKC", given).strip().upper().encode()
    return hmac.compare_digest(query_code(key, complaint_id).encode(), written)
