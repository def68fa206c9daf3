"""The rule of each route: who may call it. Every route states one, and a test walks all routes and proves it.

principal: Annotated[Principal, allow(Role.OPERATOR, Role.SUPERVISOR)]
dependencies=[open_to_all("why nobody needs to log in here")]
"""

from fastapi import Request
from fastapi.openapi.models import HTTPBearer as BearerScheme
from fastapi.params import Depends
from fastapi.security.base import SecurityBase

from shared.principal import ROLE_IN_CHINESE, Principal, Role
from shared.rate_limits import RateLimits
from shared.session import require_own_form, session_of
from shared.token_verifier import BadToken, Verifier

__all__ = ["Allowed", "NotAllowed", "NotLoggedIn", "OpenToAll", "Principal", "Role", "allow", "open_to_all", "token_of"]


class NotLoggedIn(Exception):
    """The request needs a token and bears none."""


class NotAllowed(Exception):
    """Whoever asks is known and has none of the roles that this needs."""

    def __init__(self, roles: tuple[Role, ...]) -> None:
        names = "、".join(ROLE_IN_CHINESE[role] for role in roles)
        self.zh, self.en = f"此操作仅限{names}。", f"This is for these roles only: {', '.join(roles)}."
        super().__init__(self.en)


class Allowed(SecurityBase):
    """The rule that one of `roles` must be held; called with a request it gives the principal."""

    def __init__(self, roles: tuple[Role, ...]) -> None:
        self.roles = roles
        self.scheme_name = "bearer"
        self.model = BearerScheme(bearerFormat="JWT")

    async def __call__(self, request: Request) -> Principal:
        borne = _bearer(request)
        token = borne or session_of(request)
        if token is None:
            raise NotLoggedIn
        verifier: Verifier = request.app.state.verifier
        limits: RateLimits = request.app.state.rate_limits
        try:
            principal = await verifier.principal(token)
        except BadToken:
            limits.of_refused(request)
            raise
        limits.of_principal(principal)
        if principal.roles.isdisjoint(self.roles):
            raise NotAllowed(self.roles)
        if borne is None:
            # Last, so that nobody's body is read who may not send it.
            await require_own_form(request, token)
        return principal


def token_of(request: Request) -> str | None:
    """The token that the request bears, in its header or as the session's cookie; it is not verified here."""
    return _bearer(request) or session_of(request)


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


class OpenToAll:
    """The rule that nobody needs to log in, and why."""

    def __init__(self, why: str) -> None:
        self.why = why

    async def __call__(self) -> None:
        """Let everybody pass."""


def allow(*roles: Role) -> Depends:
    """Only whoever holds one of these roles may call the route."""
    if not roles:
        raise ValueError("a route that nobody may call is no route")
    return Depends(Allowed(roles))


def open_to_all(why: str) -> Depends:
    """Everybody may call the route, for the reason given."""
    if not why.strip():
        raise ValueError("an open route must say why it is open")
    return Depends(OpenToAll(why))
