"""The login of browsers: a page that takes a token, and the end of the session."""

import re
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from shared.auth import open_to_all
from shared.error_pages import LOGIN
from shared.pages import STATIC, Assets, Pages
from shared.rate_limits import limited_by_client
from shared.session import close_session, open_session, require_own_form, require_same_site, session_of
from shared.token_verifier import BadToken, Verifier

# Browsers drop a cookie of more than 4096 bytes, its name and attributes included, and say nothing.
_LONGEST_COOKIE = 3800

# A path of ours; two slashes, or a backslash that browsers take for one, would lead to another site.
_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,500}")


def add_login_routes(app: FastAPI) -> None:
    pages = Pages()
    app.mount("/static", Assets(directory=STATIC), "static")

    def refused(request: Request, to: str, told: str) -> Response:
        return pages.render(request, "login.html", status=401, to=own_path(to), told=told)

    @app.get(LOGIN, include_in_schema=False, dependencies=[open_to_all("whoever logs in is not yet logged in")])
    async def show(request: Request, to: str = LOGIN) -> Response:
        return pages.render(request, "login.html", to=own_path(to), told=None)

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
        except BadToken as bad:
            return refused(request, to, f"{bad.zh} {bad.en}")
        if len(token) > _LONGEST_COOKIE:
            return refused(request, to, "登录凭证过长，浏览器无法保存。 The token is too long for a browser to keep.")
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


def own_path(to: str) -> str:
    """`to` where it is a path of this service, else the login page: nobody is led to another site."""
    return to if _OWN_PATH.fullmatch(to) else LOGIN
