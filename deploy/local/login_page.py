"""The login provider of the one-machine stack: whoever sits at this machine chooses by clicking whom to log in as.

It speaks as much of OpenID Connect as the services ask for (discovery, authorization code with PKCE) and sends nobody
anywhere but back to this machine. Nothing keeps anybody from any role: a county runs a provider of its own.
"""

import base64
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.middleware.trustedhost import TrustedHostMiddleware

from deploy.local.issuer import CLIENT, ISSUER, Issuer
from deploy.local.ports import LOOPBACK
from shared.pages import STATIC, Assets
from shared.principal import ROLE_IN_CHINESE, Role

_CODE_SECONDS = 60.0
_THIS_MACHINE = [LOOPBACK, "localhost"]


@dataclass(frozen=True, slots=True)
class Issued:
    """What a code stands for, until it is redeemed once."""

    role: Role
    department: str | None
    nonce: str
    challenge: str
    back: str
    until: float


def login_page(issuer: Issuer, url: str, departments: Mapping[str, str]) -> FastAPI:
    """`url` is where the page is reached; `departments` gives the names by the codes."""
    app = FastAPI(title="Local login", openapi_url=None)
    # Another site whose name leads to this machine must not reach it.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_THIS_MACHINE)
    app.mount("/static", Assets(directory=STATIC), "static")
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
    codes: dict[str, Issued] = {}

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, Any]:
        return {
            "issuer": ISSUER,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["EdDSA"],
            "code_challenge_methods_supported": ["S256"],
        }

    @app.get("/jwks")
    async def jwks() -> Response:
        return FileResponse(issuer.jwks_file, media_type="application/json")

    @app.get("/authorize")
    async def choose(request: Request) -> Response:
        asked = dict(request.query_params)
        _require_known(asked)
        page = templates.get_template("login_page.html").render(
            asked=asked, roles={role: ROLE_IN_CHINESE[role] for role in Role}, departments=departments
        )
        return HTMLResponse(page)

    @app.post("/authorize")
    async def chosen(request: Request, role: Annotated[Role, Form()], department: Annotated[str, Form()]) -> Response:
        asked = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        _require_known(asked)
        if department not in departments:
            raise HTTPException(422, "There is no such department.")
        code = secrets.token_urlsafe(32)
        codes[code] = Issued(
            role,
            department if role is Role.OFFICER else None,
            asked.get("nonce", ""),
            asked["code_challenge"],
            asked["redirect_uri"],
            time.monotonic() + _CODE_SECONDS,
        )
        back = urlencode({"code": code, "state": asked.get("state", "")})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", 303)

    @app.post("/token")
    async def redeem(
        code: Annotated[str, Form()], redirect_uri: Annotated[str, Form()], code_verifier: Annotated[str, Form()]
    ) -> dict[str, Any]:
        issued = codes.pop(code, None)
        if (
            issued is None
            or issued.until < time.monotonic()
            or issued.back != redirect_uri
            or not hmac.compare_digest(issued.challenge, _challenge(code_verifier))
        ):
            raise HTTPException(400, "invalid_grant")
        return {
            "token_type": "Bearer",
            "access_token": issuer.token(issued.role, issued.department),
            "id_token": issuer.id_token(issued.role, issued.department, issued.nonce),
        }

    return app


def _require_known(asked: Mapping[str, str]) -> None:
    """Refuse whoever is not a service of this machine, and whoever proves nothing (RFC 7636)."""
    back = urlsplit(asked.get("redirect_uri", ""))
    if asked.get("client_id") != CLIENT or back.scheme != "http" or back.hostname not in _THIS_MACHINE:
        raise HTTPException(400, "Only the services of this machine log in here.")
    if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
        raise HTTPException(400, "PKCE is missing: code_challenge with the method S256.")


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
