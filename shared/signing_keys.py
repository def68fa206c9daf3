"""The public keys of whoever issues tokens: a JWKS (RFC 7517) in a file or at an HTTP address, read when needed."""

import asyncio
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jwt
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

log = structlog.get_logger(__name__)

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey

# An unknown key id makes the keys be read again, so that a new key works at once; anybody can invent key ids, therefore
# not more often than this. A key that was withdrawn is forgotten at the age.
_PAUSE_SECONDS = 10.0
_AGE_SECONDS = 300.0
_READ_SECONDS = 5.0
_LARGEST_JWKS = 1024 * 1024
_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key and the one algorithm that it is good for, whatever a token's header claims."""

    key_id: str | None
    algorithm: str
    key: PublicKey


class KeysUnavailable(Exception):
    """The issuer's keys could not be read yet, so that no token can be checked."""


def parse_keys(written: bytes) -> tuple[SigningKey, ...]:
    """Read a JWKS, passing over keys that are not for checking signatures; ValueError where none is left."""
    document = orjson.loads(written)
    entries = document.get("keys") if isinstance(document, dict) else None
    listed = entries if isinstance(entries, list) else []
    keys = tuple(key for entry in listed if isinstance(entry, dict) and (key := _signing_key(entry)) is not None)
    if not keys:
        raise ValueError(
            "it is no JWKS that holds a public key for EdDSA (Ed25519), ES256 (P-256) or RS256 (2048 bits or more)"
        )
    return keys


def _signing_key(entry: dict[str, object]) -> SigningKey | None:
    algorithm = _ALGORITHMS.get(f"{entry.get('kty')} {entry.get('crv', '')}")
    if algorithm is None or entry.get("use", "sig") != "sig" or entry.get("alg", algorithm) != algorithm:
        return None
    try:
        key = jwt.PyJWK(entry, algorithm).key
    except (jwt.InvalidKeyError, jwt.PyJWKError):
        return None
    if isinstance(key, RSAPublicKey) and key.key_size < _RSA_BITS:
        return None
    key_id = entry.get("kid")
    # A private key in the set is a mistake of the issuer's and not to be trusted.
    return (
        SigningKey(key_id if isinstance(key_id, str) else None, algorithm, key) if isinstance(key, PublicKey) else None
    )


_ALGORITHMS = {"OKP Ed25519": "EdDSA", "EC P-256": "ES256", "RSA ": "RS256"}


def read_jwks(where: str) -> bytes:
    """What stands in the file, or at the HTTP address, that `where` names; OSError where it cannot be read."""
    if not where.startswith(("http://", "https://")):
        return Path(where).read_bytes()
    with urllib.request.urlopen(where, timeout=_READ_SECONDS) as answer:  # noqa: S310  # the scheme is HTTP
        return bytes(answer.read(_LARGEST_JWKS))


class SigningKeys:
    """The keys by their id. `read` gives the JWKS and may block: it runs in a thread."""

    def __init__(self, read: Callable[[], bytes], now: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._now = now
        self._keys: tuple[SigningKey, ...] = ()
        self._tried_at: float | None = None
        self._reading: asyncio.Task[None] | None = None
        self.generation = 0

    async def find(self, key_id: str | None) -> SigningKey | None:
        """The key of that id, or the only key where a token names none; KeysUnavailable before any could be read."""
        since = self._now() - self._tried_at if self._tried_at is not None else float("inf")
        key = self._among(key_id)
        if key is None and (since >= _PAUSE_SECONDS or self._reading is not None):
            await self._again()
            key = self._among(key_id)
        elif since >= _AGE_SECONDS:
            self._again()
        if not self._keys:
            raise KeysUnavailable
        return key

    def _among(self, key_id: str | None) -> SigningKey | None:
        if key_id is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.key_id == key_id), None)

    def _again(self) -> asyncio.Task[None]:
        if self._reading is None:
            self._reading = asyncio.create_task(self._refresh())
        return self._reading

    async def _refresh(self) -> None:
        try:
            keys = parse_keys(await asyncio.to_thread(self._read))
        except (OSError, ValueError) as error:
            # What was known before goes on to hold: an issuer that is away for an hour locks nobody out.
            log.warning("signing_keys_not_read", error=type(error).__name__)
        else:
            if [(key.key_id, key.key) for key in keys] != [(key.key_id, key.key) for key in self._keys]:
                self._keys = keys
                self.generation += 1
        finally:
            self._tried_at = self._now()
            self._reading = None
