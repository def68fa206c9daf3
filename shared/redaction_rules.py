"""What is a personal number: the pattern of each form, and what has to hold for a match to be one.

What is replaced is the group ``it``.
"""

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum

from stdnum import luhn
from stdnum.cn import ric

from shared.redaction_forms import (
    BETWEEN,
    CALLED_MOBILE,
    COUNTRY,
    END,
    EXTENSION,
    FIRST,
    GAP,
    ID_WORD,
    IS,
    LANDLINE,
    LOCAL,
    MAIL_NAME,
    MAIL_PART,
    MOBILE,
    NO_AMOUNT,
    PASSPORT_WORD,
    PROVINCES,
    QQ_WORD,
    RINGED,
    SPOKEN,
    SPOKEN_TO_DIGIT,
    START,
    WECHAT_NAME,
    WECHAT_WORD,
    D,
    as_written,
)


class PersonalData(StrEnum):
    PHONE = "phone"
    IDENTITY_NUMBER = "identity_number"
    BANK_CARD = "bank_card"
    PLATE = "plate"
    EMAIL = "email"
    # With the travel permits of Hong Kong, Macao and Taiwan, which are written alike.
    PASSPORT = "passport"
    # An id of QQ or WeChat.
    ACCOUNT = "account"


# First two digits of an identity number (GB/T 2260, with 83 for residence permits of Taiwan residents).
_PROVINCE_CODES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
# The words must be the writer's: a token of ours that stands before a number does not name it.
_NAMES_AN_IDENTITY = re.compile(r"(?<!〔)(?:身[份分]证|证件)[^0-9]{0,10}$")
_NAMES_A_CARD = re.compile(r"(?:(?<!〔)银行卡|卡号|(?<!〔)[账帐][号户])[^0-9]{0,10}$")
_NAMES_A_PHONE = re.compile(r"(?:(?<!〔)电话|手机|联[系络]方式|号码|[打拨]|致电|[Tt]el)[^0-9]{0,6}$")
_FAR_ENOUGH_BACK = 16
_NOT_IN_DIGITS = re.compile(r"[^0-9X]")


def _digits(match: re.Match[str]) -> str:
    return _NOT_IN_DIGITS.sub("", match["it"].translate(SPOKEN_TO_DIGIT).upper())


def _called(names: re.Pattern[str], match: re.Match[str]) -> bool:
    start = match.start("it")
    return names.search(match.string, max(0, start - _FAR_ENOUGH_BACK), start) is not None


def _is_called_phone(match: re.Match[str]) -> bool:
    return _called(_NAMES_A_PHONE, match)


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
    return sum(map(str.isdigit, plate.translate(SPOKEN_TO_DIGIT))) >= _DIGITS_ON_A_PLATE


def _always(_: re.Match[str]) -> bool:
    return True


_Rule = tuple[PersonalData, re.Pattern[str], Callable[[re.Match[str]], bool]]


def _rule(kind: PersonalData, pattern: str, convinces: Callable[[re.Match[str]], bool] = _always) -> _Rule:
    return kind, re.compile(pattern), convinces


# In this order: an identity number may look like a bank card, and a card hold a telephone number.
_ADDRESSES: tuple[_Rule, ...] = (
    _rule(
        PersonalData.EMAIL,
        rf"(?P<it>{MAIL_NAME} ?(?:@|[(\[]at[)\]]|艾特) ?{MAIL_PART}"
        rf"(?:(?:\.{MAIL_PART}){{1,5}}|(?:[。点][A-Za-z]{{2,}})+))",
    ),
)
_NUMBERS: tuple[_Rule, ...] = (
    _rule(
        PersonalData.IDENTITY_NUMBER,
        rf"(?P<it>[1-8一二三四五六七八]{FIRST}(?:{GAP}{D}){{16}}{GAP}[0-9Xx{SPOKEN}]){END}",
        _is_identity_number,
    ),
    _rule(
        PersonalData.IDENTITY_NUMBER,
        rf"(?P<it>[1-8]{FIRST}[0-9]{{5}}(?:{BETWEEN}[0-9]{{8}}{BETWEEN}[0-9]{{3}}|\n[0-9]{{11}})[0-9Xx]){END}",
        _is_identity_number,
    ),
    _rule(
        PersonalData.IDENTITY_NUMBER,
        rf"(?P<it>[1-8]{FIRST}[0-9]{{5}}[ -]?[0-9]{{6}}[ -]?[0-9]{{3}}){END}",
        _is_old_identity_number,
    ),
    # First digits of card issuers; 91 to 93 begin the credit codes of companies.
    _rule(
        PersonalData.BANK_CARD,
        rf"{START}(?P<it>(?:[3-6]|9[04-8])(?:{GAP}[0-9]){{14,18}}){END}",
        _is_bank_card,
    ),
    _rule(
        PersonalData.BANK_CARD,
        rf"(?P<it>[3-6]{FIRST}[0-9]{{3}}(?:{BETWEEN}[0-9]{{4}}){{3}}(?:{BETWEEN}[0-9]{{3}})?){END}",
        _is_bank_card,
    ),
    _rule(
        PersonalData.BANK_CARD,
        rf"(?P<it>[三四五六](?<![{SPOKEN}].)(?:{GAP}[{SPOKEN}]){{14,18}})(?![{SPOKEN}])",
        _is_bank_card,
    ),
    _rule(
        PersonalData.PASSPORT,
        rf"{PASSPORT_WORD}[^A-Za-z0-9\n]{{0,10}}(?:[Nn][Oo]\.? ?)?"
        r"(?P<it>[A-Za-z]{1,2}[ -]?[0-9]{4} ?[0-9]{3,4}"
        r"|(?!(?:19|20)[0-9]{6}(?![0-9]))[0-9]{8,9})(?![0-9A-Za-z])",
    ),
    _rule(PersonalData.PHONE, rf"(?=[+0-9一幺壹]){START}(?P<it>{COUNTRY}(?:{MOBILE})){END}"),
    _rule(PersonalData.PHONE, rf"(?P<it>{CALLED_MOBILE}){END}", _is_called_phone),
    _rule(PersonalData.PHONE, rf"(?=[+(0零〇○]){START}(?<![0-9]-)(?P<it>(?:{LANDLINE}){EXTENSION}){END}"),
    _rule(PersonalData.PHONE, rf"{LOCAL}{END}"),
)
_ACCOUNTS: tuple[_Rule, ...] = (
    _rule(
        PersonalData.ACCOUNT,
        rf"{QQ_WORD}{ID_WORD}?{IS}(?P<it>[1-9一二三四五六七八九幺](?:[ -]?{D}){{4,10}}){NO_AMOUNT}",
    ),
    # A name of letters alone, or a number, only where the words say that an id follows.
    _rule(
        PersonalData.ACCOUNT,
        rf"{WECHAT_WORD}(?:{ID_WORD}|(?=[是为:])){IS}(?P<it>{WECHAT_NAME}|[0-9]{{6,11}}){NO_AMOUNT}",
    ),
    _rule(PersonalData.ACCOUNT, rf"{WECHAT_WORD}{IS}(?P<it>(?=[A-Za-z_\-]*[0-9_\-]){WECHAT_NAME}){NO_AMOUNT}"),
)
_PLATES: tuple[_Rule, ...] = (
    _rule(
        PersonalData.PLATE,
        rf"(?P<it>[{PROVINCES}][ \u3000]?[A-Za-z][ \u3000·•・.\-—]{{0,2}}"
        r"(?:[A-Za-z0-9]{4}[A-Za-z0-9]?[A-Za-z0-9挂学警港澳]|[A-Za-z0-9]{2}[ -][A-Za-z0-9]{3}))(?![A-Za-z0-9])",
        _is_plate,
    ),
    _rule(
        PersonalData.PLATE,
        rf"(?P<it>[{PROVINCES}][A-Za-z]·?[A-Za-z0-9]?(?:[A-Za-z0-9][{SPOKEN}]{{3}}[{SPOKEN}]?|[{SPOKEN}]{{5}}))"
        rf"(?![A-Za-z0-9{SPOKEN}])",
        _is_plate,
    ),
)

# Each group is looked at only where its trigger finds something: one of a set of characters, which is found fast, and
# what follows it. Triggers are judged before folding, and \d and \W know every script.
_ANY_DIGIT = rf"\d{as_written(SPOKEN)}{RINGED}"
_MESSENGER = (
    rf"(?:[{as_written('信扣鹅星泡号')}QqVvXxＱｑＶｖＸｘ ]|[Ee][Cc])"
    rf"[^。\n]{{0,12}}?[\dA-Za-zＡ-Ｚａ-ｚ{as_written(SPOKEN)}]{{2}}"
)
_GROUPS: tuple[tuple[str, str, tuple[_Rule, ...]], ...] = (
    # In this order: an address may contain a telephone number.
    ("@＠艾Aa", r"(?:(?<=[@＠艾])|[Tt][)\]）】])", _ADDRESSES),
    # No number has fewer than seven digits close together.
    (_ANY_DIGIT, rf"[\W_]{{0,3}}(?:[{_ANY_DIGIT}][\W_]{{0,3}}){{6}}", _NUMBERS),
    (f"{as_written('微薇威卫扣企绿加')}+＋QqVvWwＱｑＶｖＷｗ", _MESSENGER, _ACCOUNTS),
    (as_written(PROVINCES), r"\s?[A-Za-zＡ-Ｚａ-ｚ]", _PLATES),
)
RULES: tuple[tuple[re.Pattern[str], tuple[_Rule, ...]], ...] = tuple(
    (re.compile(f"[{first}]{then}"), rules) for first, then, rules in _GROUPS
)
# Finds something where any trigger does, in half the time that they take one after the other.
ANY_TRIGGER = re.compile(
    f"[{''.join(first for first, _, _ in _GROUPS)}]"
    f"(?:{'|'.join(f'(?<=[{first}]){then}' for first, then, _ in _GROUPS)})"
)
