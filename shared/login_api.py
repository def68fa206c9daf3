"""The login of browsers: a page that leads to the provider or takes a token, and the end of the session."""

from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from shared.auth import open_to_all
from shared.error_pages import LOGIN
from shared.oidc import Provider
from shared.oidc_api import LEAVE, add_oidc_routes
from shared.pages import STATIC, Assets, Pages
from shared.rate_limits import limited_by_client
from shared.session import (
    close_session,
    open_session,
    own_path,
    require_own_form,
    require_same_site,
    require_short_enough,
    session_of,
)
from shared.token_verifier import BadToken, Verifier


def add_login_routes(app: FastAPI, oidc: Provider | None = None) -> None:
    """With a provider the page leads to it, too."""
    pages = Pages()
    app.mount("/static", Assets(directory=STATIC), "static")

    provider = LEAVE if oidc else None
    if oidc is not None:
        add_oidc_routes(app, oidc)

    def refused(request: Request, to: str, told: str) -> Response:
        return pages.render(request, "login.html", status=401, to=own_path(to), told=told, provider=provider)

    @app.get(LOGIN, include_in_schema=False, dependencies=[open_to_all("whoever logs in is not yet logged in")])
    async def show(request: Request, to: str = LOGIN) -> Response:
        return pages.render(request, "login.html", to=own_path(to), told=None, provider=provider)

    @app.post(
        LOGIN,
        include_in_schema=False,
        dependencies=[open_to_all("whoever logs in is not yet logged in"), limited_by_client("30/minute")],
    )
    async def log_in(request: Request, token: Annotated[str, Form()], to: Annotated[str, Form()] = LOGIN) -> Response:
        """Keep the token as the browser's session and go on to where somebody wanted to go."""
        require_same_site(request)
        verifier: Verifier = app.state.verifier
        try:
            await verifier.principal(token.strip())
            require_short_enough(token)
        except BadToken as bad:
            return refused(request, to, f"{bad.zh} {bad.en}")
        response = RedirectResponse(own_path(to), 303)
        open_session(response, request, token.strip())
        return response

    @app.post("/logout", include_in_schema=False, dependencies=[open_to_all("it forgets the caller's own session")])
    async def log_out(request: Request) -> Response:
        session = session_of(request)
        if session is not None:
            await require_own_form(request, session)
        response = RedirectResponse(LOGIN, 303)
        close_session(response)
        return response
