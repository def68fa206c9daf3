"""The main job from end to end: three processes on Apache Kafka and PostgreSQL, seen only from outside."""

import signal
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
import pytest
from aiokafka import ConsumerRecord
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from deploy.local.database import SERVICES, with_database
from deploy.local.feed import SAMPLE
from deploy.local.hotline import HotlineService, ServiceName
from deploy.local.observe import Seen
from deploy.local.stack import Stack
from services.intake.channels.mailbox import RefusalCode
from services.intake.identity.vault import Keyring, Sealed, open_
from services.tracker.deadlines.ladder import TimerKind
from services.tracker.inaction.verdicts import Awaits
from shared.events import (
    CaseAcknowledged,
    CaseOpened,
    CaseReplied,
    ComplaintAssigned,
    ComplaintReceived,
    DeadlineMissed,
    DeadlineWarned,
    Event,
    HotspotRaised,
    InactionSuspected,
    IncidentMembershipChanged,
)
from shared.language import CaseStatus, Channel, Clock, DecisionSource, InactionKind, Nature
from shared.policy import Policy
from shared.principal import Role
from shared.topics import CASES_EVENTS, COMPLAINTS_INCIDENTS, COMPLAINTS_RECEIVED, SUPERVISION_ALERTS, assigned
from shared.wire import decode
from tests.e2e.story import CANARIES, CANARY_REPORTER, Acted, Fed
from tests.whole_stack import ONCE, STOP_SECONDS, fetch, own_process

_SERVES = {
    "intake": {"progress", "assignments"},
    "router": {"decisions", "returns"},
    "tracker": {"cases", "actions", "incidents"},
}
# What else a service is not ready without.
_NEEDS = {"intake": set[str](), "router": set[str](), "tracker": {"clock"}}


def test_what_is_accepted_becomes_exactly_one_case_and_nothing_else_does(
    seen: Seen, traces_of_feed: Mapping[str, Counter[str]]
) -> None:
    assert seen.is_one_to_one
    assert traces_of_feed.keys() == seen.accepted.keys()
    assert {complaint: things for complaint, things in traces_of_feed.items() if things != ONCE} == {}


def test_every_channel_has_brought_in_its_complaints(fed: Fed, seen: Seen) -> None:
    expected = orjson.loads((SAMPLE / "mail/expected.json").read_bytes())
    mails = sum(mail["ticket"] for mail in expected.values())
    by_channel = Counter(seen.accepted.values())
    assert by_channel == {
        "hotline_12345": len(fed.singly) + 1,
        "web_portal": len(fed.lines) - 2 + 1,
        "mailbox": mails + 1,
        "service_center": 1,
        "department_line": 1,
        "qa_platform": 1,
    }
    answered = {answer["complaint_id"] for answer in [*fed.singly, *fed.lines[1:], fed.canary, *fed.canaries]}
    without_answer = {"mailbox", "qa_platform"}
    assert answered == {complaint for complaint, channel in seen.accepted.items() if channel not in without_answer}


def test_good_lines_land_though_others_fail(fed: Fed) -> None:
    assert [answer["line"] for answer in fed.lines] == list(range(1, len(fed.lines) + 1))
    assert [answer["status"] for answer in fed.lines] == [422, *[201] * (len(fed.lines) - 2), 200]


def test_the_same_submission_gets_the_same_ticket_whichever_way_it_comes(fed: Fed) -> None:
    _unreadable, first, *_others, last = fed.lines
    assert fed.again["status"] == 200
    assert {answer["ticket_number"] for answer in (first, last, fed.again)} == {first["ticket_number"]}
    tickets = [answer["ticket_number"] for answer in [*fed.singly, *fed.lines[1:-1], fed.canary, *fed.canaries]]
    assert len(set(tickets)) == len(tickets)


def test_the_reporter_sees_how_the_department_takes_the_case_and_answers(acted: Acted) -> None:
    dispatched, acknowledged, replied = acted.looked_up
    assert [told["status"] for told in acted.looked_up] == ["dispatched", "in_progress", "replied"]
    assert [step["status"] for step in replied["progress"]] == ["dispatched", "in_progress", "replied"]
    assert dispatched["progress"] == replied["progress"][:1]
    assert acknowledged["progress"] == replied["progress"][:2]
    assert "路灯已经修复" in replied["progress"][-1]["reply"]


async def test_without_the_query_code_a_ticket_tells_nothing(stack: Stack, fed: Fed) -> None:
    ticket, other = fed.singly[0], fed.singly[1]
    async with httpx.AsyncClient(base_url=stack.intake.url) as client:
        response = await client.get(
            f"/v1/complaints/{ticket['ticket_number']}", params={"query_code": other["query_code"]}
        )
    assert response.status_code == 404
    assert response.json().keys() == {"type", "status", "detail"}


def test_every_record_is_a_cloudevent_of_ours_in_its_own_topic(
    records: list[ConsumerRecord[bytes, bytes]], policy: Policy
) -> None:
    types: dict[str, set[type[Event]]] = {
        COMPLAINTS_RECEIVED: {ComplaintReceived},
        **{assigned(department): {ComplaintAssigned} for department in policy.departments},
        CASES_EVENTS: {CaseOpened, CaseAcknowledged, CaseReplied, DeadlineWarned, DeadlineMissed},
        SUPERVISION_ALERTS: {InactionSuspected, HotspotRaised},
        COMPLAINTS_INCIDENTS: {IncidentMembershipChanged},
    }
    for record in records:
        event = decode(record).event
        assert type(event) in types[record.topic]
        read = from_binary(KafkaMessage(dict(record.headers), record.key, record.value), JSONFormat(), CloudEvent)
        assert read.get_specversion() == "1.0"
        assert read.get_datacontenttype() == "application/json"
        assert read.get_type() == type(event).event_type
        assert read.get_source() in {f"/hotline/{service}" for service in SERVICES}
        assert read.get_time() is not None
        # No field that the schema does not know.
        assert read.get_data() == event.model_dump(mode="json", exclude_none=True)
    # All that belongs to the story, which ends with the reply or without one.
    told = {ComplaintReceived, ComplaintAssigned, CaseOpened, CaseAcknowledged, CaseReplied}
    told |= {DeadlineWarned, DeadlineMissed, InactionSuspected}
    # Whether people tell of one incident is up to the samples.
    of_incidents: set[type[Event]] = {HotspotRaised, IncidentMembershipChanged}
    assert {type(decode(record).event) for record in records} - of_incidents == told


def test_no_event_is_published_twice_and_a_complaints_events_share_their_key(
    records: list[ConsumerRecord[bytes, bytes]], seen: Seen
) -> None:
    ids = [decode(record).id for record in records]
    assert len(set(ids)) == len(ids)
    for kind in (ComplaintReceived, ComplaintAssigned, CaseOpened):
        # A joint matter's co-handlers have a copy each.
        of_kind = [event for _, event in _of_type(records, kind) if getattr(event, "lead", None) is None]
        assert Counter(str(event.complaint_id) for event in of_kind) == dict.fromkeys(seen.accepted, 1)
    for record in records:
        if record.topic != SUPERVISION_ALERTS:
            assert record.key == str(decode(record).event.complaint_id).encode()


def test_a_department_gets_its_cases_in_its_own_topic_and_no_others(
    records: list[ConsumerRecord[bytes, bytes]], seen: Seen
) -> None:
    every = _of_type(records, ComplaintAssigned)
    assert all(record.topic == assigned(event.department) for record, event in every)
    placed = {event.complaint_id: event for _, event in every if event.lead is None}
    assert placed.keys() == set(map(UUID, seen.accepted))
    assert {str(complaint): event.department for complaint, event in placed.items()} == seen.departments
    copies = {(event.complaint_id, event.department, event.lead) for _, event in every if event.lead is not None}
    assert copies == {
        (event.complaint_id, co_handler, event.department)
        for event in placed.values()
        for co_handler in event.co_handlers
    }


def test_who_lets_deadlines_pass_is_reported_to_the_supervision_office_once_for_each(
    records: list[ConsumerRecord[bytes, bytes]], seen: Seen, after_months: Acted
) -> None:
    alerts = _of_type(records, InactionSuspected)
    for record, alert in alerts:
        assert record.topic == SUPERVISION_ALERTS
        assert record.key == alert.department.encode()
    clocks = (Clock.ACKNOWLEDGE, Clock.REPLY)
    # The law's own terms and the co-handlers' parts are missed apart.
    alerts = [(_, each) for _, each in alerts if each.clock in clocks and each.nature is not Nature.STATUTORY]
    assert all(alert.department == seen.departments[str(alert.complaint_id)] for _, alert in alerts)
    missed = {(complaint, clock) for complaint in seen.accepted for clock in clocks}
    missed -= {(after_months.answered, clock) for clock in clocks}
    missed -= {(after_months.only_acknowledged, Clock.ACKNOWLEDGE)}
    assert Counter((str(alert.complaint_id), alert.clock) for _, alert in alerts) == dict.fromkeys(missed, 1)


async def test_the_summary_counts_what_the_alerts_say(
    stack: Stack, records: list[ConsumerRecord[bytes, bytes]]
) -> None:
    as_supervisor = stack.issuer.headers(Role.SUPERVISOR)
    async with httpx.AsyncClient(base_url=stack.tracker.url, headers=as_supervisor) as client:
        summary = (await client.get("/v1/supervision/summary")).raise_for_status().json()
    alerts = [alert for _, alert in _of_type(records, InactionSuspected)]
    assert summary["county"]["inaction"] == Counter(alert.kind for alert in alerts)
    by_department = {each["code"]: sum(each["inaction"].values()) for each in summary["departments"]}
    assert {code: count for code, count in by_department.items() if count} == Counter(a.department for a in alerts)


def test_no_record_says_who_the_reporter_is(records: list[ConsumerRecord[bytes, bytes]]) -> None:
    everything = "\n".join(f"{record.key!r} {record.headers!r} {(record.value or b'').decode()}" for record in records)
    assert "路灯坏了半个月没有人修" in everything
    assert [canary for canary in CANARIES if canary in everything] == []


@pytest.mark.usefixtures("after_months")
async def test_only_the_vault_knows_who_the_reporter_is(stack: Stack, fed: Fed) -> None:
    connection = await asyncpg.connect(with_database(stack.postgres.url, "hotline"))
    try:
        tables = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = ANY($1)", SERVICES
        )
        assert tables
        for (table,) in tables:
            rows = await connection.fetch(f"SELECT row::text FROM {table} AS row")  # noqa: S608  # the catalogue's name
            assert [canary for canary in CANARIES if any(canary in row[0] for row in rows)] == [], table
        [sealed] = await connection.fetch(
            "SELECT key_id, sealed FROM intake.vault WHERE complaint_id = $1", fed.canary["complaint_id"]
        )
    finally:
        await connection.close()
    keyring = Keyring.parse(f"local:{(stack.intake.state / 'vault-key').read_text()}")
    identity = open_(keyring, Sealed(sealed["key_id"], sealed["sealed"]), UUID(fed.canary["complaint_id"]))
    assert identity.reporter is not None
    assert {name: getattr(identity.reporter, name) for name in CANARY_REPORTER} == CANARY_REPORTER
    assert all(number in identity.original.text for number in CANARIES if number not in CANARY_REPORTER.values())


@pytest.mark.usefixtures("after_months")
def test_no_log_says_who_the_reporter_is(stack: Stack) -> None:
    logs = sorted(stack.intake.state.glob("*.log"))
    assert len(logs) == 6
    for log in logs:
        written = log.read_text(encoding="utf-8", errors="replace")
        # The provider of logins and the gateway of text messages say nothing as long as all is well.
        assert written or log.stem == "login-and-sms"
        assert [canary for canary in CANARIES if canary in written] == [], log.name


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_with_all_that_it_needs_is_alive_and_ready(stack: Stack, service: ServiceName) -> None:
    async with httpx.AsyncClient(base_url=getattr(stack, service).url) as client:
        alive, ready = await client.get("/livez"), await client.get("/readyz")
    assert alive.status_code == ready.status_code == 200
    needs = {"database", "kafka", "outbox"} | _NEEDS[service]
    assert ready.json() == {"status": "ok", "dependencies": dict.fromkeys(needs, "ok")}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.usefixtures("after_months")
async def test_the_labels_of_the_metrics_come_from_closed_lists(
    stack: Stack,
    policy: Policy,
    service: ServiceName,
) -> None:
    closed: dict[str, set[str]] = {
        "channel": set(Channel),
        "source": set(DecisionSource),
        "department": set(policy.departments),
        "status": set(CaseStatus),
        "clock": set(Clock),
        "kind": set(InactionKind) | set(TimerKind),
        "code": set(RefusalCode) | {"unfit", "another_content", "failed"},
        "mailbox": {"spool"},
        "consumer": set().union(*_SERVES.values()),
        "policy_hash": {policy.hash},
        "model_hash": {""},
        "outcome": {"in_service", "refused", "joined", "alone", "merged"},
        "level": {"1", "2", "3"},
        "awaits": set(Awaits),
        "dependency": {"database", "kafka", "outbox", "clock"},
    }
    for sample in await _scrape(getattr(stack, service)):
        for label, value in sample.labels.items():
            assert label == "le" or value in closed[label], sample


async def test_the_metrics_count_what_happened(
    stack: Stack, seen: Seen, records: list[ConsumerRecord[bytes, bytes]]
) -> None:
    intake, router, tracker = [await _scrape(service) for service in stack.services]
    alerts = [alert for _, alert in _of_type(records, InactionSuspected)]
    cases = await fetch(stack.database_urls["tracker"], "SELECT department, status FROM cases")
    decisions = await fetch(stack.database_urls["router"], "SELECT source FROM decisions")
    # The import is a process of its own.
    by_service = Counter(channel for channel in seen.accepted.values() if channel != "qa_platform")
    assert _values(intake, "hotline_complaints_accepted_total", "channel") == by_service
    assert _values(router, "hotline_decisions_total", "source") == Counter(row["source"] for row in decisions)
    assert _values(tracker, "hotline_cases", "department", "status") == Counter(map(tuple, cases))
    assert sum(_values(tracker, "hotline_overdue", "department", "clock").values()) == len(alerts)
    suspected = _values(tracker, "hotline_inaction_suspected_total", "department", "kind")
    assert suspected == Counter((alert.department, alert.kind) for alert in alerts)
    [lag] = _values(tracker, "hotline_deadline_lag_seconds").values()
    assert lag > timedelta(days=1).total_seconds(), "the clock has jumped over the last deadlines"
    assert _values(tracker, "hotline_accept_to_case_seconds_count") == {(): len(seen.departments)}
    assert _values(tracker, "hotline_accept_to_case_seconds_bucket", "le")["+Inf"] == len(seen.departments)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.usefixtures("after_months")
async def test_the_metrics_say_that_nothing_waits(
    stack: Stack,
    service: ServiceName,
) -> None:
    scraped = await _scrape(getattr(stack, service))
    assert _values(scraped, "hotline_outbox_depth") == {(): 0}
    assert _values(scraped, "hotline_outbox_oldest_age_seconds") == {(): 0}
    assert _values(scraped, "hotline_consumer_lag", "consumer") == dict.fromkeys(_SERVES[service], 0)
    polled = _values(scraped, "hotline_consumer_last_poll_age_seconds", "consumer")
    assert polled.keys() == _SERVES[service]
    assert min(polled.values()) >= 0, "a fetch has been answered"
    assert set(_values(scraped, "hotline_dependency_up", "dependency").values()) == {1}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.usefixtures("after_months")
def test_sigterm_ends_a_service_in_good_order(
    stack: Stack,
    tmp_path: Path,
    service: ServiceName,
) -> None:
    log = tmp_path / "log"
    with own_process(getattr(stack, service), log) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_SECONDS) == 0
    assert "Traceback" not in log.read_text()


def _of_type(records: list[ConsumerRecord[bytes, bytes]], wanted: type[Any]) -> list[tuple[Any, Any]]:
    decoded = [(record, decode(record).event) for record in records]
    return [(record, event) for record, event in decoded if isinstance(event, wanted)]


async def _scrape(service: HotlineService) -> list[Sample]:
    async with httpx.AsyncClient(base_url=service.url) as client:
        # The dependencies' metric is as fresh as the last look at readiness.
        await client.get("/readyz")
        text = (await client.get("/metrics")).raise_for_status().text
    families = text_string_to_metric_families(text)
    return [sample for family in families if family.name.startswith("hotline_") for sample in family.samples]


def _values(samples: list[Sample], name: str, *labels: str) -> dict[Any, float]:
    """Value of the metric by its labels: by the label itself where there is one, else by a tuple."""

    def key(sample: Sample) -> Any:
        values = tuple(sample.labels[label] for label in labels)
        return values[0] if len(values) == 1 else values

    found = {
        key(sample): sample.value for sample in samples if sample.name == name and set(sample.labels) == set(labels)
    }
    assert found, f"there is no metric {name} with the labels {labels}"
    return found
