"""What every answer carries so that a browser does nothing that we did not ask for."""

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; object-src 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_NO_STORE = (b"cache-control", b"no-store")

_TOO_LARGE = orjson.dumps(
    {"type": "about:blank", "status": 413, "detail": "请求内容过大。 The body of the request is too large."}
)


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
                    replaced = _TOO_LARGE
                    headers = [
                        (b"content-type", b"application/problem+json"),
                        (b"content-length", b"%d" % len(replaced)),
                    ]
                headers += _HEADERS
                if all(name != b"cache-control" for name, _ in headers):
                    headers.append(_NO_STORE)
                message = {**message, "headers": headers}
            elif replaced is not None and message["type"] == "http.response.body":
                message = {**message, "body": replaced}
            await send(message)

        await self._app(scope, receive, guarded)


def _is_plain(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/plain") for name, value in headers)
