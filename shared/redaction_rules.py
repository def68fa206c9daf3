"""How people write personal numbers: one pattern a form, and what has to hold for a match to be one.

Patterns see a text whose full-width characters and foreign digits are folded to ASCII, so they speak of ASCII and of
Chinese digits only. What is replaced is the group ``it``.
"""

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum

from stdnum import luhn
from stdnum.cn import ric

RINGED = "⓪①②③④⑤⑥⑦⑧⑨"


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


_SPOKEN = "零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_SPOKEN_TO_DIGIT = str.maketrans(_SPOKEN, "000123456789" + "1" + "123456789")
_D = f"[0-9{_SPOKEN}]"
# What people put between the groups of a number, invisible characters and the halves of keycaps included.
_SEPARATOR = r"[ \t\xa0\xad\u3000\-\u2010-\u2015\u2212._·•・~*()\u200b-\u200f\u2060\ufeff\ufe0f\u20e3]"
_S = f"{_SEPARATOR}?"
# Between any two digits of identity numbers and cards: with full stops, rows of marks and prices would be some.
_GAP = r"[ \t\xa0\xad\u3000\-\u2010-\u2015\u2212\u200b-\u200f\u2060\ufeff]?"
# Between groups of the usual lengths there can be more.
_BETWEEN = r"[ \t\n\xa0\u3000\-\u2010-\u2015\u2212._·•・、,/]{1,3}"
_SS = f"{_SEPARATOR}{{0,3}}"
_SS1 = f"{_SEPARATOR}{{1,3}}"
# Spoken digits do not bound a number: 一 in "13812345678一直没人接" is a word.
_START = r"(?<![0-9])"
_END = r"(?![0-9])"

_COUNTRY = rf"(?:(?:\+|00)?86{_SS}|0)?"
_MOBILE_HEAD = "[1一幺壹][3-9三四五六七八九叁肆伍陆柒捌玖]"
# The groupings in use; any other would join a price to a date.
_MOBILE = (
    rf"{_MOBILE_HEAD}{_D}{_SS}{_D}{{4}}{_SS}{_D}{{4}}"
    rf"|{_MOBILE_HEAD}{_D}{{2}}{_SS1}{_D}{{3}}{_SS1}{_D}{{4}}"
    rf"|{_MOBILE_HEAD}{_D}{_SS1}{_D}{{3}}{_SS1}{_D}{{5}}"
    rf"|{_MOBILE_HEAD}{_D}{_SS1}{_D}{{2}}{_SS1}{_D}{{3}}{_SS1}{_D}{{3}}"
    rf"|[1一幺壹]{_SEPARATOR}{{1,2}}[3-9三四五六七八九](?:{_SEPARATOR}{{1,2}}{_D}){{9}}(?:\ufe0f?\u20e3)?"
    rf"|{_MOBILE_HEAD}{_D}{{2}}[ -]{_D}{{4}}[ -]{_D}{{3}}"
    rf"|{_MOBILE_HEAD}{_D}{{3}}[ -]{_D}{{3}} ?{_D}{{3}}"
    rf"|{_MOBILE_HEAD}{_D}[/,]{_D}{{4}}[/,]{_D}{{4}}"
)
# What would join other things too, where no word calls it a telephone.
_CALLED_MOBILE = (
    rf"1[3-9][0-9]{_BETWEEN}(?:[0-9]{{4}}{_BETWEEN}[0-9]{{4}}|[0-9]{{8}}|[0-9]{{2}}(?: [0-9]{{2}}){{3}})"
    rf"|1[3-9][0-9oO]{{9}}"
)
# Area codes: 010 and 02x with eight digits, 03xx to 09xx with seven or eight.
_AREA_SS = r"[ \t\xa0\u3000\-\u2010-\u2015\u2212._·~/()]{0,3}"
_TO_8 = f"[2-8二三四五六七八]{_D}"
_LANDLINE = (
    rf"\(?[0零〇○](?:[1一幺][0零〇○]|[2二]{_D}){_AREA_SS}{_TO_8}{{3}}{_S}{_D}{{4}}"
    rf"|\(?[0零〇○][3-9三四五六七八九]{_D}{{2}}{_AREA_SS}{_TO_8}{{2,3}}{_S}{_D}{{4}}"
    rf"|(?:\+|00)86{_SS}(?:10|2[0-9]|[3-9][0-9]{{2}}){_SS}[2-8][0-9]{{2,3}}{_S}[0-9]{{4}}"
)
_EXTENSION = r"(?: ?(?:转分机|转|分机|-|#|(?i:ext\.?|x)) ?[0-9]{1,5})?"
# Without an area code seven digits are a telephone only where they are called one; eight may be a date.
_LOCAL = (
    r"(?:电话|座机|固话|联系方式|[Tt][Ee][Ll])(?:号码|号)?[是为:：\s]{0,3}"
    r"(?P<it>(?!20[0-9]{6})[2-8][0-9]{2,3}[ -]?[0-9]{4})"
)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_MAIL_NAME, _MAIL_PART = r"[A-Za-z0-9._%+\-]{1,64}", r"[A-Za-z0-9][A-Za-z0-9\-]{0,62}"

# What a word must introduce: ids of messengers and passports look like anything.
_ID_WORD = r"(?:号码|[账帐]号|[Ii][Dd]|同号|号|名)"
_IS = r"[ 是为:(]{0,3}"
_NO_AMOUNT = r"(?![0-9A-Za-z_\-]| ?[元块万人步个次])"
_QQ_WORD = r"(?:(?<![A-Za-z])[Qq] ?[Qq]|扣扣|企鹅|(?<![A-Za-z])[Qq](?=号)|加[Qq])"
_WECHAT_WORD = (
    r"(?:[微薇威]信|卫星(?=号)|[Vv]信|绿泡泡|[加+][Vv]|(?<![A-Za-z])(?:[Vv][Xx]|[Ww][Xx]|[Ww][Ee][Cc][Hh][Aa][Tt]))"
)
_WECHAT_NAME = r"[A-Za-z][A-Za-z0-9_\-]{5,19}"
_PASSPORT_WORD = r"(?:护照|[Pp]assport|PASSPORT|通行证|台胞证|回乡证)"

# First two digits of an identity number (GB/T 2260, with 83 for residence permits of Taiwan residents).
_PROVINCE_CODES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
# The words must be the writer's: a token of ours that stands before a number does not name it.
_NAMES_AN_IDENTITY = re.compile(r"(?<!〔)(?:身份证|证件)[^0-9]{0,10}$")
_NAMES_A_CARD = re.compile(r"(?:(?<!〔)银行卡|卡号|(?<!〔)[账帐]号|账户)[^0-9]{0,10}$")
_NAMES_A_PHONE = re.compile(r"(?:(?<!〔)电话|手机|联系方式|号码|[打拨]|致电|[Tt]el)[^0-9]{0,6}$")
_FAR_ENOUGH_BACK = 16
_NOT_IN_DIGITS = re.compile(r"[^0-9X]")


def _digits(match: re.Match[str]) -> str:
    return _NOT_IN_DIGITS.sub("", match["it"].translate(_SPOKEN_TO_DIGIT).upper())


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
    return sum(map(str.isdigit, plate.translate(_SPOKEN_TO_DIGIT))) >= _DIGITS_ON_A_PLATE


def _always(_: re.Match[str]) -> bool:
    return True


_Rule = tuple[PersonalData, re.Pattern[str], Callable[[re.Match[str]], bool]]


def _rule(kind: PersonalData, pattern: str, convinces: Callable[[re.Match[str]], bool] = _always) -> _Rule:
    return kind, re.compile(pattern), convinces


# In this order: an address may contain a telephone number, an identity number may look like a bank card.
RULES: tuple[_Rule, ...] = (
    _rule(
        PersonalData.EMAIL,
        rf"(?P<it>{_MAIL_NAME} ?(?:@|[(\[]at[)\]]|艾特) ?{_MAIL_PART}(?:(?:\.{_MAIL_PART}){{1,5}}|(?:[。点][A-Za-z]{{2,}})+))",
    ),
    _rule(
        PersonalData.IDENTITY_NUMBER,
        rf"{_START}(?P<it>[1-8一二三四五六七八](?:{_GAP}{_D}){{16}}{_GAP}[0-9Xx{_SPOKEN}]){_END}",
        _is_identity_number,
    ),
    _rule(
        PersonalData.IDENTITY_NUMBER,
        rf"{_START}(?P<it>[1-8][0-9]{{5}}{_BETWEEN}[0-9]{{8}}{_BETWEEN}[0-9]{{3}}[0-9Xx]"
        rf"|[1-8][0-9]{{5}}\n[0-9]{{11}}[0-9Xx]){_END}",
        _is_identity_number,
    ),
    _rule(
        PersonalData.IDENTITY_NUMBER,
        rf"{_START}(?P<it>[1-8][0-9]{{5}}[ -]?[0-9]{{6}}[ -]?[0-9]{{3}}){_END}",
        _is_old_identity_number,
    ),
    # First digits of card issuers; 91 to 93 begin the credit codes of companies.
    _rule(PersonalData.BANK_CARD, rf"{_START}(?P<it>(?:[3-6]|9[04-8])(?:{_GAP}[0-9]){{14,18}}){_END}", _is_bank_card),
    _rule(
        PersonalData.BANK_CARD,
        rf"{_START}(?P<it>[3-6][0-9]{{3}}(?:{_BETWEEN}[0-9]{{4}}){{3}}(?:{_BETWEEN}[0-9]{{3}})?){_END}",
        _is_bank_card,
    ),
    _rule(
        PersonalData.BANK_CARD,
        rf"(?<![{_SPOKEN}])(?P<it>[三四五六](?:{_GAP}[{_SPOKEN}]){{14,18}})(?![{_SPOKEN}])",
        _is_bank_card,
    ),
    _rule(
        PersonalData.PASSPORT,
        rf"{_PASSPORT_WORD}[^A-Za-z0-9\n]{{0,10}}(?:[Nn][Oo]\.? ?)?"
        r"(?P<it>[A-Za-z]{1,2}[ -]?[0-9]{4} ?[0-9]{3,4}|(?!(?:19|20)[0-9]{6}(?![0-9]))[0-9]{8,9})(?![0-9A-Za-z])",
    ),
    _rule(PersonalData.PHONE, rf"(?=[+0-9一幺壹]){_START}(?P<it>{_COUNTRY}(?:{_MOBILE})){_END}"),
    _rule(PersonalData.PHONE, rf"{_START}(?P<it>{_CALLED_MOBILE}){_END}", _is_called_phone),
    _rule(PersonalData.PHONE, rf"(?=[+(0零〇○]){_START}(?<![0-9]-)(?P<it>(?:{_LANDLINE}){_EXTENSION}){_END}"),
    _rule(PersonalData.PHONE, rf"{_LOCAL}{_END}"),
    _rule(
        PersonalData.ACCOUNT,
        rf"{_QQ_WORD}{_ID_WORD}?{_IS}(?P<it>[1-9一二三四五六七八九幺](?:[ -]?{_D}){{4,10}}){_NO_AMOUNT}",
    ),
    # A name of letters alone, or a number, only where the words say that an id follows.
    _rule(
        PersonalData.ACCOUNT,
        rf"{_WECHAT_WORD}(?:{_ID_WORD}|(?=[是为:])){_IS}(?P<it>{_WECHAT_NAME}|[0-9]{{6,11}}){_NO_AMOUNT}",
    ),
    _rule(PersonalData.ACCOUNT, rf"{_WECHAT_WORD}{_IS}(?P<it>(?=[A-Za-z_\-]*[0-9_\-]){_WECHAT_NAME}){_NO_AMOUNT}"),
    _rule(
        PersonalData.PLATE,
        rf"(?P<it>[{_PROVINCES}][ \u3000]?[A-Za-z][ \u3000·•・.\-—]{{0,2}}"
        r"(?:[A-Za-z0-9]{4}[A-Za-z0-9]?[A-Za-z0-9挂学警港澳]|[A-Za-z0-9]{2}[ -][A-Za-z0-9]{3}))(?![A-Za-z0-9])",
        _is_plate,
    ),
    _rule(
        PersonalData.PLATE,
        rf"(?P<it>[{_PROVINCES}][A-Za-z]·?[A-Za-z0-9]?(?:[A-Za-z0-9][{_SPOKEN}]{{3}}[{_SPOKEN}]?|[{_SPOKEN}]{{5}}))"
        rf"(?![A-Za-z0-9{_SPOKEN}])",
        _is_plate,
    ),
)

# No kind has fewer than seven digits close together but plates, addresses and the ids of messengers. Judged before
# folding: \d and \W know every script.
WORTH_A_LOOK = re.compile(
    rf"[@＠]|(?:[\d{_SPOKEN}{RINGED}][\W_]{{0,3}}){{7}}|[{_PROVINCES}]\s?[A-Za-zＡ-Ｚａ-ｚ]"
    r"|[A-Za-zＡ-Ｚａ-ｚ](?:[A-Za-z0-9_\-]{5}|[信Qq号]|[Qq] )|[扣鹅]"
)
