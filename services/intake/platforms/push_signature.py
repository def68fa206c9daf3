"""How the 12345 platform signs the work orders that it pushes, and how that is checked.

The signature is the HMAC-SHA256, in hexadecimal, of five lines parted by a line feed: method, path, timestamp (seconds
since 1970), nonce, and the SHA-256 of the body in hexadecimal.
"""

import hmac
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

# How far the platform's clock may be from ours.
MAX_SKEW = timedelta(minutes=5)
# A signature is taken from MAX_SKEW before its time to MAX_SKEW after it; longer than that its nonce need not be known.
NONCE_LIFE = 2 * MAX_SKEW

_LEAST_KEY_BYTES = 32
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_TIMESTAMP = re.compile(r"[0-9]{1,11}")


@dataclass(frozen=True, slots=True)
class Claim:
    """What the headers of a pushed request say."""

    key_id: str
    timestamp: str
    nonce: str
    signature: str


class NotSigned(Exception):
    """The request is not signed as it must be; `zh` and `en` say what is wrong."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.zh = zh
        self.en = en


def parse_keys(written: str) -> Mapping[str, bytes]:
    """Keys by id from ``id:base64 of 32 bytes or more``, separated by commas; ValueError says what is wrong."""
    keys: dict[str, bytes] = {}
    for one in written.split(","):
        key_id, colon, encoded = one.strip().partition(":")
        try:
            key = b64decode(encoded, validate=True)
        except NotBase64:
            key = b""
        if not key_id or not colon or len(key) < _LEAST_KEY_BYTES:
            raise ValueError("each push key must be written id:base64, of 32 bytes or more")
        if key_id in keys:
            raise ValueError("two push keys have the same id")
        keys[key_id] = key
    return keys


def sign(key: bytes, *, method: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    lines = (method, path, timestamp, nonce, sha256(body).hexdigest())
    return hmac.digest(key, "\n".join(lines).encode(), "sha256").hex()


def check_claim(keys: Mapping[str, bytes], claim: Claim, now: datetime) -> None:
    """Raise NotSigned unless it can be signed, with one of the keys and at about `now`: no body is read for less."""
    if not (_TIMESTAMP.fullmatch(claim.timestamp) and _NONCE.fullmatch(claim.nonce)):
        raise NotSigned(
            "签名头缺失或格式不对：时间戳应为秒数，随机串应为16至64个字母、数字、下划线或连字符。",
            "A header is missing or malformed; the timestamp is in seconds, the nonce 16 to 64 of A-Z, a-z, 0-9, _, -.",
        )
    # In the words of a wrong signature. Whoever takes the time learns which ids exist; they are no secret.
    if claim.key_id not in keys:
        raise _wrongly_signed()
    if abs(now - datetime.fromtimestamp(int(claim.timestamp), UTC)) > MAX_SKEW:
        raise NotSigned(
            "时间戳与本系统时间相差超过5分钟，请校准时钟。",
            "The timestamp is more than 5 minutes from our clock; please set yours.",
        )


def check_signature(key: bytes, claim: Claim, *, method: str, path: str, body: bytes) -> None:
    """Raise NotSigned unless whoever sent `body` has `key`."""
    expected = sign(key, method=method, path=path, timestamp=claim.timestamp, nonce=claim.nonce, body=body)
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise _wrongly_signed()


def _wrongly_signed() -> NotSigned:
    return NotSigned("签名不对。", "The signature is wrong.")
