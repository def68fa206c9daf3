"""Each event as it was first published, whole: what is written today is the same, and what was written then is read.

A golden file is never edited. An event that may carry a new field gets a further golden file, `<type>.<what>.json`.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiokafka import ConsumerRecord
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

from shared.events import (
    EVENTS,
    ActionRefused,
    CaseAcknowledged,
    CaseCallbackRequested,
    CaseClosed,
    CaseDeclined,
    CaseExtended,
    CaseOpened,
    CaseReassigned,
    CaseReplied,
    CaseResumed,
    CaseReturnGranted,
    CaseReturnRefused,
    CaseReturnRequested,
    CaseReworked,
    CaseSupervised,
    CaseSuspended,
    CaseUrged,
    ComplaintAssigned,
    ComplaintReceived,
    Deadline,
    DeadlineMissed,
    DeadlineRecomputed,
    DeadlineWarned,
    DepartmentActionAcknowledge,
    DepartmentActionContribute,
    DepartmentActionReply,
    DepartmentActionRequestReturn,
    Event,
    HotspotRaised,
    InactionConfirmed,
    InactionDismissed,
    InactionExplained,
    InactionSuspected,
    InactionUnexplained,
    IncidentMembershipChanged,
    SupervisionNoticeIssued,
)
from shared.language import (
    Addressee,
    CaseStatus,
    Channel,
    Clock,
    Confidentiality,
    DecisionSource,
    InactionKind,
    Kind,
    Nature,
    Satisfaction,
    Urgency,
)
from shared.wire import Message, decode, encode

GOLDEN = Path(__file__).parent / "golden"

COMPLAINT = UUID("018f4e2a-7c1b-7d3e-9f00-000000000001")
EARLIER = UUID("018f4e2a-7c1b-7d3e-9f00-000000000000")
DECISION = UUID("018f4e2a-7c1b-5d3e-9f00-000000000002")
INACTION = UUID("018f4e2a-7c1b-5d3e-9f00-000000000003")
EVENT_ID = UUID("018f4e2a-7c1b-5d3e-9f00-000000000004")
AT = datetime(2026, 11, 24, 9, 30, 0, 250000, tzinfo=timezone(timedelta(hours=8)))
DUE = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)

WORDS = {
    "complaint_id": COMPLAINT,
    "ticket_number": "20261124-000123-4",
    "channel": Channel.WEB_PORTAL,
    "kind": Kind.REPORT,
    "urgency": Urgency.URGENT,
    "confidentiality": Confidentiality.CONFIDENTIAL,
    "title": "路灯坏了",
    "text": "小区路灯坏了半个月，请打〔电话〕联系。",
    "place": "城关镇",
    "accused": "urban-management",
    "accepted_at": AT,
}
CASE = {"complaint_id": COMPLAINT, "department": "urban-management", "at": AT}
TO_HEAD = {"addressee": Addressee.DEPARTMENT_HEAD}
OF_INACTION = CASE | {"inaction_id": INACTION}
CLOCK = CASE | {"clock": Clock.REPLY, "due_at": DUE, "nature": Nature.STATUTORY}

# Every field of every event is set, so that none escapes.
EXAMPLES: Mapping[type[Event], Event] = {
    type(event): event
    for event in (
        ComplaintReceived.model_validate(
            WORDS | {"received_by": "water-supply", "occurred_at": AT, "repeat_of": EARLIER}
        ),
        ComplaintAssigned.model_validate(
            WORDS
            | {
                "department": "supervision-office",
                "matter": "street-lamps",
                "decision_id": DECISION,
                "decided_by": DecisionSource.CONFLICT_OF_INTEREST,
                "rule": "lamps-to-lights",
                "reason": "反映“不作为”，按回避规则转督查室。",
                "lawful_channel": "向人民法院提起诉讼。",
                "policy_hash": "0123456789abcdef" * 4,
                "assigned_at": AT,
                "hop": 2,
                "returnable": False,
                "co_handlers": ("water-supply",),
                "lead": "urban-management",
                "incident_id": INACTION,
                "incident_version": 1,
            }
        ),
        IncidentMembershipChanged(complaint_id=COMPLAINT, incident_id=EARLIER, incident_version=2, at=AT),
        HotspotRaised(
            complaint_id=COMPLAINT,
            incident_id=EARLIER,
            department="urban-management",
            level=2,
            complaints=20,
            within_hours=24,
            at=AT,
            note="热点（2级）：城关镇南江河大桥，24小时内已有20件诉求反映同一事件，主要由城市管理局承办。",
        ),
        CaseOpened.model_validate(
            CASE
            | {
                "status": CaseStatus.DISPATCHED,
                "version": 1,
                "deadlines": (
                    Deadline(clock=Clock.ACKNOWLEDGE, due_at=DUE),
                    Deadline(clock=Clock.REPLY, due_at=DUE, warn_at=AT, provisional=True),
                ),
            }
        ),
        CaseAcknowledged.model_validate(CASE | {"status": CaseStatus.IN_PROGRESS, "version": 2}),
        CaseReplied.model_validate(CASE | {"status": CaseStatus.REPLIED, "version": 3, "reply": "路灯已经修好。"}),
        CaseCallbackRequested.model_validate(CASE | {"status": CaseStatus.CALLBACK_PENDING, "version": 4}),
        CaseReworked.model_validate(
            CASE
            | {
                "status": CaseStatus.REWORK,
                "version": 5,
                "reason": "回访不满意：路灯仍然不亮。",
                "deadlines": (Deadline(clock=Clock.REPLY, due_at=DUE, warn_at=AT, provisional=True),),
            }
        ),
        CaseClosed.model_validate(
            CASE
            | {
                "status": CaseStatus.CLOSED,
                "version": 5,
                "contacted": True,
                "satisfaction": Satisfaction.BASICALLY_SATISFIED,
            }
        ),
        CaseReturnRequested.model_validate(
            CASE
            | {
                "status": CaseStatus.RETURN_REQUESTED,
                "version": 2,
                "reason": "路灯由住房和城乡建设局管理。",
                "basis": "《城市照明管理规定》第四条",
            }
        ),
        CaseReturnGranted.model_validate(
            CASE
            | {
                "status": CaseStatus.DISPATCHED,
                "version": 3,
                "reason": "路灯由住房和城乡建设局管理。",
                "returns": 1,
                "tried": ("urban-management",),
            }
        ),
        CaseReturnRefused.model_validate(
            CASE | {"status": CaseStatus.IN_PROGRESS, "version": 3, "reason": "属你单位职责。"}
        ),
        CaseReassigned.model_validate(
            CASE
            | {
                "status": CaseStatus.DISPATCHED,
                "version": 4,
                "previous": "water-supply",
                "reason": "按职责改派。",
                "deadlines": (Deadline(clock=Clock.ACKNOWLEDGE, due_at=DUE),),
            }
        ),
        CaseSuspended.model_validate(
            CASE | {"status": CaseStatus.SUSPENDED, "version": 3, "reason": "等待鉴定结论。", "until": DUE}
        ),
        CaseResumed.model_validate(
            CASE
            | {
                "status": CaseStatus.IN_PROGRESS,
                "version": 4,
                "deadlines": (Deadline(clock=Clock.REPLY, due_at=DUE),),
            }
        ),
        CaseExtended.model_validate(
            CASE
            | {
                "status": CaseStatus.IN_PROGRESS,
                "version": 3,
                "reason": "需现场勘测。",
                "deadlines": (Deadline(clock=Clock.REPLY, due_at=DUE),),
            }
        ),
        CaseUrged.model_validate(
            CASE | TO_HEAD | {"status": CaseStatus.IN_PROGRESS, "version": 3, "note": "请于明日前答复。"}
        ),
        CaseSupervised.model_validate(
            CASE | TO_HEAD | {"status": CaseStatus.IN_PROGRESS, "version": 3, "note": "督查室挂牌督办。"}
        ),
        CaseDeclined.model_validate(
            CASE | {"status": CaseStatus.DECLINED, "version": 2, "lawful_channel": "向人民法院提起诉讼。"}
        ),
        DeadlineWarned.model_validate(CLOCK | TO_HEAD),
        DeadlineMissed.model_validate(CLOCK | TO_HEAD),
        DeadlineRecomputed.model_validate(
            CLOCK
            | {
                "previous_due_at": AT,
                "warn_at": AT,
                "provisional": False,
                "reason": "放假安排公布后重新计算：到期时间由2026年11月24日24时改为2026年11月25日24时。",
            }
        ),
        InactionSuspected.model_validate(
            CLOCK
            | {
                "inaction_id": INACTION,
                "kind": InactionKind.NOT_ANSWERED,
                "evidence": "工单20261124-000123-4于2026年11月24日9时30分派至城市管理局，至今未答复。",
            }
        ),
        InactionExplained.model_validate(OF_INACTION | {"kind": InactionKind.NOT_ANSWERED, "due_at": DUE}),
        InactionUnexplained.model_validate(OF_INACTION | {"due_at": DUE}),
        InactionConfirmed.model_validate(OF_INACTION | {"kind": InactionKind.NOT_ANSWERED}),
        InactionDismissed.model_validate(OF_INACTION | {"kind": InactionKind.SELECTIVE_SILENCE}),
        SupervisionNoticeIssued.model_validate(
            CLOCK
            | TO_HEAD
            | {
                "note": (
                    "通报（致承办单位负责人）：工单20261124-000123-4于2026年11月24日9时30分派至城市管理局，"
                    "应于2026年11月25日24时前答复，至今未答复，予以通报。"
                ),
            }
        ),
        DepartmentActionAcknowledge(complaint_id=COMPLAINT, version=1),
        DepartmentActionReply(complaint_id=COMPLAINT, version=2, text="路灯已经修好。"),
        DepartmentActionRequestReturn(
            complaint_id=COMPLAINT,
            version=1,
            reason="路灯由住房和城乡建设局管理。",
            basis="《城市照明管理规定》第四条",
        ),
        DepartmentActionContribute(complaint_id=COMPLAINT, text="供水管线已经避让。"),
        ActionRefused(
            complaint_id=COMPLAINT,
            action_id=DECISION,
            action="hotline.department_action.reply.v1",
            department="urban-management",
            reason="工单已被他人更新，请刷新后重试。 The case has moved since; read it again.",
            why="stale_version",
            legal=("reply", "request_return"),
            status=CaseStatus.IN_PROGRESS,
            version=3,
            at=AT,
        ),
    )
}


def published(event: Event) -> Message:
    return encode(event, topic="a.topic", event_id=EVENT_ID, source="test", time=AT)


def as_json(message: Message) -> dict[str, Any]:
    assert message.key is not None
    assert message.body is not None
    return {"key": message.key.decode(), "headers": dict(message.headers), "body": json.loads(message.body)}


def consumed(golden: Mapping[str, Any]) -> ConsumerRecord[bytes, bytes]:
    headers = tuple((name, value.encode()) for name, value in golden["headers"].items())
    body = json.dumps(golden["body"], ensure_ascii=False).encode()
    return ConsumerRecord("a.topic", 0, 0, 0, 0, golden["key"].encode(), body, None, 0, 0, headers)


def read_golden(event: type[Event]) -> dict[str, Any]:
    """The whole event as first published with the fields that it has today: the last of its golden files."""
    file = max(GOLDEN.glob(f"{event.event_type}*.json"), key=lambda each: len(json.loads(each.read_text())["body"]))
    golden: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return golden


def test_every_event_has_its_golden_file_and_its_example() -> None:
    assert set(EXAMPLES) == set(EVENTS)
    assert {event.event_type for event in EVENTS} <= {file.name.removesuffix(".json") for file in GOLDEN.glob("*.json")}


@pytest.mark.parametrize("event", EVENTS)
def test_an_example_sets_every_field(event: type[Event]) -> None:
    assert set(json.loads(EXAMPLES[event].model_dump_json(exclude_none=True))) == set(event.model_fields)


@pytest.mark.parametrize("event", EVENTS)
def test_what_is_published_today_is_what_was_published_first(event: type[Event]) -> None:
    assert as_json(published(EXAMPLES[event])) == read_golden(event)


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.json")), ids=lambda file: file.stem)
def test_what_was_published_first_is_read_today(file: Path) -> None:
    golden = json.loads(file.read_text(encoding="utf-8"))
    received = decode(consumed(golden))
    assert (received.id, received.event.event_type) == (EVENT_ID, golden["headers"]["ce_type"])
    read = json.loads(received.event.model_dump_json(exclude_none=True))
    # Fields that were added later have taken their defaults.
    assert {name: read.get(name) for name in golden["body"]} == golden["body"]


@pytest.mark.parametrize("event", EVENTS)
def test_a_field_that_a_newer_version_added_is_passed_over(event: type[Event]) -> None:
    golden = read_golden(event)
    newer = golden | {"body": golden["body"] | {"added_later": {"nested": [1]}}}
    assert decode(consumed(newer)).event == EXAMPLES[event]


@pytest.mark.parametrize("event", EVENTS)
def test_every_optional_field_may_be_absent(event: type[Event]) -> None:
    golden = read_golden(event)
    required = {name for name, field in event.model_fields.items() if field.is_required()}
    shortest = golden | {"body": {name: value for name, value in golden["body"].items() if name in required}}
    assert decode(consumed(shortest)).event.complaint_id == COMPLAINT


@pytest.mark.parametrize("event", EVENTS)
def test_the_cloudevents_library_reads_it_as_a_cloudevent(event: type[Event]) -> None:
    golden = read_golden(event)
    headers = {name: value.encode() for name, value in golden["headers"].items()}
    body = json.dumps(golden["body"]).encode()
    read = from_binary(KafkaMessage(headers=headers, key=golden["key"].encode(), value=body), JSONFormat())
    assert (read.get_id(), read.get_type(), read.get_source()) == (str(EVENT_ID), event.event_type, "/hotline/test")
    assert read.get_data() == golden["body"]
