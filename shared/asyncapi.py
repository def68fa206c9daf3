"""The contract between the services, written down for whoever reads our topics: ``python -m shared.asyncapi``.

Every event has a JSON Schema, and an AsyncAPI 3 document says which topic carries it, who writes it and who reads
it. Both are made from the models and kept in ``docs/events``. What stands there is what others rely on, so a change
that they could not follow is refused: it needs an event of a new name.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from shared import topics
from shared.compatibility import breaking_changes
from shared.events import (
    CASE_MOVES,
    EVENTS,
    ActionRefused,
    CaseSupervised,
    CaseUrged,
    ComplaintAssigned,
    ComplaintReceived,
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
from shared.topics import Topic, all_topics

DIRECTORY = Path(__file__).resolve().parents[1] / "docs" / "events"

_DEPARTMENT = "{department}"


@dataclass(frozen=True, slots=True)
class Channel:
    """A topic, or the family of topics of all departments, with who writes it and who reads it."""

    name: str
    topic: str
    carries: tuple[type[Event], ...]
    # What the key of a record is; records of one key stay in order.
    key: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    about: str


CHANNELS = (
    Channel(
        "complaintsReceived",
        topics.COMPLAINTS_RECEIVED,
        (ComplaintReceived,),
        "complaint_id",
        ("intake",),
        ("router",),
        "Every complaint that was accepted, on whichever channel.",
    ),
    Channel(
        "departmentAssigned",
        topics.assigned(_DEPARTMENT),
        (ComplaintAssigned,),
        "complaint_id",
        ("router",),
        ("tracker", "intake", "department"),
        "The queue of one department. Nobody but that department, the tracker and the intake may read it.",
    ),
    Channel(
        "complaintsIncidents",
        topics.COMPLAINTS_INCIDENTS,
        (IncidentMembershipChanged,),
        "complaint_id",
        ("router",),
        ("tracker",),
        "Which complaints turned out, after they were assigned, to tell of one incident.",
    ),
    Channel(
        "casesEvents",
        topics.CASES_EVENTS,
        (
            *CASE_MOVES,
            CaseUrged,
            CaseSupervised,
            DeadlineWarned,
            DeadlineMissed,
            DeadlineRecomputed,
        ),
        "complaint_id",
        ("tracker",),
        ("intake", "router"),
        "What becomes of every case and of its deadlines.",
    ),
    Channel(
        "supervisionAlerts",
        topics.SUPERVISION_ALERTS,
        (
            InactionSuspected,
            InactionExplained,
            InactionUnexplained,
            InactionConfirmed,
            InactionDismissed,
            SupervisionNoticeIssued,
            HotspotRaised,
        ),
        "department",
        ("tracker", "router"),
        ("supervisionOffice",),
        "Suspected inaction and what becomes of it, notices of what long stays unanswered, and hot spots.",
    ),
    Channel(
        "departmentActions",
        topics.actions(_DEPARTMENT),
        (
            DepartmentActionAcknowledge,
            DepartmentActionReply,
            DepartmentActionRequestReturn,
            DepartmentActionContribute,
        ),
        "complaint_id",
        ("department",),
        ("tracker",),
        "What the department's own system asks for. Whoever may write here acts as that department; nobody else may.",
    ),
    Channel(
        "departmentRefusals",
        topics.refusals(_DEPARTMENT),
        (ActionRefused,),
        "complaint_id",
        ("tracker",),
        ("department",),
        "Which of the department's actions were refused and why; an action that is not answered here was carried out.",
    ),
)


def schema(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema of an event's body."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{event.event_type}.schema.json",
        **event.model_json_schema(),
    }


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document; it refers to the schemas that lie beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Hotline",
            "version": "1",
            "description": (
                "Every event that passes between the services of Hotline: CloudEvents 1.0 in the binary mode of the "
                "Kafka protocol binding, attributes in ce_ headers and the data as the JSON body. Delivery is at "
                "least once: whoever reads drops a ce_id that was seen before. Fields are only ever added. No event "
                "holds personal data."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {channel.name: _channel(channel) for channel in CHANNELS},
        "operations": dict(operation for channel in CHANNELS for operation in _operations(channel)),
        "components": {"messages": {event.__name__: _message(event, channel) for event, channel in _carried()}},
    }


def documents() -> Mapping[str, str]:
    """The text of every generated file by its name."""
    schemas = {
        f"{event.event_type}.schema.json": json.dumps(schema(event), ensure_ascii=False, indent=2) + "\n"
        for event in EVENTS
    }
    return schemas | {"asyncapi.yaml": yaml.safe_dump(asyncapi(), allow_unicode=True, sort_keys=False, width=120)}


def broken_promises(directory: Path) -> list[str]:
    """What of today's events an old consumer, who relies on the schemas in `directory`, could not read."""
    today = {f"{event.event_type}.schema.json": schema(event) for event in EVENTS}
    broken = []
    for file in sorted(directory.glob("*.schema.json")):
        if file.name not in today:
            broken.append(f"{file.name}: the event is gone")
            continue
        promised = json.loads(file.read_text(encoding="utf-8"))
        broken += [f"{file.name}: {change}" for change in breaking_changes(promised, today[file.name])]
    return broken


def _carried() -> list[tuple[type[Event], Channel]]:
    return [(event, channel) for channel in CHANNELS for event in channel.carries]


def _topic(channel: Channel) -> Topic:
    """The topic as it is created; that of one department stands for all of them."""
    return next(topic for topic in all_topics([_DEPARTMENT]) if topic.name == channel.topic)


def _channel(channel: Channel) -> dict[str, Any]:
    topic = _topic(channel)
    parameters = {"department": {"description": "The department's code, as in water-supply."}}
    return {
        "address": channel.topic,
        "description": channel.about,
        **({"parameters": parameters} if _DEPARTMENT in channel.topic else {}),
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"} for event in channel.carries},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {"retention.ms": int(topic.kept.total_seconds() * 1000)},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operations(channel: Channel) -> list[tuple[str, dict[str, Any]]]:
    capital = channel.name[0].upper() + channel.name[1:]
    messages = [{"$ref": f"#/channels/{channel.name}/messages/{event.__name__}"} for event in channel.carries]
    return [
        (
            f"{who}{verb}{capital}",
            {"action": action, "channel": {"$ref": f"#/channels/{channel.name}"}, "messages": messages},
        )
        for verb, action, everybody in (("Sends", "send", channel.writers), ("Receives", "receive", channel.readers))
        for who in everybody
    ]


def _message(event: type[Event], channel: Channel) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "name": event.event_type,
        "title": event.__name__,
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"],
            "properties": {
                "ce_specversion": text | {"const": "1.0"},
                "ce_id": text | {"format": "uuid", "description": "The same however often the event is delivered."},
                "ce_source": text | {"enum": [f"/hotline/{writer}" for writer in channel.writers]},
                "ce_type": text | {"const": event.event_type},
                "ce_time": text | {"format": "date-time"},
                "content-type": text | {"const": "application/json"},
            },
        },
        "payload": {"$ref": f"./{event.event_type}.schema.json"},
        "bindings": {
            "kafka": {
                "key": text | {"description": f"The body's {channel.key}."},
                "bindingVersion": "0.5.0",
            }
        },
    }


def main() -> None:
    """Write the files anew, unless that would break what others rely on."""
    if broken := broken_promises(DIRECTORY):
        sys.exit("An old consumer could not read this; give the event a new name (…v2) instead:\n" + "\n".join(broken))
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (DIRECTORY / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
