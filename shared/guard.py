"""What every answer carries so that a browser does nothing that we did not ask for."""

import orjson
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.error_pages import asks_for_page, too_large_page

_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; object-src 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_HEADERS_AND_NO_STORE = [*_HEADERS, (b"cache-control", b"no-store")]

_TOO_LARGE = "请求内容过大。 The body of the request is too large."


class Guard:
    """Wraps a whole application, its own answer to a bug included; what says nothing of caching is not cached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        replaced: bytes | None = None

        async def guarded(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                if message["status"] == 413 and _is_plain(headers):  # noqa: PLR2004  # of Starlette's body limit
                    media_type, replaced = _too_large(scope)
                    headers = [
                        (b"content-type", media_type),
                        (b"content-length", b"%d" % len(replaced)),
                    ]
                says_of_caching = any(name == b"cache-control" for name, _ in headers)
                headers += _HEADERS if says_of_caching else _HEADERS_AND_NO_STORE
                message = {**message, "headers": headers}
            elif replaced is not None and message["type"] == "http.response.body":
                message = {**message, "body": replaced}
            await send(message)

        await self._app(scope, receive, guarded)


def _too_large(scope: Scope) -> tuple[bytes, bytes]:
    request = Request(scope)
    if asks_for_page(request):
        return b"text/html; charset=utf-8", too_large_page(request, _TOO_LARGE)
    problem = {"type": "about:blank", "status": 413, "detail": _TOO_LARGE}
    return b"application/problem+json", orjson.dumps(problem)


def _is_plain(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/plain") for name, value in headers)
