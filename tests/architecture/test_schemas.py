"""The schemas that others rely on: as generated today, true to the events, and never changed against a consumer."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from shared import asyncapi
from shared.asyncapi import CHANNELS, DIRECTORY, broken_promises, documents
from shared.compatibility import breaking_changes
from shared.events import EVENTS, CaseOpened, ComplaintReceived, Event
from shared.policy import Policy
from shared.topics import all_topics
from tests.architecture.test_golden_events import EXAMPLES, as_json, published

DOCUMENT: dict[str, Any] = yaml.safe_load((DIRECTORY / "asyncapi.yaml").read_text(encoding="utf-8"))
RECEIVED = asyncapi.schema(ComplaintReceived)
OPENED = asyncapi.schema(CaseOpened)


class TestTheCommittedFiles:
    def test_are_what_the_events_say_today(self) -> None:
        committed = {file.name: file.read_text(encoding="utf-8") for file in DIRECTORY.iterdir()}
        assert committed == documents(), "run: python -m shared.asyncapi"

    def test_promise_nothing_that_is_broken_today(self) -> None:
        assert broken_promises(DIRECTORY) == []

    @pytest.mark.parametrize("event", EVENTS)
    def test_hold_for_what_is_published(self, event: type[Event]) -> None:
        schema = json.loads((DIRECTORY / f"{event.event_type}.schema.json").read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        validator.validate(as_json(published(EXAMPLES[event]))["body"])
        assert not validator.is_valid({})


class TestTheAsyncApiDocument:
    def references(self, part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if "$ref" in part:
                yield part["$ref"]
            for each in part.values():
                yield from self.references(each)
        if isinstance(part, list):
            for each in part:
                yield from self.references(each)

    def test_refers_to_nothing_that_is_not_there(self) -> None:
        found = list(self.references(DOCUMENT))
        assert found
        for reference in found:
            file, _, inside = reference.partition("#/")
            if file:
                assert (DIRECTORY / file).is_file()
                continue
            part = DOCUMENT
            for step in inside.split("/"):
                part = part[step]

    def test_has_every_topic_of_the_county_and_no_other(self, policy: Policy) -> None:
        queues = {address.format(department=code) for address in self.addresses() for code in policy.departments}
        assert {topic.name for topic in all_topics(policy.departments)} == queues | {f"{name}.dead" for name in queues}

    def addresses(self) -> list[str]:
        return [channel["address"] for channel in DOCUMENT["channels"].values()]

    def test_has_every_event_on_one_topic_with_a_writer_and_a_reader(self) -> None:
        carried = [event for channel in CHANNELS for event in channel.carries]
        assert sorted(event.event_type for event in carried) == sorted(event.event_type for event in EVENTS)
        for name in DOCUMENT["channels"]:
            actions = {
                o["action"] for o in DOCUMENT["operations"].values() if o["channel"]["$ref"].endswith(f"/{name}")
            }
            assert actions == {"send", "receive"}

    @pytest.mark.parametrize("event", EVENTS)
    def test_describes_the_headers_that_are_sent(self, event: type[Event]) -> None:
        headers = published(EXAMPLES[event]).headers
        described = DOCUMENT["components"]["messages"][event.__name__]["headers"]
        assert set(described["required"]) == set(described["properties"]) == set(headers)
        source = described["properties"]["ce_source"]["enum"][0]
        Draft202012Validator(described).validate(dict(headers) | {"ce_source": source})


def changed(schema: dict[str, Any], change: Callable[[dict[str, Any]], Any]) -> list[str]:
    """What breaks when `change` is made to `schema`."""
    other = copy.deepcopy(schema)
    change(other)
    assert other != schema
    return breaking_changes(schema, other)


class TestAChangeThatAConsumerCouldNotFollowIsRefused:
    def test_a_field_that_is_gone(self) -> None:
        [optional] = changed(RECEIVED, lambda s: s["properties"].pop("place"))
        assert optional == "place is gone"
        assert "ticket_number is gone" in changed(RECEIVED, lambda s: s["properties"].pop("ticket_number"))

    def test_a_type_that_is_another(self) -> None:
        [sentence] = changed(RECEIVED, lambda s: s["properties"].update(text={"type": "integer"}))
        assert sentence == "text was string and is integer"
        [sentence] = changed(RECEIVED, lambda s: s["properties"]["accepted_at"].pop("format"))
        assert sentence == "accepted_at was string (date-time) and is string"

    def test_a_value_that_may_now_be_null_or_no_longer(self) -> None:
        nullable = {"anyOf": [{"type": "string"}, {"type": "null"}]}
        assert changed(RECEIVED, lambda s: s["properties"].update(text=nullable))
        assert changed(RECEIVED, lambda s: s["properties"].update(place={"type": "string"}))

    def test_a_required_field_that_is_added(self) -> None:
        def add(schema: dict[str, Any]) -> None:
            schema["properties"]["county"] = {"type": "string"}
            schema["required"].append("county")

        assert changed(RECEIVED, add) == ["county is required, and old events do not have it"]

    def test_a_field_that_becomes_required_or_may_now_be_absent(self) -> None:
        assert changed(RECEIVED, lambda s: s["required"].append("place"))
        assert changed(RECEIVED, lambda s: s["required"].remove("text"))

    def test_a_value_of_an_enumeration_that_is_gone(self) -> None:
        [sentence] = changed(RECEIVED, lambda s: s["$defs"]["Channel"]["enum"].remove("mailbox"))
        assert sentence == "channel can no longer be mailbox"

    def test_an_enumeration_that_opens_or_closes(self) -> None:
        assert changed(RECEIVED, lambda s: s["$defs"]["Kind"].pop("enum"))
        assert changed(RECEIVED, lambda s: s["properties"]["text"].update(enum=["a"]))

    def test_a_limit_that_is_another(self) -> None:
        assert changed(RECEIVED, lambda s: s["properties"]["accused"]["anyOf"][0].update(maxLength=10))
        assert changed(RECEIVED, lambda s: s["properties"]["text"].update(maxLength=10))
        assert changed(RECEIVED, lambda s: s.update(additionalProperties=False))

    def test_inside_the_items_of_a_list_too(self) -> None:
        [sentence] = changed(OPENED, lambda s: s["$defs"]["Deadline"]["properties"].pop("warn_at"))
        assert sentence == "warn_at is gone"
        assert changed(OPENED, lambda s: s["$defs"]["Clock"]["enum"].remove("reply"))

    def test_an_event_that_is_gone(self, tmp_path: Path) -> None:
        (tmp_path / "hotline.case.forgotten.v1.schema.json").write_text("{}")
        assert broken_promises(tmp_path) == ["hotline.case.forgotten.v1.schema.json: the event is gone"]

    def test_and_the_files_stay_as_they_are(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        promised = copy.deepcopy(RECEIVED)
        promised["properties"]["county"] = {"type": "string"}
        file = tmp_path / "hotline.complaint.received.v1.schema.json"
        file.write_text(json.dumps(promised))
        monkeypatch.setattr(asyncapi, "DIRECTORY", tmp_path)
        with pytest.raises(SystemExit, match="county is gone"):
            asyncapi.main()
        assert [each.name for each in tmp_path.iterdir()] == [file.name]
        assert json.loads(file.read_text()) == promised


class TestAChangeThatEverybodyCanFollowIsLetThrough:
    def test_no_change(self) -> None:
        assert breaking_changes(RECEIVED, copy.deepcopy(RECEIVED)) == []

    def test_an_optional_field_that_is_added(self) -> None:
        field = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
        assert changed(RECEIVED, lambda s: s["properties"].update(county=field)) == []

    def test_a_value_that_is_added_to_an_enumeration(self) -> None:
        assert changed(RECEIVED, lambda s: s["$defs"]["Channel"]["enum"].append("radio")) == []

    def test_another_description_or_name_of_a_definition(self) -> None:
        def rename(schema: dict[str, Any]) -> None:
            schema["$defs"]["Sort"] = schema["$defs"].pop("Kind") | {"title": "Sort", "description": "x"}
            schema["properties"]["kind"] = {"$ref": "#/$defs/Sort"}

        assert changed(RECEIVED, rename) == []

    def test_and_is_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(asyncapi, "DIRECTORY", tmp_path / "events")
        for _again in range(2):
            asyncapi.main()
            assert {f.name: f.read_text(encoding="utf-8") for f in (tmp_path / "events").iterdir()} == documents()
