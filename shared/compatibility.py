"""Whether those who rely on one JSON Schema of an event can live with another one.

Both directions count: an old consumer reads new events, and a new consumer reads the old ones that a topic keeps for
a month. So a field may be added if it may be absent, and a value may be added to an enumeration once its readers
know it; nothing else may change.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

# What narrows a value; a wider limit breaks old consumers, a narrower one new consumers.
_LIMITS = (
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "uniqueItems",
    "additionalProperties",
)


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """Each change from `old` to `new` that breaks a consumer, as a sentence that names the field."""
    return list(_changes(old, new, old, new, "the event"))


def _changes(old_root: Schema, new_root: Schema, old: Schema, new: Schema, where: str) -> Iterator[str]:
    old, new = _resolved(old_root, old), _resolved(new_root, new)
    old_kinds, new_kinds = _kinds(old_root, old), _kinds(new_root, new)
    if old_kinds.keys() != new_kinds.keys():
        yield f"{where} was {_written(old_kinds)} and is {_written(new_kinds)}"
        return
    for kind, before in old_kinds.items():
        yield from _changes_of_kind(old_root, new_root, before, new_kinds[kind], where)


def _changes_of_kind(old_root: Schema, new_root: Schema, old: Schema, new: Schema, where: str) -> Iterator[str]:
    for limit in _LIMITS:
        if old.get(limit) != new.get(limit):
            yield f"{where} had {limit} {old.get(limit)} and has {new.get(limit)}"
    if gone := [value for value in _values(old) if value not in _values(new)]:
        yield f"{where} can no longer be {', '.join(map(str, gone))}"
    if not _values(old) and _values(new):
        yield f"{where} could be anything and is now an enumeration"
    if _values(old) and not _values(new):
        yield f"{where} was an enumeration and can now be anything"
    if "items" in old:
        yield from _changes(old_root, new_root, old["items"], new.get("items", {}), f"an item of {where}")
    yield from _changes_of_fields(old_root, new_root, old, new)


def _changes_of_fields(old_root: Schema, new_root: Schema, old: Schema, new: Schema) -> Iterator[str]:
    old_fields, new_fields = old.get("properties", {}), new.get("properties", {})
    old_required, new_required = set(old.get("required", ())), set(new.get("required", ()))
    for name, field in old_fields.items():
        if name in new_fields:
            yield from _changes(old_root, new_root, field, new_fields[name], name)
        else:
            yield f"{name} is gone"
    for name in sorted(new_required - old_required):
        yield f"{name} is required, and old events do not have it"
    for name in sorted(old_required & new_fields.keys() - new_required):
        yield f"{name} may now be absent, and old consumers require it"


def _resolved(root: Schema, part: Schema) -> Schema:
    while "$ref" in part:
        target: Any = root
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        part = target
    return part


def _kinds(root: Schema, part: Schema) -> dict[tuple[str, str], Schema]:
    """The alternatives of a value by type and format."""
    alternatives = [_resolved(root, each) for each in part.get("anyOf", [part])]
    return {(each.get("type", "anything"), each.get("format", "")): each for each in alternatives}


def _written(kinds: Mapping[tuple[str, str], Schema]) -> str:
    return " or ".join(f"{name} ({form})" if form else name for name, form in kinds)


def _values(part: Schema) -> list[Any]:
    return list(part["enum"]) if "enum" in part else [part["const"]] if "const" in part else []
