"""What the county's people taught the router, as labelled examples: returns that were accepted, and their own placings.

The label is the department that has the complaint in the end, `not` names those that gave it back. There is nothing in
a line by which a person or a complaint could be found: the text is redacted, ids and ticket numbers are left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.router.classifier.examples import Example
from services.router.classifier.near_duplicates import groups_of
from shared.china_time import CHINA_TIME
from shared.events import ComplaintReceived
from shared.language import DepartmentCode
from shared.matching import comparable
from shared.redaction import redact

__all__ = ["Lesson", "lines", "pooled"]


@dataclass(frozen=True, slots=True)
class Lesson:
    text: str
    date: date
    label: DepartmentCode
    # Which step or person placed it in the end.
    source: str
    # The departments that gave it back.
    tried: tuple[DepartmentCode, ...]

    @classmethod
    def of(
        cls, complaint: ComplaintReceived, label: DepartmentCode, source: str, tried: Sequence[DepartmentCode]
    ) -> "Lesson":
        text = f"{complaint.title}\n{complaint.text}" if complaint.title else complaint.text
        # Kept texts were redacted when they came in; the redaction of today may know more.
        return cls(redact(text), complaint.accepted_at.astimezone(CHINA_TIME).date(), label, source, tuple(tried))


def lines(lessons: Sequence[Lesson]) -> Iterable[dict[str, Any]]:
    """The lines of a file of examples; near-duplicates share a group."""
    for lesson, group in zip(lessons, groups_of([lesson.text for lesson in lessons]), strict=True):
        yield {
            "text": lesson.text,
            "label": lesson.label,
            "not": list(lesson.tried),
            "by": lesson.source,
            "date": lesson.date.isoformat(),
            "group": f"learned-{group}",
        }


def pooled(files: Sequence[Sequence[Example]]) -> list[Example]:
    """The examples of several files as one: of the same text the last file's label counts, and no group is divided.

    A text of one file and its near-duplicate in another come into one group.
    """
    if len(files) == 1:
        return list(files[0])
    examples = list({comparable(example.text): example for file in files for example in file}.values())
    near = groups_of([example.text for example in examples])
    # A group of a file and a group of near-duplicates are one as soon as they share a text.
    leader: dict[str, str] = {}

    def lead(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    for example, number in zip(examples, near, strict=True):
        leader[lead(f"near {number}")] = lead(f"file {example.group}")
    return [replace(example, group=lead(f"file {example.group}")) for example in examples]
