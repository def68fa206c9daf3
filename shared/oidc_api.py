"""A browser's way to the login provider and back."""

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from shared.auth import open_to_all
from shared.error_pages import LOGIN
from shared.oidc import Attempt, LoginRefused, Provider, ProviderAway
from shared.pages import Pages
from shared.rate_limits import limited_by_client
from shared.session import LOGIN_COOKIE, close_attempt, keep_attempt, open_session, own_path, require_short_enough
from shared.token_verifier import BadToken

LEAVE, BACK = f"{LOGIN}/leave", f"{LOGIN}/back"

_OPEN = [open_to_all("whoever logs in is not yet logged in"), limited_by_client("30/minute")]
_AWAY = "统一身份认证暂时无法使用，请稍后重试。 The login provider is away; please try again later."
_REFUSED = "登录没有完成，请重新登录。 The login was not completed; please log in again."


def add_oidc_routes(app: FastAPI, provider: Provider) -> None:
    pages = Pages()

    def refused(request: Request, to: str, told: str, status: int) -> Response:
        response = pages.render(request, "login.html", status=status, to=own_path(to), told=told, provider=LEAVE)
        close_attempt(response)
        return response

    @app.get(LEAVE, include_in_schema=False, dependencies=_OPEN)
    async def leave(request: Request, to: str = LOGIN) -> Response:
        """Send the browser to the provider; what it must bring back is kept in a cookie of its own."""
        attempt = Attempt.to_go(own_path(to))
        try:
            response = RedirectResponse(await provider.leave_for(attempt, _back(request)), 303)
        except ProviderAway:
            return refused(request, to, _AWAY, 503)
        keep_attempt(response, request, attempt.written_down())
        return response

    @app.get(BACK, include_in_schema=False, dependencies=_OPEN)
    async def back(request: Request, code: str = "", state: str = "") -> Response:
        """Open the session with the token that the provider gives for the code.

        A page goes on to where the person wanted to go, and no redirection: the session's cookie is not sent along
        a chain that another site began.
        """
        to = LOGIN
        try:
            attempt = Attempt.parse(request.cookies.get(LOGIN_COOKIE))
            to = own_path(attempt.to)
            attempt.require(state)
            token = await provider.redeem(code, attempt, _back(request))
            require_short_enough(token)
        except LoginRefused:
            return refused(request, to, _REFUSED, 400)
        except BadToken as bad:
            return refused(request, to, f"{bad.zh} {bad.en}", 401)
        except ProviderAway:
            return refused(request, to, _AWAY, 503)
        response = pages.render(request, "logged_in.html", to=to)
        open_session(response, request, token)
        close_attempt(response)
        return response


def _back(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}{BACK}"
