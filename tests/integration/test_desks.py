"""What lies with the desks is listed with why, placed on a page, and gone from the list once its case is closed."""

import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.router.classifier.classifier import Guess, Prediction
from services.router.decide import Matcher, decide
from services.router.handlers import PlaceComplaints
from shared.auth import Role
from shared.consumer import BatchConsumer
from shared.events import CaseClosed, CaseEvent, CaseReplied, CaseResumed, CaseSuspended, ComplaintReceived
from shared.language import CaseStatus
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.topics import COMPLAINTS_RECEIVED
from tests.examples import NOW, received, record
from tests.integration.test_returns import BOAR, OPERATOR, SUPERVISOR, VAGUE, Router, granted, router
from tests.tokens import bearer

__all__ = ["router"]


class Unsure:
    """A classifier that is sure of nothing."""

    hash = "a-model"

    def predict(self, text: str) -> Prediction:
        assert text
        return Prediction((Guess("transport", 0.72), Guess("health", 0.21), Guess("justice", 0.05)), 0.9, ())


def closed(complaint_id: UUID) -> CaseClosed:
    return CaseClosed(
        complaint_id=complaint_id, department="hotline-centre", status=CaseStatus.CLOSED, version=3, at=NOW
    )


def moved(kind: type[CaseEvent], complaint_id: UUID, status: CaseStatus, version: int, **more: Any) -> CaseEvent:
    facts = {"complaint_id": complaint_id, "department": "hotline-centre", "status": status, "version": version}
    return kind.model_validate(
        facts | {"at": NOW, "reply": "已联系自来水公司。", "reason": "等候检测", "until": NOW} | more
    )


async def at_desk(router: Router, desk: str = "triage", who: dict[str, str] = OPERATOR) -> dict[str, Any]:
    answer = await router.client.get(f"/v1/desks/{desk}/complaints", headers=who)
    assert answer.status_code == 200, answer.text
    return {one["complaint_id"]: one for one in answer.json()["items"]}


async def placed(
    router: Router, desk: str, who: dict[str, str], one: dict[str, Any], department: str, accused: str = ""
) -> httpx.Response:
    form = {
        "complaint_id": one["complaint_id"],
        "decision_id": one["decision_id"],
        "department": department,
        "reason": "职责在该单位",
        "accused": accused,
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


async def test_what_is_urgent_stands_first_on_whatever_page_it_would_be(router: Router) -> None:
    several = [str(await router.receives(f"{VAGUE}{'？' * number}")) for number in range(2)]
    urgent = str(await router.receives("派出所的人说持刀是小事，不要找他们", urgency="urgent"))
    listed, after = [], ""
    for _ in range(3):
        page = await router.client.get(f"/v1/desks/triage/complaints?limit=1{after}", headers=OPERATOR)
        listed += [one["complaint_id"] for one in page.json()["items"]]
        after = f"&after={listed[-1]}"
    assert listed == [urgent, *sorted(several)]


async def test_what_is_closed_has_not_to_be_placed(router: Router) -> None:
    complaint = await router.receives(VAGUE)
    await router.takes(uuid4(), closed(complaint))
    assert not await at_desk(router)
    [decision] = await router.decisions(complaint)
    assert decision["in_force"]


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        (CaseReplied, CaseStatus.REPLIED, "已答复"),
        (CaseSuspended, CaseStatus.SUSPENDED, "已中止"),
        (CaseClosed, CaseStatus.CLOSED, "已办结"),
    ],
)
async def test_what_the_tracker_would_not_give_to_another_is_neither_listed_nor_placed(
    router: Router, kind: type[CaseEvent], status: CaseStatus, said: str
) -> None:
    complaint = await router.receives(VAGUE)
    await router.takes(uuid4(), moved(kind, complaint, status, 3))
    assert not await at_desk(router)
    answer = await router.places(complaint, "assign", OPERATOR, "water-supply")
    assert answer.status_code == 409
    assert f"这件诉求的工单{said}，不能再派单。" in answer.text
    assert len(await router.decisions(complaint)) == len(await router.sent(complaint)) == 1


async def test_what_goes_on_can_be_placed_again_and_what_arrives_late_changes_nothing(router: Router) -> None:
    complaint = await router.receives(VAGUE)
    await router.takes(uuid4(), moved(CaseResumed, complaint, CaseStatus.IN_PROGRESS, 4, deadlines=()))
    await router.takes(uuid4(), moved(CaseSuspended, complaint, CaseStatus.SUSPENDED, 3))
    assert str(complaint) in await at_desk(router)
    assert (await router.places(complaint, "assign", OPERATOR, "water-supply")).status_code == 200


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


async def test_whom_it_may_be_about_is_preselected_as_accused_and_kept_from_it_to_the_end(
    router: Router, policy: Policy
) -> None:
    complaint = await router.receives("城管值班室一个人也没有")
    page = (await router.client.get("/placing/triage", headers=OPERATOR)).text
    assert '<option value="urban-management" selected>' in page
    assert "文中“城管”可能正是反映城市管理综合执法局" in page
    targets = re.findall(r'<option value="([a-z-]*)"', page.partition('name="accused"')[0])
    assert targets[:2] == ["", next(iter(policy.departments))]
    one = (await at_desk(router))[str(complaint)]
    itself = await placed(router, "triage", OPERATOR, one, "urban-management", "urban-management")
    assert itself.status_code == 422
    assert "请不填被反映单位" in itself.text
    assert (await placed(router, "triage", OPERATOR, one, "supervision-office", "urban-management")).status_code == 303
    decision = await router.in_force(complaint)
    assert (decision["department"], decision["accused"]) == ("supervision-office", "urban-management")
    assert decision["words"] == [{"step": "person", "word": "urban-management", "speaks_for": "urban-management"}]
    assert (await router.sent(complaint))[-1].accused == "urban-management"
    refused = await router.places(complaint, "designate", SUPERVISOR, "urban-management")
    assert refused.status_code == 422
    assert "是被反映单位" in refused.text
    offered = (await router.client.get("/placing/supervision", headers=SUPERVISOR)).text
    assert '<option value="urban-management"' not in offered
    assert "被反映单位（不得承办） Accused, never to handle it：城市管理综合执法局" in offered


async def test_what_it_is_not_about_goes_where_the_desk_sends_it(router: Router) -> None:
    complaint = await router.receives("城管值班室一个人也没有")
    one = (await at_desk(router))[str(complaint)]
    assert (await placed(router, "triage", OPERATOR, one, "urban-management")).status_code == 303
    decision = await router.in_force(complaint)
    assert (decision["department"], decision["accused"]) == ("urban-management", None)


async def test_the_desk_sees_what_an_unsure_classifier_thought_and_how_many_words_spoke_for_whom(
    router: Router, router_pool: Pool, policy: Policy
) -> None:
    matcher = Matcher(policy)
    places = PlaceComplaints(lambda complaints: [decide(one, matcher, classifier=Unsure()) for one in complaints])
    consumer = BatchConsumer("decisions", [ComplaintReceived], places, router_pool, Relay(router_pool, []))
    await consumer([record(received(text="医院门口"), topic=COMPLAINTS_RECEIVED)])
    page = (await router.client.get("/placing/triage", headers=OPERATOR)).text
    assert "交通运输局 72%，卫生健康局 21% 1 个词，司法局 5%" in page


async def test_a_desk_is_seen_by_its_own_people_only(router: Router) -> None:
    for path in ("/v1/desks/supervision/complaints", "/placing/supervision"):
        assert (await router.client.get(path, headers=OPERATOR)).status_code == 403
    officer = bearer(Role.OFFICER, department="water-supply")
    for path in ("/v1/desks/triage/complaints", "/placing/triage"):
        assert (await router.client.get(path, headers=officer)).status_code == 403
    assert (await router.client.get("/v1/desks/other/complaints", headers=SUPERVISOR)).status_code == 404
