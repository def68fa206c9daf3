"""API keys of those who may submit by Open311. Only their digests are known here: a key is shown once, when it is made.

A key is 32 random bytes, so its plain SHA-256 gives nobody a way to guess it.
"""

import hmac
import re
import secrets
from collections.abc import Mapping
from hashlib import sha256

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def parse_digests(written: str) -> Mapping[str, bytes]:
    """Digests by id from ``id:SHA-256 in hexadecimal``, separated by commas; ValueError says what is wrong."""
    digests: dict[str, bytes] = {}
    for one in written.split(","):
        key_id, _, digest = one.strip().partition(":")
        if not _ID.fullmatch(key_id) or not _DIGEST.fullmatch(digest):
            raise ValueError("each Open311 key must be written id:SHA-256 of the key in 64 hexadecimal digits")
        if key_id in digests:
            raise ValueError("two Open311 keys have the same id")
        digests[key_id] = bytes.fromhex(digest)
    return digests


def new_key(key_id: str) -> tuple[str, str]:
    """A key, and the line ``id:SHA-256`` by which it is known; ValueError where `key_id` is no id."""
    if not _ID.fullmatch(key_id):
        raise ValueError("an id is of lower-case letters, digits and hyphens, as in city-app")
    key = secrets.token_urlsafe(32)
    return key, f"{key_id}:{sha256(key.encode()).hexdigest()}"


def key_id_of(digests: Mapping[str, bytes], key: str) -> str | None:
    """Whose key it is; None where it is nobody's. Takes the same time whichever it is."""
    digest = sha256(key.encode("utf-8", "surrogatepass")).digest()
    found = None
    for key_id, known in digests.items():
        if hmac.compare_digest(known, digest):
            found = key_id
    return found
