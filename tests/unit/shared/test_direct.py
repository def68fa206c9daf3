"""A route that is answered without the framework's layers answers every call as it does with them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.params import Depends
from hypothesis import given
from hypothesis import strategies as st

from shared import direct
from shared.auth import Principal, Role, allow
from shared.direct import answer_directly
from shared.http import MAX_BODY, Problem, create_app
from tests.tokens import bearer, token, verifier
from tests.unit.shared.lamps import visiting

_CLERK, _OFFICER = bearer(Role.CLERK), bearer(Role.OFFICER, department="water-supply")
_TOO_MUCH = 1000


def application(*, directly: bool) -> FastAPI:
    app = create_app("Lamps", verifier())
    rule: Depends = allow(Role.CLERK)

    @app.post("/lamps", status_code=201)
    async def write(request: Request, clerk: Annotated[Principal, rule]) -> Response:
        body = await request.body()
        if body == b"bug":
            raise RuntimeError("a bug")
        if len(body) > _TOO_MUCH:
            raise Problem(413, "太多。", "Too much.")
        return Response(b"%s by %s" % (body, clerk.subject.encode()), 201, headers={"Location": "/lamps/1"})

    if directly:
        answer_directly(app, "POST", "/lamps", rule, write, MAX_BODY)
    return app


CALLS: Sequence[tuple[str, str, Mapping[str, str], Any]] = [
    ("POST", "/lamps", _CLERK, b"lamp"),
    ("POST", "/lamps", _CLERK, b""),
    ("POST", "/lamps?a=b", _CLERK, b"lamp"),
    ("POST", "/lamps/", _CLERK, b"lamp"),
    ("GET", "/lamps", _CLERK, b""),
    ("HEAD", "/lamps", _CLERK, b""),
    ("OPTIONS", "/lamps", _CLERK, b""),
    ("POST", "/lamps", {}, b"lamp"),
    ("POST", "/lamps", {"Authorization": "Bearer forged"}, b"lamp"),
    ("POST", "/lamps", {"Authorization": "Basic Zm9yZ2Vk"}, b"lamp"),
    ("POST", "/lamps", _OFFICER, b"lamp"),
    ("POST", "/lamps", {"Cookie": f"hotline_session={token(Role.CLERK)}"}, b"lamp"),
    ("POST", "/lamps", _CLERK, b"x" * (_TOO_MUCH + 1)),
    ("POST", "/lamps", _CLERK, b"x" * (MAX_BODY + 1)),
    ("POST", "/lamps", _CLERK | {"Content-Length": "-1"}, b"lamp"),
    ("POST", "/lamps", _CLERK, b"bug"),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]} {len(call[3])}")
async def test_every_call_is_answered_alike(call: tuple[str, str, Mapping[str, str], bytes]) -> None:
    method, path, headers, body = call
    answers = []
    for directly in (False, True):
        async with visiting(application(directly=directly)) as client:
            answers.append(await client.request(method, path, headers=headers, content=body))
    ordinary, direct_one = map(_told, answers)
    assert direct_one == ordinary


def _told(answer: httpx.Response) -> tuple[int, Sequence[tuple[str, str]], bytes]:
    return answer.status_code, sorted(answer.headers.multi_items()), answer.content


async def test_a_body_in_parts_is_left_to_the_framework() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"la"
        yield b"mp"

    async with visiting(application(directly=True)) as client:
        answer = await client.post("/lamps", headers=_CLERK, content=parts())
    assert (answer.status_code, answer.content) == (201, b"lamp by test-user")


class TestTheUsualCall:
    @pytest.fixture
    def passed_on(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """What the framework was asked for."""
        passed: list[str] = []
        init = direct.DirectRoutes.__init__

        def watched(self: direct.DirectRoutes, app: FastAPI, ordinary: Any) -> None:
            async def watch(scope: Any, receive: Any, send: Any) -> None:
                passed.append(scope["path"])
                await ordinary(scope, receive, send)

            init(self, app, watch)

        monkeypatch.setattr(direct.DirectRoutes, "__init__", watched)
        return passed

    async def test_does_not_pass_through_the_framework_and_others_do(self, passed_on: list[str]) -> None:
        async with visiting(application(directly=True)) as client:
            await client.post("/lamps", headers=_CLERK, content=b"lamp")
            await client.post("/lamps", headers=_OFFICER, content=b"lamp")
            assert passed_on == []
            await client.post("/lamps", content=b"lamp")
            await client.get("/lamps", headers=_CLERK)
            assert passed_on == ["/lamps", "/lamps"]

    @given(st.lists(st.tuples(st.sampled_from([b"content-length", b"authorization", b"host"]), st.binary())))
    def test_is_told_from_others_whatever_the_headers_are(self, headers: list[tuple[bytes, bytes]]) -> None:
        rule: Any = allow(Role.CLERK).dependency
        taken = direct.Direct(rule, application, 10).takes({"headers": headers})  # type: ignore[arg-type]  # not called
        assert not taken or {name for name, _ in headers} >= {b"content-length", b"authorization"}
