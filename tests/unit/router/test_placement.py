from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.assignments import assignments
from services.router.decide import decide
from services.router.placement import (
    ARBITRATED_FROM,
    Decided,
    Order,
    OutOfDate,
    Refused,
    assigned_by_desk,
    designated,
    replaced,
)
from shared.events import CaseReturnGranted, ComplaintAssigned
from shared.language import CaseStatus, DecisionSource
from shared.wire import decode
from tests.examples import message_record
from tests.unit.router.county import received, zhenping

POLICY = zhenping().policy
OFFICE, DESK = POLICY.supervision_office, POLICY.triage_desk
DEPARTMENTS = sorted(POLICY.departments)
NOW = datetime(2026, 9, 2, tzinfo=UTC)
ROOT = UUID(int=7)


def placed(text: str, **fields: Any) -> Decided:
    complaint = received(text, **fields)
    made = decide(complaint, zhenping())
    return Decided(ROOT, complaint, made, NOW, implicated=made.implicated)


def granted(department: str, returns: int = 1, **changes: Any) -> CaseReturnGranted:
    facts = {
        "complaint_id": UUID(int=1),
        "department": department,
        "status": CaseStatus.RETURN_REQUESTED,
        "version": 2 * returns + 1,
        "at": NOW,
        "reason": "不属于本单位职责",
        "returns": returns,
        "tried": (department,),
    }
    return CaseReturnGranted.model_validate(facts | changes)


def after(current: Decided, event: CaseReturnGranted) -> Decided:
    successor = replaced(current, event, zhenping(), None, uuid5(current.decision_id, "next"), NOW)
    assert successor is not None
    return successor


def order(current: Decided, department: str, **changes: Any) -> Order:
    return Order(**{"seen": current.decision_id, "department": department, "reason": "职责相近", "by": "u-1"} | changes)


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
    assert third.decision.reason.endswith("第2次退单获准（林业局、农业农村局均已退回），转县督查室指定承办单位。"), third.decision.reason


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
    chosen = assigned_by_desk(
        current, order(current, "water-supply", matter="water-failure"), POLICY, UUID(int=9), NOW
    )
    assert (chosen.decision.department, chosen.decision.matter) == ("water-supply", "water-failure")
    assert (chosen.decision.source, chosen.hop, chosen.returnable) == (DecisionSource.PERSON, 2, True)
    assert chosen.decision.reason == "县12345热线分派台人工分派：职责相近，转镇坪县供水公司。", chosen.decision.reason


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
        assigned_by_desk(current, order(current, "water-supply", **changes), POLICY, UUID(int=9), NOW)


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
    from dataclasses import replace

    return replace(
        current.decision, department="fire-rescue", co_handlers=("emergency-management", "urban-management")
    )


@dataclass
class Ledger:
    """The router's tables for one complaint, as far as the rules need them."""

    complaint: Any
    remembered: set[UUID] = field(default_factory=set)
    decisions: list[Decided] = field(default_factory=list)

    def take(self, event_id: UUID, event: Any) -> None:
        if event_id in self.remembered:
            return
        if event == "received":
            if not self.decisions:
                made = decide(self.complaint, zhenping())
                self.decisions.append(Decided(event_id, self.complaint, made, NOW, implicated=made.implicated))
        elif not self.decisions:
            return  # set aside as a dead letter, and redelivered by hand
        elif isinstance(event, CaseReturnGranted):
            successor = replaced(self.decisions[-1], event, zhenping(), None, event_id, NOW)
            self.decisions += [successor] if successor else []
        else:
            how, department, up_to_date = event
            current = self.decisions[-1]
            wanted = order(current, department, seen=current.decision_id if up_to_date else UUID(int=1))
            try:
                self.decisions.append(how(current, wanted, POLICY, event_id, NOW))
            except Refused:
                return
        self.remembered.add(event_id)


TEXTS = ["野猪拱了玉米", "在吗", "城管打人", "督查室不作为", "12345话务员态度恶劣", "河街口有人占道经营", "水管爆裂，城管和交警都不管"]
departments = st.sampled_from(DEPARTMENTS)
returns = st.builds(
    lambda department, count, others: granted(department, count, tried=(*others, department)),
    departments,
    st.integers(1, 4),
    st.lists(departments, max_size=2),
)
orders = st.tuples(st.sampled_from([assigned_by_desk, designated]), departments, st.booleans())
histories = st.lists(
    st.tuples(st.integers(0, 12), st.just("received") | returns | orders), min_size=1, max_size=14
).map(
    # The same id is the same event, wherever it stands in the history.
    lambda history: [(UUID(int=1000 + number), dict(reversed(history))[number]) for number, _ in history]
)


@given(st.sampled_from(TEXTS), histories)
def test_whatever_comes_in_whatever_order_there_is_one_department_never_accused_never_tried(
    text: str, history: list[tuple[UUID, Any]]
) -> None:
    ledger = Ledger(received(text))
    for event_id, event in history:
        ledger.take(event_id, event)
    assert bool(ledger.decisions) == any(event == "received" for _, event in history)
    assert [d.hop for d in ledger.decisions] == list(range(1, len(ledger.decisions) + 1))
    assert len({d.decision_id for d in ledger.decisions}) == len(ledger.decisions)
    for earlier, later in zip(ledger.decisions, ledger.decisions[1:], strict=False):
        assert earlier.returns <= later.returns
        assert set(earlier.tried) <= set(later.tried)
        assert set(earlier.implicated) <= set(later.implicated)
        # What arbitration placed is final, but for the desk that still has to name somebody.
        assert earlier.returnable
    for one in ledger.decisions:
        neutral_is_left = not {OFFICE, DESK} <= {*one.implicated, *one.tried}
        assert one.decision.department in POLICY.departments
        if neutral_is_left:
            assert one.decision.department not in one.implicated
            assert one.decision.source is DecisionSource.ARBITRATION or one.decision.department not in one.tried
        assert one.returns < ARBITRATED_FROM or one.decision.source in (
            DecisionSource.ARBITRATION,
            DecisionSource.PERSON,
        )


@given(st.sampled_from(TEXTS), st.permutations([1, 2, 3]), st.lists(st.integers(0, 2), max_size=4))
def test_returns_in_any_order_and_number_end_alike(text: str, counts: list[int], again: list[int]) -> None:
    """But for hops: a return that is overtaken has no decision of its own."""
    ledger = Ledger(received(text))
    ledger.take(UUID(int=1), "received")
    first = ledger.decisions[0].decision.department
    for count in [*counts, *(counts[at] for at in again)]:
        ledger.take(UUID(int=10 + count), granted(first, count))
    last = ledger.decisions[-1]
    assert (last.returns, last.decision.source) == (3, DecisionSource.ARBITRATION)
