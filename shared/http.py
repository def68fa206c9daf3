"""The HTTP edge that every service has: its routes, and errors, as pages or as problem details (RFC 9457)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp

from shared.auth import NotAllowed, NotLoggedIn, open_to_all
from shared.direct import DirectRoutes
from shared.error_pages import LOGIN, asks_for_page, error_page
from shared.guard import Guard
from shared.login_api import add_login_routes
from shared.oidc import Provider
from shared.postgres import PASSING
from shared.rate_limits import RateLimits, TooMany
from shared.session import ForgedForm
from shared.signing_keys import KeysUnavailable
from shared.token_verifier import BadToken, Verifier
from shared.validation import explain


class Problem(Exception):
    """What an HTTP client is told when a request cannot be done: Chinese first, then English."""

    def __init__(self, status: int, *sentences: str, headers: Mapping[str, str] | None = None, **extra: Any) -> None:
        self.status = status
        self.headers = headers
        self.detail = " ".join(sentences)
        self.extra = extra
        super().__init__(self.detail)

    def as_json(self) -> dict[str, Any]:
        return {"type": "about:blank", "status": self.status, "detail": self.detail, **self.extra}


def problem_response(problem: Problem) -> Response:
    return Response(
        orjson.dumps(problem.as_json()), problem.status, problem.headers, media_type="application/problem+json"
    )


async def answer_problem(request: Request, problem: Problem) -> Response:
    """The problem as whoever asks can read it: a page for a person at a browser, else a problem document."""
    if asks_for_page(request):
        errors = problem.extra.get("errors", ())
        return await error_page(request, problem.status, problem.detail, errors, problem.headers)
    return problem_response(problem)


# Of a request, in bytes, but for routes that state another (`max_body_size`).
MAX_BODY = 1024 * 1024


class _Application(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        """Put the guard around all else, so that no answer lacks its headers."""
        return Guard(DirectRoutes(self, super().build_middleware_stack()))


def create_app(title: str, verifier: Verifier, provider: Provider | None = None) -> FastAPI:
    """A FastAPI application whose every error is told, and whose pages load nothing from outside.

    `verifier` says who is behind a request's token; each route states who may call it (shared.auth). Browsers log in at
    `provider`, where there is one.
    """
    app = _Application(
        title=title,
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        max_body_size=MAX_BODY,
        # Nobody collects it, and whether somebody does is asked for each request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.verifier = verifier
    app.state.rate_limits = RateLimits()
    app.state.direct_routes = {}
    # Of the bodies that a route reads by itself, for the description of the API.
    app.state.schemas = {}

    @app.get(
        "/openapi.json", include_in_schema=False, dependencies=[open_to_all("it describes the program, not the data")]
    )
    async def openapi() -> dict[str, Any]:
        document = app.openapi()
        document.setdefault("components", {}).setdefault("schemas", {}).update(app.state.schemas)
        return document

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> Response:
        return await answer_problem(request, problem)

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        return await answer_problem(
            request, Problem(error.status_code, _HTTP_ZH.get(error.status_code, "请求无法处理。"), error.detail)
        )

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        errors = explain(error.errors(), ("body", "path", "query"))
        return await answer_problem(
            request, Problem(422, "请求的字段有误。", "Some fields of the request are wrong.", errors=errors)
        )

    @app.exception_handler(ClientDisconnect)
    async def on_disconnect(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody is there to read it

    async def on_away(request: Request, _error: Exception) -> Response:
        return await answer_problem(
            request,
            Problem(503, "系统暂时不可用，请稍后重试。", "The service is away for a moment; please try again later."),
        )

    for passing in PASSING:
        app.add_exception_handler(passing, on_away)
    _answer_refusals(app)
    add_login_routes(app, provider)

    @app.exception_handler(Exception)
    async def on_bug(request: Request, _error: Exception) -> Response:
        return await answer_problem(
            request, Problem(500, "系统内部错误，请稍后重试。", "Internal error; please try again later.")
        )

    return app


def _answer_refusals(app: FastAPI) -> None:
    """Tell whoever may not call a route why, and a browser without a login where to log in."""

    @app.exception_handler(NotLoggedIn)
    async def on_no_token(request: Request, _error: NotLoggedIn) -> Response:
        if _shows_a_page(request):
            return _to_login(request)
        return await answer_problem(
            request,
            Problem(
                401,
                "请先登录。",
                "Please log in; a program sends a bearer token.",
                headers={"WWW-Authenticate": "Bearer"},
            ),
        )

    @app.exception_handler(BadToken)
    async def on_bad_token(request: Request, bad: BadToken) -> Response:
        if _shows_a_page(request):
            return _to_login(request)
        told = {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{bad.en}"'}
        return await answer_problem(request, Problem(401, bad.zh, bad.en, headers=told))

    @app.exception_handler(ForgedForm)
    async def on_forged_form(request: Request, _error: ForgedForm) -> Response:
        return await answer_problem(
            request,
            Problem(403, "表单已失效，请刷新页面后重试。", "This form is not valid any more; please reload the page."),
        )

    @app.exception_handler(TooMany)
    async def on_too_many(request: Request, too_many: TooMany) -> Response:
        seconds = too_many.retry_after
        wait = {"Retry-After": str(seconds)}
        return await answer_problem(
            request,
            Problem(
                429,
                f"请求过于频繁，请{seconds}秒后重试。",
                f"That was too often; try again in {seconds} s.",
                headers=wait,
            ),
        )

    @app.exception_handler(NotAllowed)
    async def on_not_allowed(request: Request, refused: NotAllowed) -> Response:
        return await answer_problem(request, Problem(403, refused.zh, refused.en))

    @app.exception_handler(KeysUnavailable)
    async def on_no_keys(request: Request, _error: KeysUnavailable) -> Response:
        return await answer_problem(
            request,
            Problem(
                503, "暂时无法核验登录，请稍后重试。", "Logins cannot be checked right now; please try again later."
            ),
        )


def _shows_a_page(request: Request) -> bool:
    """Whether it is a browser that asks for a page, and so may be led to the login."""
    return request.method == "GET" and asks_for_page(request)


def _to_login(request: Request) -> Response:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{LOGIN}?{urlencode({'to': asked})}", 303)


_HTTP_ZH: Mapping[int, str] = {
    404: "没有这个地址。",
    405: "这个地址不支持该请求方法。",
    413: "请求内容过大。",
}
