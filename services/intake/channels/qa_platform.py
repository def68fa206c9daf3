"""An online political consultation platform (网络问政平台): one row of its export becomes a complaint.

Every platform names its columns in its own way; a small file for each says which column is what.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.intake.complaint import Complaint, Reporter, normalize
from services.intake.county import County
from services.intake.normalizing.cleaning import clean
from services.intake.refusal import SubmissionRefused
from shared.china_time import CHINA_TIME
from shared.language import Channel, Confidentiality, Kind

_WRITTEN = ConfigDict(frozen=True, extra="forbid")

Heading = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]


class Columns(BaseModel):
    """The headings under which the platform writes each thing; None where it does not have it."""

    model_config = _WRITTEN

    # The platform's own number of the question.
    id: Heading
    text: Heading
    title: Heading | None = None
    place: Heading | None = None
    occurred_at: Heading | None = None
    kind: Heading | None = None
    confidentiality: Heading | None = None
    name: Heading | None = None
    phone: Heading | None = None
    email: Heading | None = None
    address: Heading | None = None


class Platform(BaseModel):
    """What a platform's mapping file holds."""

    model_config = _WRITTEN

    # Part of the external id, so that two platforms may count in the same way; never to be changed.
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
    columns: Columns
    # What the platform calls each kind; `kind` is that of a question without one, or of a platform that has no kinds.
    kinds: Mapping[str, Kind] = Field(default_factory=dict)
    kind: Kind = Kind.HELP
    confidentialities: Mapping[str, Confidentiality] = Field(default_factory=dict)
    confidentiality: Confidentiality = Confidentiality.NAMED
    # As in Python's strptime; times without an offset are China's. Spreadsheets' own dates need none.
    time_format: str = "%Y-%m-%d %H:%M:%S"
    # In JSON, the field that holds the list of questions; None where the file is the list.
    records: str | None = None

    @model_validator(mode="after")
    def _one_heading_for_each(self) -> Self:
        headings = self.headings
        if twice := sorted({one for one in headings if headings.count(one) > 1}):
            raise ValueError(f"the column {', '.join(twice)} stands for two things")
        return self

    @property
    def headings(self) -> list[str]:
        return [heading for heading in self.columns.model_dump().values() if heading is not None]


@dataclass(frozen=True, slots=True)
class Row:
    """One question of an export: what stands under each heading, as text; a date as ISO 8601 writes it."""

    # As a person counts in the file: the line in which it begins, or its place in a JSON list, from 1.
    number: int
    cells: Mapping[str, str] = field(repr=False)
    # Headings of numbers that the spreadsheet has rounded, as it does beyond 15 digits.
    rounded: frozenset[str] = frozenset()


def to_complaint(row: Row, platform: Platform, county: County) -> Complaint:
    """SubmissionRefused says what keeps the row from being a complaint."""
    columns = platform.columns
    if columns.id in row.rounded:
        raise SubmissionRefused(
            columns.id,
            f"“{columns.id}”列的编号超过15位，已被表格软件四舍五入；请把该列设为文本格式后重新导出。",
            f"The number in {columns.id} has been rounded by the spreadsheet; export the column as text.",
        )
    return normalize(
        county,
        channel=Channel.QA_PLATFORM,
        external_id=f"{platform.name}:{_number(row, columns.id)}",
        kind=_meaning(row, columns.kind, platform.kinds, platform.kind),
        text=row.cells.get(columns.text, ""),
        title=_cell(row, columns.title),
        place=_cell(row, columns.place),
        occurred_at=_time(row, columns.occurred_at, platform.time_format),
        confidentiality=_meaning(row, columns.confidentiality, platform.confidentialities, platform.confidentiality),
        reporter=Reporter(
            name=_short(row, columns.name),
            phone=_short(row, columns.phone),
            email=_short(row, columns.email),
            address=_short(row, columns.address),
        ),
    )


M = TypeVar("M")

_LONGEST_NUMBER = 80
_LONGEST_OF_REPORTER = 300


def _number(row: Row, heading: str) -> str:
    number = row.cells.get(heading, "").strip()
    if not number or len(number) > _LONGEST_NUMBER or not number.isprintable():
        raise SubmissionRefused(
            heading,
            f"“{heading}”列应有该平台的编号，写在一行内，最多 {_LONGEST_NUMBER} 个字符。",
            f"{heading} must hold the platform's number, on one line and at most {_LONGEST_NUMBER} characters long.",
        )
    return number


def _cell(row: Row, heading: str | None) -> str | None:
    return clean(row.cells.get(heading, "")) or None if heading else None


def _short(row: Row, heading: str | None) -> str | None:
    said = _cell(row, heading)
    return said[:_LONGEST_OF_REPORTER] if said else None


def _meaning(row: Row, heading: str | None, meanings: Mapping[str, M], otherwise: M) -> M:
    said = _cell(row, heading)
    if said is None:
        return otherwise
    if said not in meanings:
        raise SubmissionRefused(
            heading or "",
            f"“{heading}”列的内容不在对照表中，请在平台的对照文件里补上。",
            f"The mapping file does not say what stands in {heading}; add it there.",
        )
    return meanings[said]


_FIRST_YEAR, _LAST_YEAR = 1900, 2100


def _time(row: Row, heading: str | None, time_format: str) -> datetime | None:
    said = _cell(row, heading)
    if said is None:
        return None
    moment = _parsed(said, time_format)
    if moment is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise SubmissionRefused(
            heading or "",
            f"“{heading}”列不是有效的时间，应写成“{time_format}”的格式。",
            f"{heading} is not a time of the form {time_format}.",
        )
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA_TIME)


def _parsed(said: str, time_format: str) -> datetime | None:
    with suppress(ValueError):
        return datetime.strptime(said, time_format)  # noqa: DTZ007  # the caller says whose time it is
    with suppress(ValueError):
        return datetime.fromisoformat(said)
    return None
