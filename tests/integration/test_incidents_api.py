"""Incidents over HTTP: who reads them, who mends them and what stays, and what an operator is told while typing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.router.incidents.incident_pages import add_incident_pages
from services.router.incidents.incidents_api import add_incidents_routes
from services.router.incidents.mending_api import add_mending_routes
from services.router.incidents.similar_incidents_api import add_similar_incidents_routes
from shared.auth import Role
from shared.china_time import CHINA_TIME
from shared.events import ComplaintReceived, IncidentMembershipChanged
from shared.http import create_app
from shared.language import Confidentiality
from shared.outbox import Relay
from shared.postgres import Pool
from shared.redaction import redact
from tests.examples import received
from tests.integration.conftest import client_of
from tests.integration.gathered import WATER, Router, county, crowd
from tests.tokens import bearer, verifier

REASON = "不是同一处停水。"


@pytest.fixture
async def api(router_pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app("Hotline router", verifier())
    routing = county().routing
    add_incidents_routes(app, router_pool, lambda: routing)
    add_mending_routes(app, router_pool, Relay(router_pool, []), lambda: routing)
    add_incident_pages(app, lambda: routing.policy)
    add_similar_incidents_routes(app, router_pool, lambda: routing)
    async with client_of(app, bearer(Role.OPERATOR)) as client:
        yield client


def an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


async def mended(
    api: httpx.AsyncClient, what: str, incident: ComplaintReceived, *complaints: ComplaintReceived
) -> httpx.Response:
    body = {"complaint_ids": [str(one.complaint_id) for one in complaints], "reason": REASON}
    return await api.post(f"/v1/incidents/{incident.complaint_id}:{what}", json=body)


async def similar(api: httpx.AsyncClient, headers: dict[str, str] | None = None, **typed: Any) -> list[dict[str, Any]]:
    response = await api.post(
        "/v1/incidents:similar", json={"text": WATER[1], "place": "城关镇新街"} | typed, headers=headers
    )
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def test_open_incidents_are_listed_by_size_and_by_growth(api: httpx.AsyncClient, router_pool: Pool) -> None:
    water = crowd(4, an_hour_ago() - timedelta(hours=40))
    lamps = [
        received(
            text="北街的路灯全部不亮，晚上黑漆漆的。",
            place="城关镇北街",
            accepted_at=an_hour_ago() + timedelta(minutes=n),
        )
        for n in range(2)
    ]
    old = [one.model_copy(update={"complaint_id": uuid4()}) for one in crowd(3, an_hour_ago() - timedelta(days=30))]
    await Router(router_pool).take_in(*water, *lamps, *old)
    by_size = (await api.get("/v1/incidents")).json()["items"]
    assert [(item["complaints"], item["growth"]) for item in by_size] == [(4, 0), (2, 2)]
    by_growth = (await api.get("/v1/incidents", params={"order": "growth"})).json()["items"]
    assert [item["complaints"] for item in by_growth] == [2, 4]
    assert by_size[0]["departments"][0]["code"] == "water-supply"
    only = (await api.get("/v1/incidents", params={"department": "urban-management"})).json()["items"]
    assert [item["complaints"] for item in only] == [2]


async def test_an_incident_shows_its_complaints_and_why_and_nothing_of_whoever_hides(
    api: httpx.AsyncClient, router_pool: Pool
) -> None:
    [first, second] = crowd(2, an_hour_ago())
    hidden = second.model_copy(update={"confidentiality": Confidentiality.CONFIDENTIAL})
    await Router(router_pool).take_in(first, hidden)
    shown = (await api.get(f"/v1/incidents/{first.complaint_id}")).json()
    texts = {item["complaint_id"]: item["text"] for item in shown["complaints"]}
    assert texts == {str(first.complaint_id): first.text, str(hidden.complaint_id): None}
    assert [item["place"] for item in shown["complaints"]] == [first.place, None]
    assert all("用字相似度" in item["because"] and item["said_by"] is None for item in shown["complaints"])
    assert not {"reporter", "name", "phone"} & shown["complaints"][0].keys()


async def test_what_a_person_takes_out_is_not_put_back_and_its_history_says_who_and_why(
    api: httpx.AsyncClient, router_pool: Pool
) -> None:
    router = Router(router_pool)
    complaints = crowd(3, an_hour_ago())
    await router.take_in(*complaints)
    opener, out = complaints[0], complaints[2]
    assert (await mended(api, "remove", opener, out)).status_code == 200
    await router.take_in(out, *crowd(2, an_hour_ago() + timedelta(minutes=30)))
    shown = (await api.get(f"/v1/incidents/{opener.complaint_id}")).json()
    assert len(shown["complaints"]) == 4
    assert str(out.complaint_id) not in {item["complaint_id"] for item in shown["complaints"]}
    history = (await api.get(f"/v1/incidents/{opener.complaint_id}/history")).json()["items"]
    [removed] = [item for item in history if item["incident_id"] is None]
    assert (removed["complaint_ids"], removed["because"]) == ([str(out.complaint_id)], REASON)
    assert removed["said_by"]
    changed = [
        event for event in await router.sent(IncidentMembershipChanged) if event.complaint_id == out.complaint_id
    ]
    assert [(event.incident_id, event.incident_version) for event in changed] == [(opener.complaint_id, 1), (None, 2)]


async def test_it_can_be_joined_again_by_hand_and_so_can_one_that_is_alone(
    api: httpx.AsyncClient, router_pool: Pool
) -> None:
    router = Router(router_pool)
    complaints = crowd(2, an_hour_ago())
    alone = received(text="想问问路牌什么时候换。", place="曾家镇", accepted_at=an_hour_ago())
    other = received(text="有人家的鸡跑出来了。", place="曾家镇", accepted_at=an_hour_ago())
    await router.take_in(*complaints, alone, other)
    await mended(api, "remove", complaints[0], complaints[1])
    joined = await mended(api, "join", complaints[0], complaints[1], alone)
    assert {item["complaint_id"] for item in joined.json()["complaints"]} == {
        str(one.complaint_id) for one in (*complaints, alone)
    }
    opened = await mended(api, "join", other, complaints[1])
    assert len(opened.json()["complaints"]) == 2


async def test_a_whole_incident_can_be_taken_apart_and_put_together_again(
    api: httpx.AsyncClient, router_pool: Pool
) -> None:
    complaints = crowd(3, an_hour_ago())
    await Router(router_pool).take_in(*complaints)
    assert (await mended(api, "remove", complaints[0], *complaints)).status_code == 200
    assert (await api.get(f"/v1/incidents/{complaints[0].complaint_id}")).status_code == 404
    assert (await mended(api, "join", complaints[0], *complaints)).status_code == 200


async def test_decisions_stay_as_they_are(api: httpx.AsyncClient, router_pool: Pool) -> None:
    complaints = crowd(2, an_hour_ago())
    await Router(router_pool).take_in(*complaints)
    before = await router_pool.fetch("SELECT * FROM decisions ORDER BY decision_id")
    await mended(api, "remove", complaints[0], complaints[1])
    assert await router_pool.fetch("SELECT * FROM decisions ORDER BY decision_id") == before


async def test_all_or_none_of_what_is_asked_is_done(api: httpx.AsyncClient, router_pool: Pool) -> None:
    complaints = crowd(3, an_hour_ago())
    stranger = received()
    await Router(router_pool).take_in(*complaints)
    refused = await mended(api, "remove", complaints[0], complaints[1], stranger)
    assert (refused.status_code, refused.json()["complaint_ids"]) == (409, [str(stranger.complaint_id)])
    assert (await mended(api, "join", complaints[0], stranger)).status_code == 404
    assert (await mended(api, "join", stranger, complaints[1])).status_code == 404
    nul = {"complaint_ids": [str(complaints[1].complaint_id)], "reason": "不是\x00同一处"}
    assert (await api.post(f"/v1/incidents/{complaints[0].complaint_id}:remove", json=nul)).status_code == 422
    assert len((await api.get(f"/v1/incidents/{complaints[0].complaint_id}")).json()["complaints"]) == 3


async def test_an_incident_is_read_page_by_page_even_where_the_page_ended_with_one_taken_out_since(
    api: httpx.AsyncClient, router_pool: Pool
) -> None:
    complaints = crowd(5, an_hour_ago())
    await Router(router_pool).take_in(*complaints)
    path = f"/v1/incidents/{complaints[0].complaint_id}"
    first = (await api.get(path, params={"limit": "2"})).json()
    assert (first["size"], len(first["complaints"])) == (5, 2)
    await mended(api, "remove", complaints[0], complaints[1])
    rest = (await api.get(path, params={"limit": "50", "after": first["next"]})).json()
    assert [item["complaint_id"] for item in rest["complaints"]] == [str(one.complaint_id) for one in complaints[2:]]
    assert "next" not in rest


async def test_what_was_said_at_once_is_one_line_of_the_history_which_is_read_page_by_page(
    api: httpx.AsyncClient, router_pool: Pool
) -> None:
    complaints = crowd(5, an_hour_ago())
    await Router(router_pool).take_in(*complaints)
    await mended(api, "remove", complaints[0], *complaints[3:])
    await mended(api, "join", complaints[0], complaints[3])
    path = f"/v1/incidents/{complaints[0].complaint_id}/history"
    lines: list[dict[str, Any]] = []
    after = {"after": ""}
    for _page in range(3):
        page = (await api.get(path, params={"limit": "1"} | {k: v for k, v in after.items() if v})).json()
        lines += page["items"]
        after = {"after": page["next"]}
    assert [(line["complaints"], line["because"], line["said_by"] is None) for line in lines] == [
        (1, REASON, False),
        (2, REASON, False),
        (5, None, True),
    ]
    opener = str(complaints[0].complaint_id)
    assert [line["incident_id"] for line in lines] == [opener, None, opener]
    assert (await api.get(path, params=after)).json() == {"items": []}
    assert (await api.get(path, params={"after": "0001-01-01T00:00:00+14:00"})).status_code == 422


async def test_others_are_joined_by_their_ticket_numbers(api: httpx.AsyncClient, router_pool: Pool) -> None:
    complaints = crowd(2, an_hour_ago())
    # As the intake numbers them: by the day in China, which differs from the day in London at this hour.
    evening = datetime.now(CHINA_TIME).replace(hour=0, minute=5) - timedelta(days=1)
    ticket = f"{evening:%Y%m%d}-000007-1"
    alone = received(text="想问问路牌什么时候换。", ticket_number=ticket, accepted_at=evening)
    await Router(router_pool).take_in(*complaints, alone)
    path = f"/v1/incidents/{complaints[0].complaint_id}:join"
    unknown = f"{evening:%Y%m%d}-000008-9"
    for wrong in (unknown, "20261399-000001-1"):
        refused = await api.post(path, json={"ticket_numbers": [ticket, wrong], "reason": REASON})
        assert (refused.status_code, refused.json()["ticket_numbers"]) == (404, [wrong])
    assert (await api.post(path, json={"ticket_numbers": ["1' OR 1"], "reason": REASON})).status_code == 422
    assert (await api.post(path, json={"reason": REASON})).status_code == 422
    joined = await api.post(path, json={"ticket_numbers": [ticket], "reason": REASON})
    assert [item["ticket_number"] for item in joined.json()["complaints"]].count(ticket) == 1
    assert joined.json()["size"] == 3


async def test_the_list_names_the_places_that_may_be_shown(api: httpx.AsyncClient, router_pool: Pool) -> None:
    first, *others = crowd(3, an_hour_ago())
    hidden = first.model_copy(update={"confidentiality": Confidentiality.CONFIDENTIAL, "place": "城关镇新街9号"})
    await Router(router_pool).take_in(hidden, *others)
    [item] = (await api.get("/v1/incidents")).json()["items"]
    assert item["places"] == ["城关镇新街"]


async def test_whoever_types_is_told_how_many_told_of_it_and_who_has_it(
    api: httpx.AsyncClient, router_pool: Pool
) -> None:
    complaints = crowd(3, an_hour_ago())
    await Router(router_pool).take_in(*complaints)
    [item] = await similar(api)
    assert (item["complaints"], item["department"], item["department_name"]) == (
        3,
        "water-supply",
        item["department_name"],
    )
    assert datetime.fromisoformat(item["newest_at"]) == complaints[-1].accepted_at
    assert await similar(api, text="请问社保卡丢了怎么补办？", place=None) == []
    assert await router_pool.fetchval("SELECT count(*) FROM fingerprints") == 3


async def test_one_that_is_alone_is_told_of_too(api: httpx.AsyncClient, router_pool: Pool) -> None:
    await Router(router_pool).take_in(*crowd(1, an_hour_ago()))
    assert [item["complaints"] for item in await similar(api)] == [1]


async def test_a_number_in_the_text_hides_nothing(api: httpx.AsyncClient, router_pool: Pool) -> None:
    text = "家里漏水，打13800001234没人接。"
    await Router(router_pool).take_in(received(text=redact(text), place=None, accepted_at=an_hour_ago()))
    assert [item["complaints"] for item in await similar(api, text=text, place=None)] == [1]


async def test_a_departments_clerk_is_told_only_of_what_the_department_has(
    api: httpx.AsyncClient, router_pool: Pool
) -> None:
    await Router(router_pool).take_in(*crowd(3, an_hour_ago()))
    ours = bearer(Role.CLERK, department="water-supply")
    theirs = bearer(Role.CLERK, department="urban-management")
    assert [item["complaints"] for item in await similar(api, ours)] == [3]
    assert await similar(api, theirs) == []


async def test_the_accused_department_is_never_told(api: httpx.AsyncClient, router_pool: Pool) -> None:
    text = "新街城管队员打人，把卖菜老人推倒，还抢走了秤。"
    accusing = [
        received(text=text, place="城关镇新街", accepted_at=an_hour_ago() + timedelta(minutes=n)) for n in range(3)
    ]
    await Router(router_pool).take_in(*accusing)
    accused = bearer(Role.CLERK, department="urban-management")
    assert await similar(api, accused, text=text) == []
    assert [item["complaints"] for item in await similar(api, text=text)] == [3]
    of_theirs = bearer(Role.SUPERVISOR, department="urban-management")
    assert (await api.get("/v1/incidents", headers=of_theirs)).json()["items"] == []
    incident = f"/v1/incidents/{accusing[0].complaint_id}"
    assert (await api.get(incident, headers=of_theirs)).status_code == 404
    assert (await api.get(incident)).status_code == 200


@pytest.mark.parametrize("role", [Role.OFFICER, Role.CLERK, Role.ADAPTER])
async def test_nobody_else_reads_or_mends(api: httpx.AsyncClient, role: Role) -> None:
    headers = bearer(role, department="water-supply")
    body = {"complaint_ids": [str(uuid4())], "reason": REASON}
    path = f"/v1/incidents/{uuid4()}"
    assert (await api.get("/v1/incidents", headers=headers)).status_code == 403
    assert (await api.get(path, headers=headers)).status_code == 403
    assert (await api.post(f"{path}:join", json=body, headers=headers)).status_code == 403
    assert (await api.post(f"{path}:remove", json=body, headers=headers)).status_code == 403
    split = {"former": str(uuid4()), "reason": REASON}
    assert (await api.post(f"{path}:split", json=split, headers=headers)).status_code == 403
    assert (await api.get(f"{path}/history", headers=headers)).status_code == 403
    assert (await api.get("/incidents", headers=headers)).status_code == 403
