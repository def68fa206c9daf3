"""Checks bearer tokens (JWT, RFC 7519, as OIDC providers issue them) and says who is behind them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

import jwt

from shared.principal import Principal, UnusableClaims, principal_of
from shared.settings import ServiceSettings, WrongSetting
from shared.signing_keys import SigningKeys, parse_keys, read_jwks

_LEEWAY_SECONDS = 30
_LONGEST_TOKEN = 8192
# A signature is checked once, then the token is known by its digest until it expires or its key could be withdrawn.
_REMEMBERED_SECONDS = 300.0
_REMEMBERED_TOKENS = 10_000


class BadToken(Exception):
    """The token is forged, expired, for somebody else, or says too little; `zh` and `en` are for whoever sent it."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class _Verified:
    principal: Principal
    until: float
    generation: int


class Verifier:
    """`issuer` and `audience` are what a token must have been issued by and for."""

    def __init__(self, issuer: str, audience: str, keys: SigningKeys, now: Callable[[], float] = time.time) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._now = now
        self._verified: dict[bytes, _Verified] = {}

    async def principal(self, token: str) -> Principal:
        """Who holds the token; BadToken where it proves nothing, KeysUnavailable while nothing can be checked."""
        digest = sha256(token.encode(errors="surrogatepass")).digest()
        known = self._verified.get(digest)
        if known is not None and known.until > self._now() and known.generation == self._keys.generation:
            return known.principal
        principal, expires = await self._verify(token)
        self._verified.pop(digest, None)
        if len(self._verified) >= _REMEMBERED_TOKENS:
            del self._verified[next(iter(self._verified))]
        until = min(expires, self._now() + _REMEMBERED_SECONDS)
        self._verified[digest] = _Verified(principal, until, self._keys.generation)
        return principal

    async def claims(self, token: str, audience: str) -> Mapping[str, Any]:
        """What a token of the issuer's for `audience` says; BadToken and KeysUnavailable as in `principal`."""
        if len(token) > _LONGEST_TOKEN or not token.isascii():
            raise BadToken("登录凭证格式有误。", "This is no token.")
        try:
            key = await self._keys.find(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                raise BadToken("登录凭证的签名密钥未知。", "No key of the issuer has signed this token.")
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                [key.algorithm],
                options={"require": ["exp", "iat", "sub"]},
                audience=audience,
                issuer=self._issuer,
                leeway=_LEEWAY_SECONDS,
            )
        except jwt.ExpiredSignatureError:
            raise BadToken("登录已过期，请重新登录。", "The token has expired; please log in again.") from None
        except jwt.InvalidTokenError:
            raise BadToken("登录凭证无效，请重新登录。", "The token is not valid; please log in again.") from None
        return claims

    async def _verify(self, token: str) -> tuple[Principal, float]:
        claims = await self.claims(token, self._audience)
        try:
            return principal_of(claims), float(claims["exp"])
        except UnusableClaims as unusable:
            raise BadToken(unusable.zh, unusable.en) from None


def verifier_of(settings: ServiceSettings) -> Verifier:
    """The verifier that the environment describes; WrongSetting where a file of keys is not there or not usable."""
    where = settings.token_jwks
    if not where.startswith(("http://", "https://")):
        try:
            parse_keys(read_jwks(where))
        except (OSError, ValueError) as error:
            raise WrongSetting(
                f"HOTLINE_TOKEN_JWKS names the file {where}, from which no keys can be read: {error}"
            ) from None
    return Verifier(settings.token_issuer, settings.token_audience, SigningKeys(partial(read_jwks, where)))
