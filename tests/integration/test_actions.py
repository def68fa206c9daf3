"""What departments' own systems send, taken in by the tracker: on a real database."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord

from services.tracker.casework import Casework
from services.tracker.deadlines.calendar import Calendar
from services.tracker.departments import action_taking, actions_store
from services.tracker.departments.action_taking import actions_consumer
from services.tracker.moving import Rules
from services.tracker.record.verifying import Whole
from shared.consumer import BatchConsumer
from shared.events import (
    ActionRefused,
    CaseAcknowledged,
    CaseReplied,
    CaseReturnRequested,
    ComplaintAssigned,
    DepartmentActionAcknowledge,
    DepartmentActionContribute,
    DepartmentActionReply,
    DepartmentActionRequestReturn,
    Event,
)
from shared.outbox import Relay
from shared.policy import Policy
from shared.postgres import Pool
from shared.topics import actions, refusals
from shared.wire import Message, decode
from tests.examples import assigned, message_record, record, waiting
from tests.integration.cases import open_cases
from tests.integration.records import checked

OURS, THEIRS = "urban-management", "water-supply"


@pytest.fixture(autouse=True)
def _no_case_is_being_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_taking, "_OPENING_SECONDS", 0.0)


@pytest.fixture
def consumer(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> BatchConsumer:
    return actions_consumer(Casework(tracker_pool, Relay(tracker_pool, []), lambda: Rules(policy, calendar)))


@pytest.fixture
async def case(tracker_pool: Pool, policy: Policy, calendar: Calendar) -> ComplaintAssigned:
    case = assigned()
    await open_cases(tracker_pool, policy, calendar, case)
    return case


def sent(event: Event, by: str = OURS, action_id: UUID | None = None) -> ConsumerRecord[bytes, bytes]:
    return record(event, topic=actions(by), event_id=action_id)


async def published(pool: Pool) -> Sequence[Event]:
    """Everything after the opening of cases."""
    events = [decode(message_record(message)).event for message in await waiting(pool)]
    return [event for event in events if event.event_type != "hotline.case.opened.v1"]


async def refused(pool: Pool) -> ActionRefused:
    [event] = [event for event in await published(pool) if isinstance(event, ActionRefused)]
    return event


async def version_of(pool: Pool, case: ComplaintAssigned) -> int:
    version: int = await pool.fetchval("SELECT version FROM cases WHERE complaint_id = $1", case.complaint_id)
    return version


async def test_a_case_is_acknowledged_answered_and_its_record_is_whole(
    consumer: BatchConsumer, case: ComplaintAssigned, tracker_pool: Pool, service_urls: dict[str, str]
) -> None:
    await consumer(
        [
            sent(DepartmentActionAcknowledge(complaint_id=case.complaint_id, version=1)),
            sent(DepartmentActionReply(complaint_id=case.complaint_id, version=2, text="路灯已经修好。")),
        ]
    )
    acknowledged, replied = await published(tracker_pool)
    assert isinstance(acknowledged, CaseAcknowledged)
    assert isinstance(replied, CaseReplied)
    assert (replied.department, replied.reply, replied.version) == (OURS, "路灯已经修好。", 3)
    assert isinstance(await checked(service_urls["tracker"]), Whole)


async def test_a_return_is_asked_for_with_its_reason_and_its_basis(
    consumer: BatchConsumer, case: ComplaintAssigned, tracker_pool: Pool
) -> None:
    asked = DepartmentActionRequestReturn(complaint_id=case.complaint_id, version=1, reason="归住建局", basis="第12项")
    await consumer([sent(asked)])
    [event] = await published(tracker_pool)
    assert isinstance(event, CaseReturnRequested)
    assert (event.reason, event.basis) == ("归住建局", "第12项")


async def test_a_co_handler_contributes(
    consumer: BatchConsumer, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    case = assigned(co_handlers=(THEIRS,))
    await open_cases(tracker_pool, policy, calendar, case)
    part = DepartmentActionContribute(complaint_id=case.complaint_id, text="管线已经避让。")
    await consumer([sent(part, by=THEIRS)])
    assert await tracker_pool.fetchval("SELECT text FROM contributions") == "管线已经避让。"
    await consumer([sent(part, by=THEIRS)])
    again = await refused(tracker_pool)
    assert (again.why, again.legal, again.department) == ("contributed_already", (), THEIRS)


async def test_an_action_that_is_delivered_twice_is_carried_out_once_and_refused_never(
    consumer: BatchConsumer, case: ComplaintAssigned, tracker_pool: Pool
) -> None:
    one = sent(DepartmentActionAcknowledge(complaint_id=case.complaint_id))
    await consumer([one, one])
    await consumer([one])
    [event] = await published(tracker_pool)
    assert isinstance(event, CaseAcknowledged)


async def test_a_refused_action_is_answered_once_and_undoes_no_other(
    consumer: BatchConsumer, tracker_pool: Pool, policy: Policy, calendar: Calendar, service_urls: dict[str, str]
) -> None:
    cases = [assigned() for _ in range(5)]
    await open_cases(tracker_pool, policy, calendar, *cases)
    bad = uuid4()
    batch = [sent(DepartmentActionAcknowledge(complaint_id=one.complaint_id, version=1)) for one in cases]
    batch.insert(2, sent(DepartmentActionReply(complaint_id=cases[3].complaint_id, text="已办。"), action_id=bad))
    await consumer(batch)
    await consumer(batch)
    events = await published(tracker_pool)
    assert sum(isinstance(event, CaseAcknowledged) for event in events) == 5
    answer = await refused(tracker_pool)
    assert (answer.action_id, answer.action) == (bad, DepartmentActionReply.event_type)
    assert (answer.why, answer.status, answer.legal) == (
        "illegal_move",
        "dispatched",
        ("acknowledge", "request_return"),
    )
    assert "不能进行" in answer.reason
    assert "does not allow reply" in answer.reason
    assert [m.topic for m in await waiting(tracker_pool) if m.headers["ce_source"] == "/hotline/tracker"].count(
        refusals(OURS)
    ) == 1
    assert isinstance(await checked(service_urls["tracker"]), Whole)


async def test_a_stale_version_is_refused_with_where_the_case_stands(
    consumer: BatchConsumer, case: ComplaintAssigned, tracker_pool: Pool
) -> None:
    await consumer([sent(DepartmentActionAcknowledge(complaint_id=case.complaint_id, version=7))])
    answer = await refused(tracker_pool)
    assert (answer.why, answer.status, answer.version) == ("stale_version", "dispatched", 1)
    assert answer.legal == ("acknowledge", "request_return")


async def test_who_acts_is_whom_the_topic_names_whatever_the_body_says(
    consumer: BatchConsumer, case: ComplaintAssigned, tracker_pool: Pool
) -> None:
    class Pretending(DepartmentActionAcknowledge):
        department: str = OURS

    await consumer([sent(Pretending(complaint_id=case.complaint_id), by=THEIRS)])
    foreign = await refused(tracker_pool)
    assert (foreign.department, foreign.why, foreign.status, foreign.legal) == (THEIRS, "not_your_case", None, ())
    assert await version_of(tracker_pool, case) == 1


async def test_a_case_that_does_not_exist_is_refused_like_one_of_another_department(
    consumer: BatchConsumer, case: ComplaintAssigned, tracker_pool: Pool
) -> None:
    await consumer(
        [sent(DepartmentActionAcknowledge(complaint_id=one), by=THEIRS) for one in (case.complaint_id, uuid4())]
    )
    first, second = (event for event in await published(tracker_pool) if isinstance(event, ActionRefused))
    assert first.reason == second.reason


async def test_a_rule_beyond_the_table_is_refused_with_what_else_is_legal(
    consumer: BatchConsumer, tracker_pool: Pool, policy: Policy, calendar: Calendar
) -> None:
    case = assigned(returnable=False)
    await open_cases(tracker_pool, policy, calendar, case)
    asked = DepartmentActionRequestReturn(complaint_id=case.complaint_id, reason="非我职责", basis="第1项")
    await consumer([sent(asked)])
    answer = await refused(tracker_pool)
    assert (answer.why, answer.legal, answer.version) == ("arbitrated", ("acknowledge",), 1)


@pytest.mark.parametrize("text", ["", " \u0000 ", "长" * 5001])
async def test_words_that_the_form_refuses_are_refused_here_too(
    consumer: BatchConsumer, case: ComplaintAssigned, tracker_pool: Pool, text: str
) -> None:
    await consumer([sent(DepartmentActionReply(complaint_id=case.complaint_id, text=text))])
    answer = await refused(tracker_pool)
    assert answer.why == "badly_written"
    assert "text" in answer.reason


async def test_a_number_that_identifies_somebody_is_redacted_as_over_http(
    consumer: BatchConsumer, case: ComplaintAssigned, tracker_pool: Pool
) -> None:
    await consumer(
        [
            sent(DepartmentActionAcknowledge(complaint_id=case.complaint_id)),
            sent(DepartmentActionReply(complaint_id=case.complaint_id, text="请联系13800000000。")),
        ]
    )
    [replied] = [event for event in await published(tracker_pool) if isinstance(event, CaseReplied)]
    assert "13800000000" not in replied.reply


async def test_no_department_uses_up_the_ids_of_another(
    consumer: BatchConsumer, case: ComplaintAssigned, tracker_pool: Pool
) -> None:
    action_id = uuid4()
    await consumer([sent(DepartmentActionAcknowledge(complaint_id=uuid4()), by=THEIRS, action_id=action_id)])
    await consumer([sent(DepartmentActionAcknowledge(complaint_id=case.complaint_id), action_id=action_id)])
    assert await version_of(tracker_pool, case) == 2


async def test_what_is_no_action_is_set_aside_and_the_others_are_taken_in(
    consumer: BatchConsumer, case: ComplaintAssigned, tracker_pool: Pool
) -> None:
    garbage = message_record(Message(actions(OURS), b"k", {}, b"\xff"), 98)
    await consumer([garbage, sent(assigned()), sent(DepartmentActionAcknowledge(complaint_id=case.complaint_id))])
    dead = [message for message in await waiting(tracker_pool) if message.topic == f"{actions(OURS)}.dead"]
    assert len(dead) == 2
    assert await version_of(tracker_pool, case) == 2


async def test_an_action_waits_for_the_case_that_is_only_just_being_opened(
    consumer: BatchConsumer,
    tracker_pool: Pool,
    policy: Policy,
    calendar: Calendar,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = assigned()
    looked = actions_store.count_unheld

    async def looks_and_then_it_is_opened(*asked: object) -> int:
        count = await looked(*asked)  # type: ignore[arg-type]
        await open_cases(tracker_pool, policy, calendar, case)
        return count

    monkeypatch.setattr(action_taking, "_OPENING_SECONDS", 3.0)
    monkeypatch.setattr(actions_store, "count_unheld", looks_and_then_it_is_opened)
    await consumer([sent(DepartmentActionAcknowledge(complaint_id=case.complaint_id, version=1))])
    assert await version_of(tracker_pool, case) == 2
