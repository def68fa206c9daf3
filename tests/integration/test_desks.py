"""What lies with the desks is listed with why, placed on a page, and gone from the list once its case is closed."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.auth import Role
from shared.events import CaseClosed
from shared.language import CaseStatus
from tests.examples import NOW
from tests.integration.test_returns import BOAR, OPERATOR, SUPERVISOR, VAGUE, Router, granted, router
from tests.tokens import bearer

__all__ = ["router"]


def closed(complaint_id: UUID) -> CaseClosed:
    return CaseClosed(
        complaint_id=complaint_id, department="hotline-centre", status=CaseStatus.CLOSED, version=3, at=NOW
    )


async def at_desk(router: Router, desk: str = "triage", who: dict[str, str] = OPERATOR) -> dict[str, Any]:
    answer = await router.client.get(f"/v1/desks/{desk}/complaints", headers=who)
    assert answer.status_code == 200, answer.text
    return {one["complaint_id"]: one for one in answer.json()["items"]}


async def placed(
    router: Router, desk: str, who: dict[str, str], one: dict[str, Any], department: str
) -> httpx.Response:
    form = {
        "complaint_id": one["complaint_id"],
        "decision_id": one["decision_id"],
        "department": department,
        "reason": "职责在该单位",
    }
    return await router.client.post(f"/placing/{desk}", data=form, headers=who)


async def test_only_what_no_rule_placed_lies_with_the_triage_desk_and_says_what_it_is_about(router: Router) -> None:
    vague = await router.receives(VAGUE)
    await router.receives(BOAR)
    found = await at_desk(router)
    assert list(found) == [str(vague)]
    assert found[str(vague)]["text"] == VAGUE
    assert found[str(vague)]["reason"]


async def test_the_list_is_read_page_by_page(router: Router) -> None:
    several = [str(await router.receives(f"{VAGUE}{'？' * number}")) for number in range(3)]
    first = (await router.client.get("/v1/desks/triage/complaints?limit=2", headers=OPERATOR)).json()
    rest = (
        await router.client.get(f"/v1/desks/triage/complaints?limit=2&after={first['next']}", headers=OPERATOR)
    ).json()
    assert [one["complaint_id"] for one in first["items"] + rest["items"]] == sorted(several)
    assert "next" not in rest


async def test_what_is_closed_has_not_to_be_placed(router: Router) -> None:
    complaint = await router.receives(VAGUE)
    await router.takes(uuid4(), closed(complaint))
    assert not await at_desk(router)
    [decision] = await router.decisions(complaint)
    assert decision["in_force"]


async def test_the_desk_places_a_complaint_on_its_page(router: Router) -> None:
    complaint = await router.receives(VAGUE)
    one = (await at_desk(router))[str(complaint)]
    shown = await router.client.get("/placing/triage", headers=OPERATOR)
    assert one["ticket_number"] in shown.text
    assert VAGUE in shown.text
    done = await placed(router, "triage", OPERATOR, one, "water-supply")
    assert (done.status_code, done.headers["location"]) == (303, "/placing/triage")
    assert (await router.in_force(complaint))["department"] == "water-supply"
    assert "没有待分派的诉求" in (await router.client.get("/placing/triage", headers=OPERATOR)).text


async def test_what_is_refused_is_told_above_the_list(router: Router) -> None:
    complaint = await router.receives(VAGUE)
    one = (await at_desk(router))[str(complaint)]
    late = await placed(router, "triage", OPERATOR, one | {"decision_id": str(uuid4())}, "water-supply")
    assert late.status_code == 409
    assert "已有新的派单决定" in late.text
    assert one["ticket_number"] in late.text


async def test_the_supervision_office_designates_what_came_back_twice(router: Router) -> None:
    complaint = await router.receives(BOAR)
    await router.takes(uuid4(), granted(complaint, "forestry"))
    second = (await router.in_force(complaint))["department"]
    await router.takes(uuid4(), granted(complaint, second, 2))
    one = (await at_desk(router, "supervision", SUPERVISOR))[str(complaint)]
    assert set(one["tried"]) == {"forestry", second}
    done = await placed(router, "supervision", SUPERVISOR, one, "forestry")
    assert done.status_code == 303, done.text
    decision = await router.in_force(complaint)
    assert (decision["department"], decision["returnable"]) == ("forestry", False)


async def test_an_accused_department_is_not_offered(router: Router) -> None:
    await router.receives("城管打人", accused="urban-management")
    page = await router.client.get("/placing/supervision", headers=SUPERVISOR)
    assert '<option value="water-supply">' in page.text
    assert '<option value="urban-management">' not in page.text


async def test_a_desk_is_seen_by_its_own_people_only(router: Router) -> None:
    for path in ("/v1/desks/supervision/complaints", "/placing/supervision"):
        assert (await router.client.get(path, headers=OPERATOR)).status_code == 403
    officer = bearer(Role.OFFICER, department="water-supply")
    for path in ("/v1/desks/triage/complaints", "/placing/triage"):
        assert (await router.client.get(path, headers=officer)).status_code == 403
    assert (await router.client.get("/v1/desks/other/complaints", headers=SUPERVISOR)).status_code == 404
