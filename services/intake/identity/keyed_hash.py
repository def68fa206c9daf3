"""HMAC-SHA-256 under keys that are used for every complaint: each key is laid out once, which is half of the work."""

from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """The same 32 bytes as ``hmac.digest(key, message, "sha256")``."""
    keyed = _keyed(key).copy()
    keyed.update(message)
    return keyed.finalize()


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> HMAC:
    return HMAC(key, SHA256())
