from uuid import UUID

from services.router.desks.standings import FOLLOWED, STANDS_STILL, newest
from services.tracker.lifecycle import MOVES, Action
from shared.events import CaseReplied, CaseReturnGranted
from shared.language import CaseStatus
from tests.unit.router.returned import NOW, granted


def test_the_router_places_nothing_that_the_tracker_would_not_give_to_another() -> None:
    assert {status for status in CaseStatus if (status, Action.ASSIGN) not in MOVES} == set(STANDS_STILL)


def test_of_each_case_the_newest_event_counts_in_whatever_order_they_came() -> None:
    replied = CaseReplied(
        complaint_id=UUID(int=1), department="forestry", status=CaseStatus.REPLIED, version=9, at=NOW, reply="已办"
    )
    other = granted("forestry", complaint_id=UUID(int=2))
    assert newest([other, replied, granted("forestry")]) == [replied, other]
    assert CaseReturnGranted in FOLLOWED
