from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

import pytest

from services.router.assignments import assignments
from services.router.decide import decide
from services.router.placement import (
    Decided,
    OutOfDate,
    Refused,
    assigned_by_desk,
    designated,
    replaced,
)
from shared.events import CaseReturnGranted, ComplaintAssigned
from shared.language import DecisionSource
from shared.wire import decode
from tests.examples import message_record
from tests.unit.router.county import received, zhenping
from tests.unit.router.returned import NOW, granted, order

POLICY = zhenping().policy
OFFICE, DESK = POLICY.supervision_office, POLICY.triage_desk
ROOT = UUID(int=7)


def placed(text: str, **fields: Any) -> Decided:
    complaint = received(text, **fields)
    made = decide(complaint, zhenping())
    return Decided(ROOT, complaint, made, NOW, implicated=made.implicated)


def after(current: Decided, event: CaseReturnGranted) -> Decided:
    successor = replaced(current, event, zhenping(), None, uuid5(current.decision_id, "next"), NOW)
    assert successor is not None
    return successor


def test_a_granted_return_places_the_complaint_with_somebody_else_and_says_why() -> None:
    first = placed("野猪拱了玉米")
    second = after(first, granted("forestry"))
    assert first.decision.department == "forestry"
    assert second.decision.department != "forestry"
    assert (second.hop, second.returns, second.tried) == (2, 1, ("forestry",))
    assert second.decision.reason.startswith("林业局退单获准（不属于本单位职责），重新派单：")


def test_the_second_granted_return_goes_to_arbitration() -> None:
    second = after(placed("野猪拱了玉米"), granted("forestry"))
    third = after(second, granted("agriculture-rural", 2, tried=("forestry", "agriculture-rural")))
    assert (third.decision.department, third.decision.source) == (OFFICE, DecisionSource.ARBITRATION)
    assert third.decision.reason.endswith(
        "第2次退单获准（林业局、农业农村局均已退回），转县政府督查室指定承办单位。"
    ), third.decision.reason


def test_the_supervision_office_names_the_department_and_that_is_final() -> None:
    waiting = after(placed("野猪拱了玉米"), granted("agriculture-rural", 2, tried=("forestry", "agriculture-rural")))
    final = designated(waiting, order(waiting, "forestry"), POLICY, UUID(int=9), NOW)
    assert (final.decision.department, final.decision.source) == ("forestry", DecisionSource.ARBITRATION)
    assert (final.returnable, final.placed_by) == (False, "u-1")
    assert replaced(final, granted("forestry", 3), zhenping(), None, UUID(int=10), NOW) is None


def test_where_the_supervision_office_is_accused_the_triage_desk_arbitrates() -> None:
    first = placed("督查室收了材料就石沉大海")
    waiting = after(first, granted(DESK, 2))
    assert (waiting.decision.department, waiting.decision.source) == (DESK, DecisionSource.ARBITRATION)
    assert not assigned_by_desk(waiting, order(waiting, "justice"), POLICY, UUID(int=9), NOW).returnable


def test_the_triage_desk_names_the_department_of_what_no_rule_placed() -> None:
    current = placed("在吗")
    chosen = assigned_by_desk(current, order(current, "water-supply", matter="water-failure"), POLICY, UUID(int=9), NOW)
    assert (chosen.decision.department, chosen.decision.matter) == ("water-supply", "water-failure")
    assert (chosen.decision.source, chosen.hop, chosen.returnable) == (DecisionSource.PERSON, 2, True)
    assert chosen.decision.reason == "县12345热线分派台人工分派：职责相近，转自来水公司。", chosen.decision.reason


@pytest.mark.parametrize(
    ("text", "changes", "kind"),
    [
        ("在吗", {"seen": UUID(int=99)}, OutOfDate),
        ("野猪拱了玉米", {}, OutOfDate),
        ("在吗", {"department": "no-such-office"}, Refused),
        ("在吗", {"department": DESK}, Refused),
        ("在吗", {"matter": "no-such-matter"}, Refused),
    ],
)
def test_an_order_that_fits_nothing_is_refused(text: str, changes: dict[str, Any], kind: type[Refused]) -> None:
    current = placed(text)
    with pytest.raises(kind):
        assigned_by_desk(current, order(current, **{"department": "water-supply"} | changes), POLICY, UUID(int=9), NOW)


def test_the_triage_desk_cannot_send_it_to_whom_gave_it_back() -> None:
    current = after(placed("野猪"), granted("forestry"))
    assert current.decision.department == DESK
    with pytest.raises(Refused, match="gave it back"):
        assigned_by_desk(current, order(current, "forestry"), POLICY, UUID(int=9), NOW)


def test_nobody_can_send_it_to_the_accused() -> None:
    current = placed("城管和交警都不管")
    assert current.decision.department == OFFICE
    for accused in ("urban-management", "traffic-police"):
        with pytest.raises(Refused, match="accused"):
            designated(current, order(current, accused), POLICY, UUID(int=9), NOW)


def test_whom_a_person_finds_accused_never_gets_it_and_the_event_names_them() -> None:
    held = placed("城管值班室一个人也没有")
    assert (held.decision.department, held.decision.held_for, held.implicated) == (DESK, "urban-management", ())
    passed_on = assigned_by_desk(held, order(held, OFFICE, accused="urban-management"), POLICY, UUID(int=9), NOW)
    assert (passed_on.decision.accused, passed_on.implicated) == ("urban-management", ("urban-management",))
    assert "经认定反映城市管理综合执法局，按回避规则不交该单位" in passed_on.decision.reason
    [sent] = [decode(message_record(message)).event for message in assignments(passed_on)]
    assert isinstance(sent, ComplaintAssigned)
    assert (sent.department, sent.accused) == (OFFICE, "urban-management")
    with pytest.raises(Refused, match="accused"):
        designated(passed_on, order(passed_on, "urban-management"), POLICY, UUID(int=10), NOW)


def test_whom_a_person_finds_accused_is_added_to_whom_the_router_found() -> None:
    current = placed("城管打人")
    final = designated(current, order(current, "justice", accused="traffic-police"), POLICY, UUID(int=9), NOW)
    assert final.implicated == ("urban-management", "traffic-police")
    assert final.decision.accused == "urban-management"


@pytest.mark.parametrize("accused", ["water-supply", "no-such-office"])
def test_nobody_gets_what_accuses_them_and_only_a_department_is_accused(accused: str) -> None:
    current = placed("在吗")
    with pytest.raises(Refused):
        assigned_by_desk(current, order(current, "water-supply", accused=accused), POLICY, UUID(int=9), NOW)


def test_whom_a_person_found_accused_does_not_get_it_after_a_return_either() -> None:
    current = placed("在吗")
    chosen = assigned_by_desk(current, order(current, "justice", accused="forestry"), POLICY, UUID(int=9), NOW)
    boar = replace(chosen, complaint=received("野猪拱了玉米"))
    again = after(boar, granted("justice"))
    assert again.decision.department != "forestry"
    assert again.implicated == ("forestry",)


def test_a_matter_that_a_person_names_brings_its_legal_basis() -> None:
    current = placed("在吗")
    chosen = assigned_by_desk(current, order(current, "water-supply", matter="water-failure"), POLICY, UUID(int=9), NOW)
    assert chosen.decision.legal_basis == POLICY.matters["water-failure"].legal_basis


def test_who_is_accused_stays_accused_at_every_hop() -> None:
    current = placed("城管打人")
    final = designated(current, order(current, "justice"), POLICY, UUID(int=9), NOW)
    assert final.decision.accused == "urban-management"


def test_each_co_handler_gets_a_copy_that_names_the_lead() -> None:
    current = placed("加油站旁边有人私存汽油，是危险化学品，楼道也堵了消防通道")
    joint = Decided(ROOT, current.complaint, _joint(current), NOW)
    sent = [decode(message_record(message)) for message in assignments(joint)]
    events = [one.event for one in sent if isinstance(one.event, ComplaintAssigned)]
    assert [(e.department, e.lead, e.co_handlers) for e in events] == [
        ("fire-rescue", None, ("emergency-management", "urban-management")),
        ("emergency-management", "fire-rescue", ()),
        ("urban-management", "fire-rescue", ()),
    ]
    assert {e.decision_id for e in events} == {ROOT}
    assert len({one.id for one in sent}) == 3
    assert [one.id for one in sent] == [decode(message_record(m)).id for m in assignments(joint)]


def _joint(current: Decided) -> Any:
    return replace(current.decision, department="fire-rescue", co_handlers=("emergency-management", "urban-management"))
