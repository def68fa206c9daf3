"""Takes personal numbers out of a text before it leaves the service that received it.

What is replaced: telephone numbers, identity numbers, bank cards, vehicle plates and e-mail addresses. A number that
carries a checksum is replaced when the checksum holds, or when the words before it call it by name (people mistype
their own identity number, and sixteen right digits of it are still theirs). Where a number might be a telephone or
not, it is replaced: a lost order number costs a question, a leaked telephone cannot be taken back.

Names and street addresses stay. So do short public numbers (12345, 110), service numbers (400, 800), dates, amounts
and ticket numbers.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from stdnum import luhn
from stdnum.cn import ric


class PersonalData(StrEnum):
    PHONE = "phone"
    IDENTITY_NUMBER = "identity_number"
    BANK_CARD = "bank_card"
    PLATE = "plate"
    EMAIL = "email"
    PASSPORT = "passport"
    # An id of an instant messenger, which here is QQ or WeChat.
    ACCOUNT = "account"


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


@dataclass(frozen=True, slots=True)
class Redacted:
    text: str
    # How many of each kind were replaced; a kind that did not occur is absent.
    counts: Mapping[PersonalData, int]


def redact(text: str) -> Redacted:
    """Replace every personal number in `text` by the name of its kind; all else stays as it was written.

    Idempotent, and never longer than `text`.
    """
    counts: dict[PersonalData, int] = {}
    # A replaced number no longer hides its neighbour ("138…-0914-…"), so look again until nothing is found.
    while _WORTH_A_LOOK.search(text) and (found := _redact_once(text, counts)) != text:
        text = found
    return Redacted(text, counts)


def _redact_once(text: str, counts: dict[PersonalData, int]) -> str:
    folded = text.translate(_FOLD)
    for kind, pattern, convinces in _RULES:
        spans = [match.span("it") for match in pattern.finditer(folded) if convinces(match)]
        if spans:
            counts[kind] = counts.get(kind, 0) + len(spans)
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
    """Full-width ASCII and every script's decimal digits to ASCII, one character to one: positions stay the same."""
    folds = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    for code in range(0x80, 0x1FC00):
        if unicodedata.category(chr(code)) == "Nd":
            folds[code] = str(unicodedata.decimal(chr(code)))
    return folds


_FOLD = _single_character_folds()

_SPOKEN = "零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_SPOKEN_TO_DIGIT = str.maketrans(_SPOKEN, "000123456789" + "1" + "123456789")
_D = f"[0-9{_SPOKEN}]"
# What people put between the groups of a number, invisible characters included.
_SEPARATOR = r"[ \t\xa0\xad\u3000\-\u2010-\u2015\u2212._·•・~*()\u200b-\u200f\u2060\ufeff]"
_S = f"{_SEPARATOR}?"
# Between the digits of identity numbers and cards: with full stops, rows of marks and prices would be some.
_GAP = r"[ \t\xa0\xad\u3000\-\u2010-\u2015\u2212\u200b-\u200f\u2060\ufeff]?"
_SS = f"{_SEPARATOR}{{0,3}}"
_SS1 = f"{_SEPARATOR}{{1,3}}"
# Spoken digits do not bound a number: 一 in "13812345678一直没人接" is a word.
_START = r"(?<![0-9])"
_END = r"(?![0-9])"

_COUNTRY = rf"(?:(?:\+|00)?86{_SS})?"
_MOBILE_HEAD = "[1一幺壹][3-9三四五六七八九叁肆伍陆柒捌玖]"
# The groupings in use; any other would join a price to a date.
_MOBILE = (
    rf"{_MOBILE_HEAD}{_D}{_SS}{_D}{{4}}{_SS}{_D}{{4}}"
    rf"|{_MOBILE_HEAD}{_D}{{2}}{_SS1}{_D}{{3}}{_SS1}{_D}{{4}}"
    rf"|{_MOBILE_HEAD}{_D}{_SS1}{_D}{{3}}{_SS1}{_D}{{5}}"
    rf"|{_MOBILE_HEAD}{_D}{_SS1}{_D}{{2}}{_SS1}{_D}{{3}}{_SS1}{_D}{{3}}"
    rf"|[1一幺壹]{_SEPARATOR}[3-9三四五六七八九](?:{_SEPARATOR}{_D}){{9}}"
)
# Area codes: 010 and 02x with eight digits, 03xx to 09xx with seven or eight.
_LANDLINE = (
    rf"\(?0(?:10|2[0-9]){_SS}[2-8][0-9]{{3}}{_S}[0-9]{{4}}"
    rf"|\(?0[3-9][0-9]{{2}}{_SS}[2-8][0-9]{{2,3}}{_S}[0-9]{{4}}"
    rf"|(?:\+|00)86{_SS}(?:10|2[0-9]|[3-9][0-9]{{2}}){_SS}[2-8][0-9]{{2,3}}{_S}[0-9]{{4}}"
)
# Without an area code seven digits are a telephone only where they are called one; eight may be a date.
_LOCAL = (
    r"(?:电话|座机|固话|联系方式|[Tt][Ee][Ll])(?:号码|号)?[是为:：\s]{0,3}"
    r"(?P<it>(?!20[0-9]{6})[2-8][0-9]{2,3}[ -]?[0-9]{4})"
)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

# First two digits of an identity number (GB/T 2260, with 83 for residence permits of Taiwan residents).
_PROVINCE_CODES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
# The words must be the writer's: a token of ours that stands before a number does not name it.
_NAMES_AN_IDENTITY = re.compile(r"(?<!〔)(?:身份证|证件)[^0-9]{0,10}$")
_NAMES_A_CARD = re.compile(r"(?:(?<!〔)银行卡|卡号|账号|帐号|账户)[^0-9]{0,10}$")
_FAR_ENOUGH_BACK = 16
_NOT_IN_DIGITS = re.compile(r"[^0-9X]")


def _digits(match: re.Match[str]) -> str:
    return _NOT_IN_DIGITS.sub("", match["it"].translate(_SPOKEN_TO_DIGIT).upper())


def _called(names: re.Pattern[str], match: re.Match[str]) -> bool:
    start = match.start("it")
    return names.search(match.string, max(0, start - _FAR_ENOUGH_BACK), start) is not None


def _is_identity_number(match: re.Match[str]) -> bool:
    number = _digits(match)
    if not _PROVINCE_CODES.match(number):
        return False
    if not _is_birthday(number[6:14]):
        return False
    return bool(number[17] == ric.calc_check_digit(number)) or _called(_NAMES_AN_IDENTITY, match)


def _is_old_identity_number(match: re.Match[str]) -> bool:
    """Fifteen digits, issued until 1999: no checksum, but province and birthday must be possible."""
    number = _digits(match)
    return _PROVINCE_CODES.match(number) is not None and _is_birthday("19" + number[6:12])


_FIRST_BIRTH_YEAR, _LAST_BIRTH_YEAR = 1900, 2099


def _is_birthday(digits: str) -> bool:
    try:
        birthday = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return _FIRST_BIRTH_YEAR <= birthday.year <= _LAST_BIRTH_YEAR


def _is_bank_card(match: re.Match[str]) -> bool:
    return bool(luhn.is_valid(_digits(match))) or _called(_NAMES_A_CARD, match)


_DIGITS_ON_A_PLATE = 3


def _is_plate(match: re.Match[str]) -> bool:
    plate: str = match["it"]
    return sum(map(str.isdigit, plate)) >= _DIGITS_ON_A_PLATE


def _always(_: re.Match[str]) -> bool:
    return True


_Rule = tuple[PersonalData, re.Pattern[str], Callable[[re.Match[str]], bool]]

# In this order: an address may contain a telephone number, an identity number may look like a bank card.
_RULES: tuple[_Rule, ...] = (
    (
        PersonalData.EMAIL,
        re.compile(r"(?P<it>[A-Za-z0-9._%+\-]{1,64} ?@ ?[A-Za-z0-9][A-Za-z0-9\-]{0,62}(?:\.[A-Za-z0-9\-]{1,63}){1,5})"),
        _always,
    ),
    (
        PersonalData.IDENTITY_NUMBER,
        re.compile(rf"{_START}(?P<it>[1-8一二三四五六七八](?:{_GAP}{_D}){{16}}{_GAP}[0-9Xx{_SPOKEN}]){_END}"),
        _is_identity_number,
    ),
    (
        PersonalData.IDENTITY_NUMBER,
        re.compile(rf"{_START}(?P<it>[1-8][0-9]{{14}}){_END}"),
        _is_old_identity_number,
    ),
    (
        # First digits of card issuers; 91 to 93 begin the credit codes of companies.
        PersonalData.BANK_CARD,
        re.compile(rf"{_START}(?P<it>(?:[3-6]|9[04-8])(?:{_GAP}[0-9]){{14,18}}){_END}"),
        _is_bank_card,
    ),
    (PersonalData.PHONE, re.compile(rf"(?=[+0-9一幺壹]){_START}(?P<it>{_COUNTRY}(?:{_MOBILE})){_END}"), _always),
    (
        PersonalData.PHONE,
        re.compile(rf"(?=[+(0]){_START}(?<![0-9]-)(?P<it>(?:{_LANDLINE})(?:[-转][0-9]{{1,5}})?){_END}"),
        _always,
    ),
    (PersonalData.PHONE, re.compile(rf"{_LOCAL}{_END}"), _always),
    (
        PersonalData.PLATE,
        re.compile(
            rf"(?P<it>[{_PROVINCES}] ?[A-Za-z][ ·•・.\-—]{{0,2}}[A-Za-z0-9]{{4}}[A-Za-z0-9]?[A-Za-z0-9挂学警港澳])"
            r"(?![A-Za-z0-9])"
        ),
        _is_plate,
    ),
)

# No kind has fewer than seven digits close together but plates, and addresses. Judged before folding: \d and \W know
# every script.
_WORTH_A_LOOK = re.compile(rf"[@＠]|(?:[\d{_SPOKEN}][\W_]{{0,3}}){{7}}|[{_PROVINCES}]\s?[A-Za-zＡ-Ｚａ-ｚ]")
