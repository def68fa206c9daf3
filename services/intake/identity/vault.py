"""Who the reporter is, and what exactly they wrote, encrypted (AES-256-GCM) before it reaches a table.

A sealed row names the key that it was sealed with, so keys can be changed while old rows stay readable. The complaint's
id is authenticated with it: a row copied to another complaint does not open. Nonces are random, which is safe for 2^32
rows per key (NIST SP 800-38D, 8.3).
"""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from typing import NamedTuple, Self
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.intake.complaint import Original, Reporter

_KEY_BYTES = 32
_NONCE_BYTES = 12
_BETWEEN_KEYS = re.compile(r"\s*[,\n]\s*")


class Identity(NamedTuple):
    """What only the vault may hold."""

    reporter: Reporter | None
    original: Original


class Sealed(NamedTuple):
    key_id: str
    # Nonce, then ciphertext with its tag.
    ciphertext: bytes


class VaultError(Exception):
    """A sealed identity does not open: its key is not in the ring, or it is not what was sealed for this complaint."""


class Keyring:
    """The keys by id; `current` seals, every one of them opens."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        if current not in keys:
            raise ValueError("the vault's current key is not among its keys")
        for key_id, key in keys.items():
            if len(key) != _KEY_BYTES:
                raise ValueError(f"vault key {key_id!r} has {len(key)} bytes; it must have {_KEY_BYTES}")
        self.current = current
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read ``id:base64[,id2:base64]``, the current key first, by the line too; ValueError says which is wrong."""
        keys: dict[str, bytes] = {}
        for position, entry in enumerate(_BETWEEN_KEYS.split(written.strip()), start=1):
            key_id, colon, encoded = entry.strip().partition(":")
            if not (colon and key_id and encoded):
                raise ValueError(f"vault key number {position} is not written as id:base64")
            if key_id in keys:
                raise ValueError(f"vault key {key_id!r} is given twice")
            try:
                keys[key_id] = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                raise ValueError(f"vault key {key_id!r} is not valid base64") from None
        return cls(keys, next(iter(keys)))

    def __repr__(self) -> str:
        return f"Keyring(current={self.current!r}, ids={sorted(self._ciphers)!r})"

    @property
    def key_ids(self) -> frozenset[str]:
        return frozenset(self._ciphers)

    def cipher(self, key_id: str) -> AESGCM:
        """VaultError where the ring has no such key."""
        try:
            return self._ciphers[key_id]
        except KeyError:
            raise VaultError(f"vault key {key_id!r} is not in the ring") from None


def seal(keyring: Keyring, identity: Identity, complaint_id: UUID) -> Sealed:
    nonce = os.urandom(_NONCE_BYTES)
    plain = orjson.dumps(_as_json(identity))
    ciphertext = keyring.cipher(keyring.current).encrypt(nonce, plain, _associated(complaint_id))
    return Sealed(keyring.current, nonce + ciphertext)


def open_(keyring: Keyring, sealed: Sealed, complaint_id: UUID) -> Identity:
    """The identity sealed for this complaint; VaultError where it does not open."""
    nonce, ciphertext = sealed.ciphertext[:_NONCE_BYTES], sealed.ciphertext[_NONCE_BYTES:]
    try:
        plain = keyring.cipher(sealed.key_id).decrypt(nonce, ciphertext, _associated(complaint_id))
    except (InvalidTag, ValueError):
        raise VaultError("the sealed identity was altered, or belongs to another complaint") from None
    content = orjson.loads(plain)
    reporter = content["reporter"]
    return Identity(Reporter(**reporter) if reporter else None, Original(**content["original"]))


def _as_json(identity: Identity) -> dict[str, dict[str, str | None] | None]:
    """Written out: orjson takes three times as long to ask a dataclass for its fields."""
    reporter, original = identity.reporter, identity.original
    return {
        "reporter": None
        if reporter is None
        else {
            "name": reporter.name,
            "phone": reporter.phone,
            "id_number": reporter.id_number,
            "email": reporter.email,
            "address": reporter.address,
        },
        "original": {"text": original.text, "title": original.title, "place": original.place},
    }


def _associated(complaint_id: UUID) -> bytes:
    return b"intake.vault:" + complaint_id.bytes
