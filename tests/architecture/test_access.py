"""No route without a stated rule, and each route keeps to the rule that it states."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from deploy.local.hotline import ServiceName
from services.intake import main as intake
from services.intake.settings import IntakeSettings
from services.router import main as router
from services.router.settings import RouterSettings
from services.tracker import main as tracker
from services.tracker.settings import TrackerSettings
from shared.auth import Allowed, OpenToAll, Principal, Role, allow, open_to_all
from shared.direct import Direct
from shared.http import create_app
from shared.settings import ServiceSettings, read_settings
from tests.architecture.routes import application, routes_of
from tests.service_settings import BRING_NO_ROUTE, SERVICES, environment_of
from tests.tokens import bearer, verifier

MAINS: dict[ServiceName, tuple[Any, type[ServiceSettings]]] = {
    "intake": (intake.run, IntakeSettings),
    "router": (router.run, RouterSettings),
    "tracker": (tracker.run, TrackerSettings),
}


@pytest.fixture(params=SERVICES)
async def app(
    request: pytest.FixtureRequest, service_urls: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> FastAPI:
    run, model = MAINS[request.param]
    for name, value in environment_of(request.param, service_urls[request.param], tmp_path).items():
        monkeypatch.setenv(name, value)
    return await application(run, read_settings(model), monkeypatch)


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_that_may_bring_a_route_is_set_here(service: ServiceName, tmp_path: Path) -> None:
    told = environment_of(service, "", tmp_path)
    for name, field in MAINS[service][1].model_fields.items():
        may_bring_a_route = not field.is_required() and field.default is None and name not in BRING_NO_ROUTE
        assert not may_bring_a_route or f"HOTLINE_{name.upper()}" in told, (
            f"{name}: set it in tests/service_settings.py if it brings routes, else name it in BRING_NO_ROUTE there"
        )


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    # A bug would be raised here.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://hotline.test") as client:
        yield client


def example(path: str) -> str:
    """The path with something in place of each parameter."""
    return re.sub(r"\{\w+(:\w+)?\}", "00000000-0000-0000-0000-000000000000", path)


async def test_every_route_states_its_rule(app: FastAPI) -> None:
    found = list(routes_of(app.routes))
    assert len(found) > 5
    assert [str(route) for route in found if not route.rules] == []


async def test_what_is_answered_without_the_framework_keeps_to_the_rule_that_its_route_states(app: FastAPI) -> None:
    stated = {(method, route.path): route.rules for route in routes_of(app.routes) for method in route.methods}
    direct: dict[tuple[str, str], Direct] = app.state.direct_routes
    assert {called: [one.rule] for called, one in direct.items()} == {called: stated[called] for called in direct}


async def test_without_a_token_every_route_that_is_not_open_answers_401(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    guarded = [route for route in routes_of(app.routes) if any(isinstance(rule, Allowed) for rule in route.rules)]
    assert guarded
    for route in guarded:
        for method in route.methods:
            answer = await client.request(method, example(route.path))
            assert answer.status_code == 401, f"{method} {route.path}"
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"


async def test_with_every_role_that_a_route_does_not_name_it_answers_403(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    for route in routes_of(app.routes):
        for rule in route.rules:
            if isinstance(rule, Allowed):
                others = [role for role in Role if role not in rule.roles]
                # Nobody's role at all, each other one alone, and all other ones together.
                for roles in ([], *([role] for role in others), others):
                    headers = bearer(*roles, department="water-supply", subject=f"{route.path} {roles}"[:200])
                    for method in route.methods:
                        answer = await client.request(method, example(route.path), headers=headers)
                        assert answer.status_code == 403, f"{method} {route.path} as {roles}"


async def test_an_open_route_says_why_and_asks_for_no_login(app: FastAPI, client: httpx.AsyncClient) -> None:
    for route in routes_of(app.routes):
        if all(isinstance(rule, OpenToAll) for rule in route.rules):
            assert all(len(rule.why) > 10 for rule in route.rules if isinstance(rule, OpenToAll))
            for method in route.methods:
                if "/pushed/" not in route.path:  # which wants a signature instead
                    answer = await client.request(method, example(route.path))
                    assert answer.status_code not in {401, 403, 405, 500}, f"{method} {route.path}"


class TestTheWalk:
    """It would see a route without a rule wherever it hides."""

    def without_rule(self, app: FastAPI) -> list[str]:
        return [route.path for route in routes_of(app.routes) if not route.rules]

    @pytest.fixture
    def app(self) -> FastAPI:
        app = create_app("Hotline", verifier())
        assert self.without_rule(app) == []
        return app

    def test_among_the_applications_own_routes(self, app: FastAPI) -> None:
        @app.get("/forgotten")
        async def forgotten() -> None:
            """Nobody said who may call it."""

        assert self.without_rule(app) == ["/forgotten"]

    def test_in_a_router_within_a_router(self, app: FastAPI) -> None:
        inner, outer = APIRouter(prefix="/inner"), APIRouter(prefix="/outer")

        @inner.get("/forgotten")
        async def forgotten() -> None:
            """Nobody said who may call it."""

        @inner.get("/stated", dependencies=[open_to_all("a test of the walk")])
        async def stated() -> None:
            """Somebody did."""

        outer.include_router(inner)
        app.include_router(outer)
        assert self.without_rule(app) == ["/outer/inner/forgotten"]

    def test_a_routers_own_rule_holds_for_all_its_routes(self, app: FastAPI) -> None:
        ruled = APIRouter(prefix="/ruled", dependencies=[allow(Role.CLERK)])

        @ruled.get("/one")
        async def one() -> None:
            """The router said who may call it."""

        app.include_router(ruled)
        assert self.without_rule(app) == []
        [found] = [route for route in routes_of(app.routes) if route.path == "/ruled/one"]
        [rule] = found.rules
        assert isinstance(rule, Allowed)
        assert rule.roles == (Role.CLERK,)

    def test_in_what_is_mounted(self, app: FastAPI, tmp_path: Path) -> None:
        other = FastAPI(openapi_url=None)

        @other.get("/forgotten")
        async def forgotten() -> None:
            """Nobody said who may call it."""

        app.mount("/other", other)
        app.mount("/files", StaticFiles(directory=tmp_path))
        app.router.routes.append(Mount("/group", routes=[Route("/plain", PlainTextResponse("x"))]))
        assert self.without_rule(app) == ["/other/forgotten", "/files", "/group/plain"]

    def test_among_plain_routes_and_web_sockets(self, app: FastAPI) -> None:
        async def listen(_socket: Any) -> None:
            """Nobody said who may call it."""

        app.router.routes += [Route("/plain", PlainTextResponse("x")), WebSocketRoute("/socket", listen)]
        assert self.without_rule(app) == ["/plain", "/socket"]

    def test_it_finds_a_rule_behind_another_dependency(self, app: FastAPI) -> None:
        async def checked(principal: Annotated[Principal, allow(Role.CLERK)]) -> Principal:
            return principal

        @app.get("/behind", dependencies=[Depends(checked)])
        async def behind() -> None:
            """The dependency's own dependency says who may call it."""

        assert self.without_rule(app) == []
