"""Text messages by way of a gateway of the county's: one signed HTTP request for each (docs/pages.md)."""

import asyncio
import hmac
import time
import urllib.error
import urllib.request

import orjson

TIMESTAMP_HEADER, SIGNATURE_HEADER = "X-Hotline-Timestamp", "X-Hotline-Signature"

_WAIT_SECONDS = 10.0


class SmsAway(Exception):
    """The gateway did not take the message. Says nothing of the number."""


class SmsGateway:
    """`secret` signs what is sent, so that the gateway knows from whom it comes."""

    def __init__(self, url: str, secret: bytes) -> None:
        self._url = url
        self._secret = secret

    async def send(self, phone: str, text: str) -> None:
        """Hand over `text` for the number `phone` (E.164); SmsAway where it was not taken."""
        body = orjson.dumps({"phone": phone, "text": text})
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: signature(self._secret, timestamp, body),
        }
        try:
            await asyncio.to_thread(self._post, body, headers)
        except (OSError, ValueError) as error:
            raise SmsAway(type(error).__name__) from None

    def _post(self, body: bytes, headers: dict[str, str]) -> None:
        request = urllib.request.Request(self._url, body, headers)  # noqa: S310  # a setting, checked to be HTTP
        with urllib.request.urlopen(request, timeout=_WAIT_SECONDS) as answer:  # noqa: S310
            answer.read(1)


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """HMAC-SHA-256 over the timestamp, a line break and the body, in hexadecimal."""
    return hmac.digest(secret, timestamp.encode() + b"\n" + body, "sha256").hex()
