"""A browser's login: the token in a cookie that no script reads, and forms that only our own pages can send.

The cookie is all there is: the services keep no list of sessions. A form carries the HMAC of a fixed word under the
token; another site knows neither the token nor, therefore, what the form must carry, and the value of one session is
worth nothing in another.
"""

import hmac
import re
from hashlib import sha256

from fastapi import Request, Response

from shared.token_verifier import BadToken

SESSION_COOKIE = "hotline_session"
# What a browser that is sent to the login provider must bring back; ends with the attempt.
LOGIN_COOKIE = "hotline_login"
CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"

# The token may end sooner, and then so does the session.
SESSION_SECONDS = 8 * 3600
_ATTEMPT_SECONDS = 600

# Browsers drop a cookie of more than 4096 bytes, its name and attributes included, and say nothing.
_LONGEST_COOKIE = 3800

# A path of ours; two slashes, or a backslash that browsers take for one, would lead to another site.
_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,500}")

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


def own_path(to: str) -> str:
    """`to` where it is a path of this service, else the login page: nobody is led to another site."""
    return to if _OWN_PATH.fullmatch(to) else "/login"


def require_short_enough(token: str) -> None:
    """BadToken where a browser could not keep the token."""
    if len(token) > _LONGEST_COOKIE:
        raise BadToken("登录凭证过长，浏览器无法保存。", "The token is too long for a browser to keep.")


def open_session(response: Response, request: Request, token: str) -> None:
    """Let the browser keep the token, over TLS only but on this very machine."""
    response.set_cookie(
        SESSION_COOKIE, token, max_age=SESSION_SECONDS, httponly=True, samesite="strict", secure=not _is_plain(request)
    )


def close_session(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")


def keep_attempt(response: Response, request: Request, written: str) -> None:
    """Let the browser keep what it must bring back from the provider, from where it comes as from another site."""
    response.set_cookie(
        LOGIN_COOKIE,
        written,
        max_age=_ATTEMPT_SECONDS,
        path="/login",
        httponly=True,
        samesite="lax",
        secure=not _is_plain(request),
    )


def close_attempt(response: Response) -> None:
    response.delete_cookie(LOGIN_COOKIE, path="/login", httponly=True, samesite="lax")


def _is_plain(request: Request) -> bool:
    return request.url.scheme == "http" and request.url.hostname in _LOOPBACK
