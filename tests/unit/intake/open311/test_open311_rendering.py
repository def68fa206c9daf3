"""JSON and XML carry the same, whatever is answered."""

import json
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from hypothesis import given
from hypothesis import strategies as st

from services.intake.open311.open311_rendering import Answer, Format, Listing, Row, Single, render

NAMES = st.from_regex(r"[a-z][a-z_]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS | st.just(())
ROWS: st.SearchStrategy[Row] = st.dictionaries(NAMES, VALUES, min_size=1, max_size=8)
ANSWERS: st.SearchStrategy[Answer] = st.builds(Listing, NAMES, NAMES, st.lists(ROWS, max_size=4)) | st.builds(
    Single, NAMES, ROWS
)


def plain(value: Any) -> str | None:
    """A JSON value as the text of the element that stands for it."""
    match value:
        case None | []:
            return None
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def fields(element: Element) -> dict[str, str | None]:
    assert all(len(child) == 0 and not child.attrib for child in element)
    return {child.tag: child.text for child in element}


def carried_by_xml(answer: Answer, data: bytes) -> Any:
    assert data.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    root = fromstring(data)  # noqa: S314  # our own
    assert (root.tag, root.attrib) == (answer.whole, {})
    if isinstance(answer, Single):
        return fields(root)
    assert all(child.tag == answer.each for child in root)
    return [fields(child) for child in root]


def carried_by_json(data: bytes) -> Any:
    said = json.loads(data)
    if isinstance(said, dict):
        return {name: plain(value) for name, value in said.items()}
    return [{name: plain(value) for name, value in row.items()} for row in said]


@given(ANSWERS)
def test_both_say_the_same(answer: Answer) -> None:
    assert carried_by_xml(answer, render(answer, Format.XML)) == carried_by_json(render(answer, Format.JSON))


@given(st.lists(ROWS, max_size=4))
def test_a_listing_of_one_or_none_is_still_an_array(rows: list[Row]) -> None:
    assert len(json.loads(render(Listing("whole", "each", rows), Format.JSON))) == len(rows)


def test_markup_in_a_text_stays_text() -> None:
    answer = Listing("errors", "error", [{"description": "</description><script>&amp;", "code": 400}])
    assert fields(fromstring(render(answer, Format.XML))[0])["description"] == "</description><script>&amp;"  # noqa: S314


def test_what_xml_cannot_hold_is_replaced_in_both() -> None:
    answer = Single("one", {"text": "a\x00b\x0bc\ufffe"})
    assert json.loads(render(answer, Format.JSON)) == {"text": "a\ufffdb\ufffdc\ufffd"}
    assert fields(fromstring(render(answer, Format.XML))) == {"text": "a\ufffdb\ufffdc\ufffd"}  # noqa: S314
