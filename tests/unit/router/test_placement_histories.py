"""Never null, never twice: one complaint through any history of events and orders, redelivered and reordered."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.router.decide import decide
from services.router.placement import ARBITRATED_FROM, Decided, Refused, assigned_by_desk, designated, replaced
from shared.events import CaseReturnGranted
from shared.language import DecisionSource
from tests.unit.router.county import received, zhenping
from tests.unit.router.returned import NOW, granted, order

POLICY = zhenping().policy
OFFICE, DESK = POLICY.supervision_office, POLICY.triage_desk
DEPARTMENTS = sorted(POLICY.departments)


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
            how, department, accused, up_to_date = event
            current = self.decisions[-1]
            seen = current.decision_id if up_to_date else UUID(int=1)
            wanted = order(current, department, accused=accused, seen=seen)
            try:
                self.decisions.append(how(current, wanted, POLICY, event_id, NOW))
            except Refused:
                return
        self.remembered.add(event_id)


TEXTS = [
    "野猪拱了玉米",
    "在吗",
    "城管打人",
    "督查室不作为",
    "12345话务员态度恶劣",
    "河街口有人占道经营",
    "水管爆裂，城管和交警都不管",
]
departments = st.sampled_from(DEPARTMENTS)
returns = st.builds(
    lambda department, count, others: granted(department, count, tried=(*others, department)),
    departments,
    st.integers(1, 4),
    st.lists(departments, max_size=2),
)
orders = st.tuples(st.sampled_from([assigned_by_desk, designated]), departments, st.none() | departments, st.booleans())
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
        assert one.returns < ARBITRATED_FROM or one.decision.source is DecisionSource.ARBITRATION


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
