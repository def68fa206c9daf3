"""What each file of a policy may hold, and the check of one file against its shape."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from shared.detection import Bounds
from shared.language import DepartmentCode
from shared.policy import (
    Department,
    Matter,
    Name,
    OutOfScope,
    PolicyRecord,
    Position,
    Rule,
    Word,
    Words,
)
from shared.policy_problems import Problem, suggest
from shared.policy_yaml import Document

__all__ = [
    "CountyFile",
    "DepartmentsFile",
    "InactionFile",
    "MattersFile",
    "RulesFile",
    "ScopeFile",
    "check_shape",
]


Shape = TypeVar("Shape", bound=BaseModel)


class CountyFile(PolicyRecord):
    name: Name
    triage_desk: DepartmentCode
    supervision_office: DepartmentCode
    towns: Words
    town_positions: Mapping[Word, Position] = Field(default_factory=dict)


class DepartmentsFile(PolicyRecord):
    departments: Annotated[tuple[Department, ...], Field(min_length=1)]


class MattersFile(PolicyRecord):
    matters: Annotated[tuple[Matter, ...], Field(min_length=1)]


class RulesFile(PolicyRecord):
    rules: tuple[Rule, ...]


class ScopeFile(PolicyRecord):
    out_of_scope: tuple[OutOfScope, ...]


class InactionFile(PolicyRecord):
    bounds: Bounds = Bounds()


def check_shape(document: Document, shape: type[Shape]) -> Shape | None:
    """The file as a record, or None with the reasons among the document's problems."""
    if document.data is None:
        return None
    try:
        return shape.model_validate(document.data)
    except ValidationError as invalid:
        document.problems.extend(_problem(document, shape, error) for error in invalid.errors(include_url=False))
        return None


# What each kind of pydantic error says here, and the mend; the braces are filled by `_problem`.
_SAYINGS: Mapping[str, tuple[str, str]] = {
    "missing": ("{name} is missing", "write {last}: …"),
    "extra_forbidden": ("unknown field {name}", "{choice}"),
    "enum": ("{name} is {given}", "{choice}"),
    "string_type": ("{name} must be text, not {given}", "write it in quotes"),
    "string_too_short": ("{name} is too short: {given}", "write at least {min_length} characters"),
    "string_too_long": ("{name} is too long", "write at most {max_length} characters"),
    "string_pattern_mismatch": (
        "{name} is {given}",
        "write lower-case letters, digits and single hyphens, such as market-regulation",
    ),
    "too_short": ("{name} is empty", "write at least one entry"),
    "tuple_type": ("{name} must be a list, not {given}", "write it as [first, second] or as lines with -"),
    "bool_parsing": ("{name} is {given}", "write true or false"),
    "bool_type": ("{name} is {given}", "write true or false"),
    "time_parsing": ("{name} is {given}", "write a time such as '18:00', or null for 24:00"),
    "time_type": ("{name} is {given}", "write a time such as '18:00', or null for 24:00"),
    "date_from_datetime_parsing": ("{name} is {given}", "write a date such as 2026-10-01"),
    "date_parsing": ("{name} is {given}", "write a date such as 2026-10-01"),
    "float_parsing": ("{name} is {given}", "write a number such as 0.15"),
    "int_parsing": ("{name} is {given}", "write a whole number"),
    "greater_than": ("{name} is {given}", "write more than {gt}"),
    "less_than": ("{name} is {given}", "write less than {lt}"),
    "greater_than_equal": ("{name} is {given}", "write at least {ge}"),
    "less_than_equal": ("{name} is {given}", "write at most {le}"),
    "mapping_type": ("{name} must have fields, not {given}", "write it as lines of name: value"),
    "model_type": ("{name} must have fields, not {given}", "write it as lines of name: value"),
}


def _problem(document: Document, shape: type[BaseModel], error: ErrorDetails) -> Problem:
    path = error["loc"]
    context = error.get("ctx", {})
    name = _readable(path)
    if error["type"] == "value_error":
        # A validator that knows the mend writes it behind a semicolon.
        said, _, instead = str(context["error"]).partition("; ")
        return document.problem(path, f"{name}: {said}", instead or "correct it")
    choice = ""
    if error["type"] == "extra_forbidden":
        choice = suggest(str(path[-1]), _fields(shape, path[:-1]))
    elif error["type"] == "enum":
        choice = suggest(str(error["input"]), re.findall(r"'([^']+)'", context["expected"]))
    message, mend = _SAYINGS.get(error["type"], ("{name}: {said}", "write another value"))
    words = {
        **context,
        "name": name,
        "last": path[-1] if path else "",
        "given": _written(error["input"]),
        "choice": choice,
        "said": error["msg"],
    }
    return document.problem(path, message.format_map(words), mend.format_map(words))


def _readable(path: tuple[str | int, ...]) -> str:
    """``departments[2].short_names`` for the place in the file; entries are counted from 1."""
    name = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in path)
    return name.lstrip(".") or "the file"


def _written(value: object) -> str:
    match value:
        case None:
            return "empty"
        case dict():
            return "fields"
        case list():
            return "a list"
        case bool():
            return str(value).lower()
        case _:
            return repr(value)


def _fields(shape: type[BaseModel], path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The names of the fields that the record at `path` may have."""
    record = shape
    for step in path:
        # A key of a mapping is no field.
        if isinstance(step, str) and step in record.model_fields:
            record = _record_in(record.model_fields[step].annotation) or record
    return tuple(record.model_fields)


def _record_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_record_in, get_args(annotation))), None)
