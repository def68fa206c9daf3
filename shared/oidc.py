"""Logging in at the county's provider: the authorization code flow of OpenID Connect, with PKCE, state and nonce.

Nothing that comes back is believed unchecked: the state must be the one that this very browser was sent away with, the
ID token must bear its nonce (OpenID Connect Core, 3.1.3.7), and the access token, which becomes the session, is
verified like every other token. Codes and tokens stand in no log.
"""

import asyncio
import base64
import hmac
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

import orjson

from shared.settings import ServiceSettings
from shared.token_verifier import BadToken, Verifier

_WAIT_SECONDS = 10.0
_LARGEST_ANSWER = 256 * 1024
_WELL_KNOWN = "/.well-known/openid-configuration"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

# Given an address, and a form and headers where something is sent, the JSON that is answered; blocks, raises OSError.
Fetch = Callable[[str, Mapping[str, str] | None, Mapping[str, str]], Any]


class ProviderAway(Exception):
    """The provider cannot be reached, or answers what it must not."""


class LoginRefused(Exception):
    """The provider does not take the code, or the browser is not the one that was sent to it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a browser that is sent to the provider keeps, so that nobody else can come back in its place."""

    state: str
    nonce: str
    verifier: str
    # Where the person wanted to go.
    to: str

    @classmethod
    def to_go(cls, to: str) -> Self:
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, to)

    @classmethod
    def parse(cls, written: str | None) -> Self:
        """Read what `written_down` gave; LoginRefused where there is nothing of the kind."""
        try:
            fields = orjson.loads(base64.urlsafe_b64decode(written or ""))
            attempt = cls(**fields)
        except (ValueError, TypeError):
            raise LoginRefused from None
        if not all(isinstance(value, str) and value for value in asdict(attempt).values()):
            raise LoginRefused
        return attempt

    def written_down(self) -> str:
        return base64.urlsafe_b64encode(orjson.dumps(self)).decode()

    def challenge(self) -> str:
        """Proves later, without having shown it before, that whoever redeems the code began the attempt (RFC 7636)."""
        return base64.urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def require(self, state: str) -> None:
        if not hmac.compare_digest(state.encode(), self.state.encode()):
            raise LoginRefused


class Provider:
    """The login provider as its discovery document describes it, which is read at the first login."""

    def __init__(self, settings: ServiceSettings, verifier: Verifier, fetch: Fetch | None = None) -> None:
        assert settings.login_client is not None  # noqa: S101  # provider_of asks before
        self._issuer = settings.token_issuer
        self._discovery = settings.login_discovery or settings.token_issuer.rstrip("/") + _WELL_KNOWN
        self._client = settings.login_client
        self._secret = settings.login_client_secret.get_secret_value() if settings.login_client_secret else None
        self._verifier = verifier
        self._fetch = fetch or _fetch
        self._endpoints: Mapping[str, str] | None = None

    async def leave_for(self, attempt: Attempt, back: str) -> str:
        """The address at which the person logs in; `back` is where the provider sends them afterwards."""
        asked = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": back,
            "scope": "openid",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge(),
            "code_challenge_method": "S256",
        }
        endpoint = (await self._read_endpoints())["authorization_endpoint"]
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def redeem(self, code: str, attempt: Attempt, back: str) -> str:
        """The access token for the code; LoginRefused or BadToken where it does not prove who logged in here."""
        if not code:
            raise LoginRefused
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
        form |= {"code_verifier": attempt.verifier, "client_id": self._client}
        headers = {}
        if self._secret is not None:
            pair = f"{quote(self._client, safe='')}:{quote(self._secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        answer = await self._ask((await self._read_endpoints())["token_endpoint"], form, headers)
        id_token, access_token = answer.get("id_token"), answer.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise LoginRefused
        claims = await self._verifier.claims(id_token, audience=self._client)
        if claims.get("nonce") != attempt.nonce or claims.get("azp", self._client) != self._client:
            raise LoginRefused
        if (await self._verifier.principal(access_token)).subject != claims["sub"]:
            raise BadToken("登录凭证不属于同一人。", "The tokens are not of the same person.")
        return access_token

    async def _read_endpoints(self) -> Mapping[str, str]:
        if self._endpoints is None:
            document = await self._ask(self._discovery, None, {})
            named = [document.get(name) for name in ("authorization_endpoint", "token_endpoint")]
            if document.get("issuer") != self._issuer or not all(_is_address(address) for address in named):
                raise ProviderAway
            self._endpoints = document
        return self._endpoints

    async def _ask(self, where: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> Mapping[str, Any]:
        try:
            answer = await asyncio.to_thread(self._fetch, where, form, headers)
        except urllib.error.HTTPError as error:
            refused = error.code in {400, 401, 403}
            raise (LoginRefused if refused and form is not None else ProviderAway) from None
        except (OSError, ValueError):
            raise ProviderAway from None
        if not isinstance(answer, dict):
            raise ProviderAway
        return answer


def provider_of(settings: ServiceSettings, verifier: Verifier) -> Provider | None:
    """The provider at which browsers log in; None where the environment names no client."""
    return Provider(settings, verifier) if settings.login_client else None


def _is_address(written: object) -> bool:
    """Whether codes and tokens may travel there: over TLS, or without leaving this machine."""
    parts = urlsplit(written) if isinstance(written, str) else None
    return parts is not None and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK))


def _fetch(where: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> Any:
    body = urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(where, body, {"Accept": "application/json", **headers})  # noqa: S310  # checked
    with urllib.request.urlopen(request, timeout=_WAIT_SECONDS) as answer:  # noqa: S310  # its scheme is HTTP
        return orjson.loads(answer.read(_LARGEST_ANSWER))
