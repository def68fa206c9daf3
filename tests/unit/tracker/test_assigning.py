"""Which decision a case follows does not depend on the order in which decisions arrive."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.tracker.assigning import Followed, leading, supersedes
from shared.events import ComplaintAssigned
from tests.examples import assigned

CASE = uuid4()
DECISIONS = [assigned(complaint_id=CASE, department=f"department-{hop}", hop=hop) for hop in range(1, 7)]


@given(arriving=st.lists(st.sampled_from(DECISIONS), min_size=1, max_size=20))
def test_redelivered_and_reordered_the_last_decision_is_followed(arriving: list[ComplaintAssigned]) -> None:
    followed = Followed(arriving[0].decision_id, arriving[0].hop)
    for one in arriving:
        if supersedes(one, followed):
            followed = Followed(one.decision_id, one.hop)
    assert followed.decision_id == max(arriving, key=lambda one: one.hop).decision_id


def test_a_co_handlers_copy_says_nothing_that_the_leads_does_not() -> None:
    decision = UUID(int=1)
    lead = assigned(decision_id=decision, co_handlers=("water-supply",))
    copy = lead.model_copy(update={"department": "water-supply", "co_handlers": (), "lead": lead.department})
    assert leading([copy, lead]) == [lead]


@given(arriving=st.permutations(DECISIONS))
def test_a_batch_is_followed_in_the_order_of_the_decisions(arriving: list[ComplaintAssigned]) -> None:
    assert list(leading(arriving)) == DECISIONS
