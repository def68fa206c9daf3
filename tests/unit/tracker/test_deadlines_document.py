"""Every example of docs/deadlines.md, counted."""

import re
from collections.abc import Iterator
from datetime import datetime, time

import pytest
import yaml

from deploy.local.hotline import PROJECT
from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import after_suspension, due, extended
from shared.china_time import CHINA_TIME
from shared.counting import Counting, Span, Starts
from shared.term import Term

DOCUMENT = PROJECT / "docs" / "deadlines.md"
SUSPENDED = re.compile(r"suspended (.+) to (.+)")


def examples() -> Iterator[tuple[str, ...]]:
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = tuple(cell.strip() for cell in line.split("|")[1:-1])
        if len(cells) == 5 and cells[0][:2] == "20":
            yield cells


def counting(rules: str) -> Counting:
    written = yaml.load(f"{{{rules}}}", Loader=yaml.BaseLoader)  # noqa: S506  # knows nothing but text
    return Counting(
        close_of_business=time.fromisoformat(written["close_of_business"]) if "close_of_business" in written else None,
        starts=Starts(written.get("starts", "at_once")),
        office_hours=tuple(map(Span.parse, written.get("office_hours", ()))),
        ends_on_working_day=written.get("ends_on_working_day") != "false",
    )


def shanghai(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=CHINA_TIME)


@pytest.mark.parametrize("example", list(examples()), ids=" ".join)
def test_an_example_is_true(calendar: Calendar, example: tuple[str, ...]) -> None:
    opened, term, rules, then, due_at = example
    found = due(shanghai(opened), Term.parse(term), calendar, counting(rules))
    for what in filter(None, then.split(", ")):
        if suspended := SUSPENDED.fullmatch(what):
            found = after_suspension(found, shanghai(suspended[1]), shanghai(suspended[2]), calendar)
        else:
            found = extended(found, Term.parse(what.removeprefix("extended ")), calendar)
    assert found.due_at == shanghai(due_at)


def test_the_examples_are_found() -> None:
    assert len(list(examples())) >= 25
