"""Answers of the Open311 façade as JSON and as XML, which say the same (the specification's Spark convention)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson

# An empty sequence is all that a field of ours ever holds beside plain values: no service has attributes.
Value: TypeAlias = str | int | bool | tuple[()] | None
Row: TypeAlias = Mapping[str, Value]


class Format(StrEnum):
    JSON = "json"
    XML = "xml"

    @property
    def media_type(self) -> str:
        return "application/json; charset=utf-8" if self is Format.JSON else "text/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Listing:
    """In XML one element `each` for every row within `whole`; in JSON an array."""

    whole: str
    each: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Single:
    """In XML the root itself holds the fields; in JSON an object."""

    whole: str
    row: Row


Answer: TypeAlias = Listing | Single

# What XML 1.0 cannot hold (section 2.2), and line ends that its readers would change (section 2.11).
_NOT_IN_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(answer: Answer, form: Format) -> bytes:
    rows = [_printable(row) for row in (answer.rows if isinstance(answer, Listing) else [answer.row])]
    if form is Format.JSON:
        return orjson.dumps(rows if isinstance(answer, Listing) else rows[0])
    root = Element(answer.whole)
    for row in rows:
        _fill(SubElement(root, answer.each) if isinstance(answer, Listing) else root, row)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode").encode()


def _printable(row: Row) -> Row:
    return {name: _NOT_IN_XML.sub("\ufffd", value) if isinstance(value, str) else value for name, value in row.items()}


def _fill(element: Element, row: Row) -> None:
    for name, value in row.items():
        child = SubElement(element, name)
        match value:
            case None | ():
                pass
            case bool():
                child.text = "true" if value else "false"
            case _:
                child.text = str(value)
