"""The way around the framework for the one route of a service that is called more often than all others together.

A route that only wants the request and whoever it comes from needs none of what FastAPI does for each call: it solves
the route's dependencies anew, opens stacks for what they might have to close, and asks the other routes first, which
together takes more time than the route itself. The route is declared as every other one, for the description of the
API and for whatever is unusual (docs/decisions/0025). What is taken here is the usual call: a bearer token, and a body
of a length that is announced and allowed. Its rule, its function and the answers to its errors are the route's own.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, cast

from fastapi import FastAPI, Request, Response
from fastapi.params import Depends
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.auth import Allowed
from shared.principal import Principal

_Function: TypeAlias = Callable[[Request, Principal], Awaitable[Response]]
_ERROR = "hotline.error"


class Direct:
    """Answers the usual call of one route, and leaves all others to `ordinary`, the application's own layers."""

    def __init__(self, rule: Allowed, function: _Function, max_body_size: int) -> None:
        self.rule = rule
        self._function = function
        self._max_body_size = max_body_size

    def takes(self, scope: Scope) -> bool:
        """Whether this is the usual call."""
        token, length = False, -1
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = int(value) if value.isdigit() else -1
            elif name == b"authorization":
                token = True
        return token and 0 <= length <= self._max_body_size

    async def answer(self, scope: Scope, receive: Receive, send: Send, failed: ASGIApp) -> None:
        """Answer as the route does; `failed` answers the error that it finds in the scope."""
        request = Request(scope, receive)
        try:
            response = await self._function(request, await self.rule(request))
        except Exception as error:  # noqa: BLE001  # handed on
            scope[_ERROR] = error
            await failed(scope, receive, send)
            return
        await response(scope, receive, send)


class DirectRoutes:
    """In front of all other layers of an application; asked for each request."""

    def __init__(self, app: FastAPI, ordinary: ASGIApp) -> None:
        self._routes: dict[tuple[str, str], Direct] = app.state.direct_routes
        self._ordinary = ordinary
        handlers = cast("dict[Any, Any]", app.exception_handlers)
        expected = {kind: handler for kind, handler in handlers.items() if kind is not Exception}
        # As the application's own layers do it, so that an error is the same in whichever way it comes about.
        self._failed = ServerErrorMiddleware(ExceptionMiddleware(_raise, expected), handlers[Exception])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            direct = self._routes.get((scope["method"], scope["path"]))
            if direct is not None and direct.takes(scope):
                await direct.answer(scope, receive, send, self._failed)
                return
        await self._ordinary(scope, receive, send)


async def _raise(scope: Scope, _receive: Receive, _send: Send) -> None:
    raise scope.pop(_ERROR)


def answer_directly(
    app: FastAPI, method: str, path: str, rule: Depends, function: _Function, max_body_size: int
) -> None:
    """Answer the usual calls of this route, which has no other dependency than `rule`, without the framework."""
    app.state.direct_routes[method, path] = Direct(cast("Allowed", rule.dependency), function, max_body_size)
