"""One way of writing each telephone, identity number and e-mail address, so that two that mean the same are equal.

What is no such number is left out rather than guessed: a wrong match would tie one person to another's complaints.
"""

import re
import unicodedata
from datetime import date

from stdnum.cn import ric

_BETWEEN_TWO = re.compile(r"[/、,，;；|或]")
_SEPARATORS = re.compile(r"[\s\-‐-―−._·•・~()\[\]（）\u200b-\u200f\u2060\ufeff]")
_COUNTRY = r"(?:\+|00)?86"
_MOBILE = re.compile(rf"(?:{_COUNTRY}|0)?(?P<number>1[3-9][0-9]{{9}})")
# As most are written.
_PLAIN_MOBILE = re.compile(r"1[3-9][0-9]{9}")
# Area codes: 10 and 2x with eight digits, 3xx to 9xx with seven or eight; an extension behind 转, x or #.
_LANDLINE = re.compile(
    rf"(?:{_COUNTRY}0?|0)(?P<number>(?:10|2[0-9])[2-8][0-9]{{7}}|[3-9][0-9]{{2}}[2-8][0-9]{{6,7}})"
    r"(?:(?:转|分机|ext|x|#)(?P<extension>[0-9]{1,6}))?",
    re.IGNORECASE,
)
_IDENTITY = re.compile(r"[1-8][0-9]{16}[0-9X]")
_OLD_IDENTITY = re.compile(r"[1-8][0-9]{14}")
# Passports, permits of residents of Hong Kong, Macau and Taiwan: letters, then seven to ten digits.
_OTHER_IDENTITY = re.compile(r"[A-Z]{1,3}[0-9]{7,10}")
_EMAIL = re.compile(r"[^\s@]{1,64}@[a-z0-9][a-z0-9\-]*(?:\.[a-z0-9\-]+)+")


def telephones(written: str | None) -> tuple[str, ...]:
    """Every mobile and landline number with an area code in `written`, as ``+8613800000000`` (E.164).

    An extension is kept behind it (RFC 3966): many people share the number before it. A number without its area code is
    left out, since two counties may both have it.
    """
    if not written:
        return ()
    if _PLAIN_MOBILE.fullmatch(written):
        return (f"+86{written}",)
    found = (_telephone(part) for part in _BETWEEN_TWO.split(_folded(written)))
    return tuple(dict.fromkeys(number for number in found if number))


def identity_number(written: str | None) -> str | None:
    """A resident's number in eighteen digits, those of fifteen completed; or a passport or permit; None for others."""
    if not written:
        return None
    number = _SEPARATORS.sub("", _folded(written)).upper()
    if _OLD_IDENTITY.fullmatch(number):
        number = f"{number[:6]}19{number[6:]}"
        number += ric.calc_check_digit(f"{number}0")  # it passes the last one over
    if _IDENTITY.fullmatch(number):
        return number if _is_date(number[6:14]) and ric.calc_check_digit(number) == number[17] else None
    return number if _OTHER_IDENTITY.fullmatch(number) else None


def email_address(written: str | None) -> str | None:
    """The address in lower case: no provider in use tells capitals apart."""
    if not written:
        return None
    address = _folded(written).strip().lower()
    return address if _EMAIL.fullmatch(address) else None


def _telephone(part: str) -> str | None:
    number = _SEPARATORS.sub("", part)
    if mobile := _MOBILE.fullmatch(number):
        return f"+86{mobile['number']}"
    if landline := _LANDLINE.fullmatch(number):
        extension = f";ext={landline['extension']}" if landline["extension"] else ""
        return f"+86{landline['number']}{extension}"
    return None


def _folded(written: str) -> str:
    """Half width, and the decimal digits of every script in ASCII."""
    text = unicodedata.normalize("NFKC", written)
    return text if text.isascii() else "".join(_ascii_digit(character) for character in text)


def _ascii_digit(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True
