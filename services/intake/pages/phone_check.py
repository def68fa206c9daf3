"""The rules of checking a telephone: whoever gave it types in the code that was sent to it."""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.intake.identity.contact import telephones

CODE_DIGITS = 6
VALID = timedelta(minutes=10)
# With three codes an hour nobody guesses more than 15 times in a million.
MOST_ATTEMPTS = 5
PER_HOUR, PER_DAY = 3, 6

_MOBILE, _MOBILE_LENGTH = "+861", 14
_DOMAIN = b"hotline.phone-check.v1:"


@dataclass(frozen=True, slots=True)
class Why:
    """Why no code is sent, or why a code does not count; `field` is what it stands beside."""

    field: str
    zh: str
    en: str


class CheckRefused(Exception):
    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(f"{why.zh} {why.en}")


NO_MOBILE = Why("phone", "验证码只能发送到一个完整的手机号码。", "A code can be sent to one whole mobile number only.")
TOO_OFTEN = Why(
    "phone",
    "该号码获取验证码过于频繁，请一小时后再试，或不验证直接提交。",
    "Codes were sent to this number too often; try again in an hour, or submit without one.",
)
WRONG_CODE = Why(
    "phone_code",
    "验证码不正确、已过期或尝试次数过多；请重新获取，或留空直接提交。",
    "The code is wrong, has expired, or was tried too often; get a new one, or leave it empty and submit.",
)
AWAY = Why(
    "phone", "短信暂时无法发送，可不验证直接提交。", "No message can be sent right now; you may submit without a code."
)


def mobile(written: str) -> str | None:
    """The one mobile number in `written`, as +86…; None where there is none, or another kind, or several."""
    numbers = telephones(written)
    if len(numbers) != 1 or not numbers[0].startswith(_MOBILE) or len(numbers[0]) != _MOBILE_LENGTH:
        return None
    return numbers[0]


def message(code: str) -> str:
    minutes = int(VALID.total_seconds() // 60)
    return f"【接诉即办】验证码 {code}，{minutes}分钟内有效，用于核实您的联系电话。如非本人操作请忽略，勿告知他人。"


def code_hash(key: bytes, form_key: UUID, trace: bytes, code: str) -> bytes:
    """What is kept of a code: HMAC-SHA-256 with the form and the number that it is for."""
    return hmac.digest(key, _DOMAIN + form_key.bytes + trace + code.encode(), "sha256")
