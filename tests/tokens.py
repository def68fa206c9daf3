"""Tokens for the tests, signed by a key that lives as long as the test run, and the verifier that knows it."""

import time
from pathlib import Path
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from shared.auth import Role
from shared.signing_keys import SigningKeys
from shared.token_verifier import Verifier

ISSUER = "https://login.zhenping.test"
AUDIENCE = "hotline"
KEY_ID = "tests"
KEY = Ed25519PrivateKey.generate()
JWKS = orjson.dumps({"keys": [{**OKPAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": KEY_ID}]})


def verifier() -> Verifier:
    return Verifier(ISSUER, AUDIENCE, SigningKeys(lambda: JWKS))


def token_settings(directory: Path) -> dict[str, str]:
    """What the environment of a service process must say to take these tokens."""
    jwks = directory / "jwks.json"
    jwks.write_bytes(JWKS)
    return {
        "HOTLINE_TOKEN_ISSUER": ISSUER,
        "HOTLINE_TOKEN_AUDIENCE": AUDIENCE,
        "HOTLINE_TOKEN_JWKS": str(jwks),
    }


def claims(*roles: Role, department: str | None = None, subject: str = "test-user", **others: Any) -> dict[str, Any]:
    now = int(time.time())
    written = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 3600, "roles": list(roles)}
    return {**written, **({"department": department} if department else {}), **others}


def token(*roles: Role, department: str | None = None, subject: str = "test-user", **others: Any) -> str:
    written = claims(*roles, department=department, subject=subject, **others)
    return jwt.encode(written, KEY, algorithm="EdDSA", headers={"kid": KEY_ID})


def bearer(*roles: Role, department: str | None = None, subject: str = "test-user") -> dict[str, str]:
    """The headers of a request by somebody who holds these roles."""
    return {"Authorization": f"Bearer {token(*roles, department=department, subject=subject)}"}
