from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from services.intake.identity.standings import Help, found_accused, newest_help, newest_stands, stand_after
from shared.events import (
    CASE_MOVES,
    CaseAcknowledged,
    CaseClosed,
    CaseDeclined,
    CaseEvent,
    CaseOpened,
    CaseReassigned,
    CaseReturnGranted,
    CaseReturnRequested,
    CaseReworked,
    CaseSupervised,
    CaseUrged,
)
from shared.language import CaseStatus
from tests.examples import NOW, assigned

CASE, OTHER = UUID(int=1), UUID(int=2)
FIRST, SECOND = "urban-management", "water-supply"


def happened(
    event: type[CaseEvent], version: int, status: CaseStatus, department: str = FIRST, **more: Any
) -> CaseEvent:
    told = {"complaint_id": CASE, "department": department, "status": status, "version": version}
    return event.model_validate(told | {"at": NOW + timedelta(hours=version)} | more)


OPENED = happened(CaseOpened, 1, CaseStatus.DISPATCHED, deadlines=())
ASKED_BACK = happened(CaseReturnRequested, 2, CaseStatus.RETURN_REQUESTED, reason="x", basis="x")
GIVEN_BACK = happened(CaseReturnGranted, 3, CaseStatus.DISPATCHED, reason="x", returns=1, tried=(FIRST,))
PLACED_ANEW = happened(CaseReassigned, 4, CaseStatus.DISPATCHED, SECOND, previous=FIRST, reason="x", deadlines=())
CLOSED = happened(CaseClosed, 5, CaseStatus.CLOSED, SECOND)
REWORKED = happened(CaseReworked, 6, CaseStatus.REWORK, SECOND, reason="x", deadlines=())


@pytest.mark.parametrize(
    ("events", "holder"),
    [
        ([OPENED], FIRST),
        ([OPENED, ASKED_BACK], FIRST),
        ([OPENED, ASKED_BACK, GIVEN_BACK], None),
        ([OPENED, ASKED_BACK, GIVEN_BACK, PLACED_ANEW], SECOND),
    ],
)
def test_a_case_is_with_whom_it_was_placed_and_with_nobody_between_return_and_placing(
    events: list[CaseEvent], holder: str | None
) -> None:
    [stand] = newest_stands(events)
    assert stand.holder == holder


def test_the_order_in_which_events_of_one_batch_arrive_does_not_matter() -> None:
    for order in permutations([OPENED, ASKED_BACK, GIVEN_BACK, PLACED_ANEW]):
        assert newest_stands(order) == [stand_after(PLACED_ANEW)]


def test_each_case_has_its_own() -> None:
    other = OPENED.model_copy(update={"complaint_id": OTHER, "department": SECOND})
    assert [(stand.complaint_id, stand.holder) for stand in newest_stands([other, OPENED])] == [
        (CASE, FIRST),
        (OTHER, SECOND),
    ]


def test_it_has_ended_since_it_was_closed_or_declined_and_no_longer_when_it_is_worked_again() -> None:
    declined = happened(CaseDeclined, 2, CaseStatus.DECLINED, lawful_channel="x")
    assert stand_after(CLOSED).ended_at == CLOSED.at
    assert stand_after(declined).ended_at == declined.at
    assert stand_after(REWORKED).ended_at is None
    assert stand_after(happened(CaseAcknowledged, 2, CaseStatus.IN_PROGRESS)).ended_at is None


def test_every_event_of_a_case_moves_it_but_urging_and_supervising() -> None:
    def leaves(event: type[CaseEvent]) -> set[type[CaseEvent]]:
        return {leaf for each in event.__subclasses__() for leaf in (leaves(each) or {each})}

    assert set(CASE_MOVES) == leaves(CaseEvent) - {CaseUrged, CaseSupervised}


LED = assigned(complaint_id=CASE, department=FIRST, co_handlers=(SECOND, "housing"))


def test_who_helps_is_whom_the_lead_was_given() -> None:
    copy = assigned(complaint_id=CASE, department=SECOND, lead=FIRST)
    for order in permutations([LED, copy]):
        assert newest_help(order) == [Help(CASE, 1, (SECOND, "housing"))]


def test_who_is_accused_helps_with_nothing() -> None:
    [found] = newest_help([LED.model_copy(update={"accused": SECOND})])
    assert found.departments == ("housing",)


def test_placed_again_only_the_newest_placing_counts_also_where_it_names_nobody() -> None:
    again = assigned(complaint_id=CASE, department="housing", hop=2)
    for order in permutations([LED, again]):
        assert newest_help(order) == [Help(CASE, 2, ())]


def test_most_complaints_have_no_helpers_and_say_nothing() -> None:
    assert newest_help([assigned(complaint_id=CASE)]) == []


def test_whom_the_router_finds_accused_is_told_once_for_however_many_placings() -> None:
    accusing = assigned(complaint_id=CASE, accused=SECOND)
    again = assigned(complaint_id=CASE, accused=FIRST, hop=2)
    silent = assigned(complaint_id=OTHER)
    for order in permutations([accusing, accusing, again, silent]):
        assert found_accused(order) == [(CASE, FIRST), (CASE, SECOND)]
