"""What the operator's page says of the same incident: as the router answers, and nothing where it does not."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from services.intake.acceptance import Acceptance
from services.intake.county import County
from services.intake.identity.blind_index import BlindIndex
from shared.auth import Role
from shared.postgres import Pool
from tests.integration.conftest import client_of
from tests.integration.intake_pages import application, session
from tests.tokens import token

TYPED = {"kind": "complaint", "text": "新街停水了，电话13900000000，什么时候来水？", "place": "城关镇新街"}
TOLD = {
    "incident_id": "018f4e2a-7c1b-7d3e-9f00-000000000001",
    "complaints": 7,
    "newest_at": "2026-11-24T01:30:00Z",
    "department": "water-supply",
    "department_name": "县自来水公司",
    "score": 0.9,
}
SENTENCE = "同一事件已有 7 件，由县自来水公司办理，最近一件 2026-11-24 09:30"


class Answering:
    """Stands where the router would, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: httpx.Response | Exception = httpx.Response(200, json={"items": [TOLD]})
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def router() -> Answering:
    return Answering()


@pytest.fixture
async def staff(
    intake_pool: Pool, acceptance: Acceptance, county: County, blind_index: BlindIndex, router: Answering
) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(router), base_url="http://router") as asking:
        app = application(intake_pool, acceptance, county, blind_index, router=asking)
        async with client_of(app) as client:
            yield client


async def checked(staff: httpx.AsyncClient, **more: Any) -> httpx.Response:
    cookie, csrf = session(Role.OPERATOR, subject="0301")
    return await staff.post(
        "/operator", data=TYPED | {"do": "check", "phone": "13800000000"} | csrf | more, headers=cookie
    )


async def test_the_page_says_how_many_told_of_it_who_has_it_and_when_last(staff: httpx.AsyncClient) -> None:
    answer = await checked(staff)
    assert answer.status_code == 200
    assert SENTENCE in answer.text


async def test_the_router_is_asked_with_the_operators_own_token_and_without_numbers(
    staff: httpx.AsyncClient, router: Answering
) -> None:
    value = token(Role.OPERATOR, subject="0301")
    answer = await staff.post("/same-incident", data=TYPED, headers={"Authorization": f"Bearer {value}"})
    assert SENTENCE in answer.text
    [request] = router.asked
    assert (request.url.path, request.headers["authorization"]) == ("/v1/incidents:similar", f"Bearer {value}")
    asked = orjson.loads(request.content)
    assert asked == {"text": "新街停水了，电话〔电话〕，什么时候来水？", "place": "城关镇新街"}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("nobody is there"),
        httpx.ReadTimeout("too slow"),
        httpx.Response(403, json={"detail": "no"}),
        httpx.Response(503),
        httpx.Response(200, text="not JSON"),
    ],
)
async def test_where_the_router_does_not_answer_the_page_says_nothing(
    staff: httpx.AsyncClient, router: Answering, answer: httpx.Response | Exception
) -> None:
    router.answer = answer
    page = await checked(staff)
    assert page.status_code == 200
    assert "同一事件已有" not in page.text


async def test_without_a_router_nobody_is_told(
    intake_pool: Pool, acceptance: Acceptance, county: County, blind_index: BlindIndex
) -> None:
    async with client_of(application(intake_pool, acceptance, county, blind_index)) as client:
        page = await checked(client)
    assert page.status_code == 200
    assert "同一事件已有" not in page.text


async def test_the_scripts_part_of_the_page_is_for_operators_and_clerks(staff: httpx.AsyncClient) -> None:
    for role, status in ((Role.CLERK, 200), (Role.OFFICER, 403)):
        cookie, csrf = session(role, department="water-supply", subject="0301")
        assert (await staff.post("/same-incident", data=TYPED | csrf, headers=cookie)).status_code == status
    assert (await staff.post("/same-incident", data=TYPED)).status_code == 401


async def test_a_name_of_a_department_is_written_as_words(staff: httpx.AsyncClient, router: Answering) -> None:
    router.answer = httpx.Response(200, json={"items": [TOLD | {"department_name": "<b>某局</b>"}]})
    assert "<b>某局</b>" not in (await checked(staff)).text
