"""A browser's login: the token in a cookie that no script reads, and forms that only our own pages can send.

The cookie is all there is: the services keep no list of sessions. A form carries the HMAC of a fixed word under the
token; another site knows neither the token nor, therefore, what the form must carry, and the value of one session is
worth nothing in another.
"""

import hmac
from hashlib import sha256

from fastapi import Request, Response

SESSION_COOKIE = "hotline_session"
CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"

# The token may end sooner, and then so does the session.
SESSION_SECONDS = 8 * 3600

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ForgedForm(Exception):
    """The request comes with a session's cookie, but not from a form of that session."""


def session_of(request: Request) -> str | None:
    """The token in the request's cookie."""
    return request.cookies.get(SESSION_COOKIE) or None


def csrf_token(session: str) -> str:
    """What each form of the session must carry."""
    return hmac.digest(session.encode(errors="replace"), b"hotline form", sha256).hex()


async def require_own_form(request: Request, session: str) -> None:
    """ForgedForm where an unsafe request bears neither the header nor the field that only the session's pages know."""
    if request.method in SAFE_METHODS:
        return
    given = request.headers.get(CSRF_HEADER) or (await request.form()).get(CSRF_FIELD)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), csrf_token(session).encode()):
        raise ForgedForm


def require_same_site(request: Request) -> None:
    """ForgedForm where a browser says that another site sends the request; for forms before there is a session."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    # Our pages send no referrer, and so browsers leave their origin out ("null") too: it is a last resort.
    ours = site in {"same-origin", "none"} if site else origin is None or _netloc(origin) == request.headers.get("host")
    if not ours:
        raise ForgedForm


def _netloc(origin: str) -> str:
    return origin.partition("://")[2]


def open_session(response: Response, request: Request, token: str) -> None:
    """Let the browser keep the token, over TLS only but on this very machine."""
    plain = request.url.scheme == "http" and request.url.hostname in _LOOPBACK
    response.set_cookie(
        SESSION_COOKIE, token, max_age=SESSION_SECONDS, httponly=True, samesite="strict", secure=not plain
    )


def close_session(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
