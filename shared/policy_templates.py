"""Reply templates per matter (答复模板): the optional file ``templates.yaml``.

The same words for unlike complaints are a sign of nobody having looked, so a template has blanks that only somebody who
has looked can fill: 〔修复时间〕. Two things in such brackets are no blanks: four digits are the year of a document
(国办发〔2026〕1号), and 〔电话〕 and the like are what redaction leaves of a number.
"""

import re
from collections.abc import Collection, Iterator
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from shared.policy_problems import Problem, suggest
from shared.policy_yaml import Document
from shared.redaction import TOKENS

__all__ = ["Template", "TemplatesFile", "blanks", "check_templates"]

_BRACKETS = re.compile(r"〔([^〔〕]*)〕")
_YEAR = re.compile(r"\d{4}")
_REDACTED = frozenset(TOKENS.values())


def blanks(text: str) -> tuple[str, ...]:
    """The blanks of `text` that are not filled, brackets included, in their order."""
    found = ((each[0], each[1].strip()) for each in _BRACKETS.finditer(text))
    return tuple(whole for whole, inside in found if whole not in _REDACTED and not _YEAR.fullmatch(inside))


def _with_a_blank(text: str) -> str:
    if not blanks(text):
        raise ValueError("the text has no blank; write what only this case tells as 〔修复时间〕")
    return text


_Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=60)]
_Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=4, max_length=2000), AfterValidator(_with_a_blank)
]


class Template(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    code: _Code
    matter: _Code
    name: _Name
    text: _Text


class TemplatesFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    templates: tuple[Template, ...] = ()


def check_templates(document: Document, file: TemplatesFile, matters: Collection[str]) -> Iterator[Problem]:
    """Codes are unique, and every matter is one of the county's."""
    first: dict[str, int] = {}
    for place, template in enumerate(file.templates):
        if first.setdefault(template.code, place) != place:
            line = document.line(("templates", first[template.code], "code"))
            yield document.problem(
                ("templates", place, "code"), f"the code {template.code!r} is taken, see line {line}", "write another"
            )
        if template.matter not in matters:
            yield document.problem(
                ("templates", place, "matter"),
                f"unknown matter {template.matter!r}",
                suggest(template.matter, matters),
            )
