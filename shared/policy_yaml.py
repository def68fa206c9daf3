"""One YAML file, read so that every value remembers its line.

Values stay as they are written: a scalar is text unless YAML calls it null or a truth value, so that ``12345`` and
``18:00`` (a number to base 60 in YAML 1.1) mean what the author sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from shared.policy_problems import Problem

__all__ = ["Document", "read_document"]

# The keys and list places that lead to a value.
Steps = tuple[str | int, ...]

_TRUTH = {"true": True, "false": False}


@dataclass(slots=True)
class Document:
    file: str
    data: object = None
    problems: list[Problem] = field(default_factory=list)
    lines: dict[Steps, int] = field(default_factory=dict)

    def line(self, path: Sequence[str | int]) -> int:
        """The line of the value at `path`, or of the nearest thing around it that the file does hold."""
        known = tuple(path)
        while known and known not in self.lines:
            known = known[:-1]
        return self.lines.get(known, 1)

    def problem(self, path: Sequence[str | int], message: str, mend: str) -> Problem:
        return Problem(self.file, self.line(path), message, mend)


class _PlainLoader(yaml.SafeLoader):
    """Refuses anchors: a policy says everything where it counts, and a value that contains itself cannot be read."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.get_event()  # type: ignore[no-untyped-call]  # the stubs lack it
            raise yaml.composer.ComposerError(None, None, "a reference (*name) is not allowed", event.start_mark)
        return super().compose_node(parent, index)


def read_document(path: Path) -> Document:
    """Read the file; what cannot be read is in the document's problems and nothing is raised."""
    document = Document(path.name)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        document.problems.append(
            Problem(path.name, 0, "the file is missing", f"write {path.name} into {path.parent.name}"),
        )
        return document
    except (OSError, UnicodeDecodeError) as error:
        document.problems.append(
            Problem(path.name, 0, f"the file cannot be read: {error}", "save it as a readable UTF-8 text file"),
        )
        return document
    try:
        root = _PlainLoader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(filter(None, (error.context, error.problem)))
        document.problems.append(
            Problem(
                path.name,
                mark.line + 1 if mark else 0,
                f"not valid YAML: {what}",
                "check indentation, colons, quotes and brackets on this line and the one above",
            ),
        )
        return document
    except (yaml.YAMLError, RecursionError) as error:
        mend = "nest less" if isinstance(error, RecursionError) else "remove the characters that are not text"
        document.problems.append(Problem(path.name, 0, f"not valid YAML: {error}", mend))
        return document
    if root is None:
        document.problems.append(Problem(path.name, 1, "the file is empty", "write its fields"))
        return document
    document.data = _value(root, (), document)
    return document


def _value(node: yaml.Node, path: Steps, document: Document) -> object:
    document.lines.setdefault(path, node.start_mark.line + 1)
    match node:
        case yaml.MappingNode():
            return _mapping(node, path, document)
        case yaml.SequenceNode():
            return [_value(item, (*path, place), document) for place, item in enumerate(node.value)]
        case _:
            return _scalar(node)


def _mapping(node: yaml.MappingNode, path: Steps, document: Document) -> dict[str, object]:
    values: dict[str, object] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        line = key_node.start_mark.line + 1
        if key in values:
            first = document.line((*path, key))
            document.problems.append(
                Problem(
                    document.file,
                    line,
                    f"{key!r} is written twice, first on line {first}",
                    "keep one of the two",
                ),
            )
            continue
        document.lines[*path, key] = line
        values[key] = _value(value_node, (*path, key), document)
    return values


def _scalar(node: yaml.Node) -> object:
    if node.tag == "tag:yaml.org,2002:null":
        return None
    if node.tag == "tag:yaml.org,2002:bool":
        return _TRUTH.get(node.value.lower(), node.value)
    return node.value
