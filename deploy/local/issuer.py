"""Issues the tokens of the one-machine stack, in place of the login provider (OIDC) that a county runs."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import OKPAlgorithm

from deploy.local.messages import StackError
from shared.principal import Role

ISSUER = "hotline-local"
AUDIENCE = "hotline"
# Under this name the services' pages log in (deploy/local/login_page.py).
CLIENT = "hotline-pages"
_KEY_ID = "local"
_VALID_SECONDS = 12 * 3600


class Issuer:
    """Its key is made the first time and kept in `state`, where only we can read it; its public half is beside it."""

    def __init__(self, state: Path) -> None:
        self._key_file = state / "token-key.pem"
        self.jwks_file = state / "jwks.json"
        self._issued: dict[tuple[Role, str | None], str] = {}

    def settings(self) -> dict[str, str]:
        """What a service must be told to accept these tokens."""
        self._make()
        return {
            "HOTLINE_TOKEN_ISSUER": ISSUER,
            "HOTLINE_TOKEN_AUDIENCE": AUDIENCE,
            "HOTLINE_TOKEN_JWKS": str(self.jwks_file),
        }

    def token(self, role: Role, department: str | None = None, subject: str | None = None) -> str:
        """A token for whoever sits at this machine, good for 12 hours; StackError where it would not be accepted."""
        if role is Role.OFFICER and department is None:
            raise StackError("An officer belongs to a department: name it with --department.")
        told = {"roles": [role], **({"department": department} if department else {})}
        return self._signed(AUDIENCE, subject or _subject(role, department), told)

    def id_token(self, role: Role, department: str | None, nonce: str) -> str:
        """What tells the services' pages that the one who just logged in is whoever the token of the same names."""
        return self._signed(CLIENT, _subject(role, department), {"nonce": nonce})

    def _signed(self, audience: str, subject: str, told: Mapping[str, Any]) -> str:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": audience, "sub": subject, "iat": now, "exp": now + _VALID_SECONDS, **told}
        return jwt.encode(claims, self._key(), algorithm="EdDSA", headers={"kid": _KEY_ID})

    def headers(self, role: Role, department: str | None = None) -> dict[str, str]:
        """What a program of this stack, which ends within 12 hours, sends along to be known."""
        if (role, department) not in self._issued:
            self._issued[role, department] = self.token(role, department)
        return {"Authorization": f"Bearer {self._issued[role, department]}"}

    def _key(self) -> Ed25519PrivateKey:
        try:
            key = load_pem_private_key(self._key_file.read_bytes(), password=None)
        except FileNotFoundError:
            raise StackError(f"There is no key at {self._key_file}: start the stack first.") from None
        assert isinstance(key, Ed25519PrivateKey)  # noqa: S101  # we wrote it
        return key

    def _make(self) -> None:
        if not self._key_file.exists():
            made = Ed25519PrivateKey.generate()
            self._key_file.touch(mode=0o600)
            self._key_file.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public = OKPAlgorithm.to_jwk(self._key().public_key(), as_dict=True)
        self.jwks_file.write_bytes(orjson.dumps({"keys": [{**public, "kid": _KEY_ID, "use": "sig"}]}))


def _subject(role: Role, department: str | None) -> str:
    return "-".join(["local", role, *([department] if department else [])])
