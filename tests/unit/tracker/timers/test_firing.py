from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from services.tracker.deadlines.ladder import TimerKind
from services.tracker.record.record import Fired
from services.tracker.timers.firing import FIRED, DueTimer, fire
from shared.china_time import CHINA_TIME
from shared.events import CaseSupervised, CaseUrged, InactionSuspected, InactionUnexplained, SupervisionNoticeIssued
from shared.language import Addressee, CaseStatus, Clock, Nature
from shared.policy import Policy

OPENED = datetime(2026, 9, 30, 16, 5, tzinfo=CHINA_TIME)
DUE = datetime(2026, 10, 15, tzinfo=CHINA_TIME)
NOW = DUE + timedelta(days=1)
FACTS = "工单20261124-000001-5于2026年9月30日16时05分派至{name}，应于2026年10月14日24时前答复，"


def timer(kind: TimerKind, addressee: Addressee | None = None, met_at: datetime | None = None) -> DueTimer:
    return DueTimer(
        kind=kind,
        fires_at=DUE,
        addressee=addressee,
        deadline_id=uuid4(),
        clock=Clock.REPLY,
        nature=Nature.COMMITTED,
        legal_basis=None,
        started_at=OPENED,
        due_at=DUE,
        complaint_id=uuid4(),
        department="water-supply",
        ticket_number="20261124-000001-5",
        status=CaseStatus.IN_PROGRESS,
        version=2,
        met_at=met_at,
    )


@pytest.mark.parametrize("kind", FIRED)
@pytest.mark.parametrize("addressee", [None, *Addressee])
def test_every_step_is_said_of_its_case_to_its_addressee_and_its_outcome_is_what_the_record_says_first(
    policy: Policy, kind: TimerKind, addressee: Addressee | None
) -> None:
    due = timer(kind, addressee)
    first, *more = fire(due, NOW, policy)
    assert first.fired == FIRED[kind]
    assert getattr(first.event, "addressee", None) in {addressee, Addressee.DEPARTMENT}
    for said in (first, *more):
        event = said.event
        assert (event.complaint_id, event.department, event.at) == (due.complaint_id, due.department, NOW)


def test_an_explanation_that_did_not_come_is_told_to_the_supervision_office_and_suspected_of_nothing_more(
    policy: Policy,
) -> None:
    asked = timer(TimerKind.DUE)._replace(clock=Clock.EXPLAIN)
    [said] = fire(asked, NOW, policy)
    assert isinstance(said.event, InactionUnexplained)
    assert (said.event.inaction_id, said.event.due_at) == (asked.deadline_id, DUE)
    assert said.fired is Fired.MISSED
    assert said.note == (
        f"工单20261124-000001-5于2026年9月30日16时05分被列为疑似不作为，{policy.name_of('water-supply')}"
        "应于2026年10月14日24时前作出说明，至今未作出说明。"
    )


def test_what_is_missed_is_suspected_with_the_same_evidence_in_the_record(policy: Policy) -> None:
    missed, suspected = fire(timer(TimerKind.DUE), NOW, policy)
    assert (missed.fired, missed.note) == (Fired.MISSED, None)
    assert isinstance(suspected.event, InactionSuspected)
    assert (
        suspected.note == suspected.event.evidence == FACTS.format(name=policy.name_of("water-supply")) + "至今未答复。"
    )


@pytest.mark.parametrize(
    ("kind", "addressee", "begins", "ends"),
    [
        (TimerKind.URGE, Addressee.DEPARTMENT_HEAD, "催办（致承办单位负责人）：", "至今未答复，请抓紧办理。"),
        (TimerKind.SUPERVISE, Addressee.SUPERVISION_OFFICE, "督办（致督查室）：", "至今未答复，由督查室督办。"),
        (TimerKind.NOTICE, Addressee.CENTRE, "通报（致热线中心）：", "至今未答复，予以通报。"),
        (TimerKind.NOTICE, None, "通报（致承办单位）：", "至今未答复，予以通报。"),
    ],
)
def test_a_step_says_in_one_sentence_to_whom_of_what_and_what_follows(
    policy: Policy, kind: TimerKind, addressee: Addressee | None, begins: str, ends: str
) -> None:
    [said] = fire(timer(kind, addressee), NOW, policy)
    assert isinstance(said.event, CaseUrged | CaseSupervised | SupervisionNoticeIssued)
    assert said.event.note == said.note == begins + FACTS.format(name=policy.name_of("water-supply")) + ends


def test_a_step_whose_moment_passed_before_the_late_reply_says_that_there_was_one(policy: Policy) -> None:
    [said] = fire(timer(TimerKind.SUPERVISE, met_at=DUE + timedelta(hours=9, minutes=7)), NOW, policy)
    assert said.note is not None
    assert said.note.endswith("2026年10月15日9时07分才答复，由督查室督办。")
