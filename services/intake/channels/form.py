"""The fields that the forms of all HTTP channels share."""

from abc import abstractmethod
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from services.intake.complaint import Complaint, Reporter, normalize
from services.intake.county import County
from services.intake.normalizing.cleaning import clean
from services.intake.normalizing.coordinates import Coordinates, from_gcj02
from shared.language import Channel, Confidentiality, DepartmentCode, Kind, Urgency

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


def _on_one_line(number: str) -> str:
    if not number.isprintable() or number != number.strip():
        raise PydanticCustomError("not_on_one_line", "not on one line")
    return number


# A number or code that somebody else gave: shown in lists, so without line breaks and control characters.
Code = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_on_one_line)]

_FIRST_YEAR, _LAST_YEAR = 1900, 2100


def _in_range(moment: datetime) -> datetime:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise PydanticCustomError("time_out_of_range", "year out of range")
    return moment


class ReporterForm(BaseModel):
    model_config = _STRICT

    name: Annotated[str, Field(max_length=100)] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    id_number: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    address: Annotated[str, Field(max_length=300)] | None = None

    def __repr__(self) -> str:
        return "ReporterForm(…)"

    __str__ = __repr__

    def to_reporter(self) -> Reporter:
        return Reporter._make([clean(said) or None if said else None for said in self.__dict__.values()])


class CoordinatesForm(BaseModel):
    """Where it is, within China, in degrees; GCJ-02 is what maps of Chinese makers show."""

    model_config = _STRICT

    latitude: Annotated[float, Field(ge=17, le=54)]
    longitude: Annotated[float, Field(ge=73, le=136)]
    datum: Literal["wgs84", "gcj02"] = "wgs84"

    def to_coordinates(self) -> Coordinates:
        given = Coordinates(self.latitude, self.longitude)
        return from_gcj02(given) if self.datum == "gcj02" else given


class Form(BaseModel):
    """`text` and `title` are bounded when they are normalized, after trimming."""

    model_config = _STRICT

    external_id: Code
    kind: Kind
    title: str | None = Field(default=None, repr=False)
    text: str = Field(repr=False)
    place: str | None = Field(default=None, repr=False)
    coordinates: CoordinatesForm | None = Field(default=None, repr=False)
    occurred_at: Annotated[AwareDatetime, AfterValidator(_in_range)] | None = None
    confidentiality: Confidentiality = Confidentiality.NAMED
    reporter: ReporterForm | None = None
    accused: DepartmentCode | None = None

    @abstractmethod
    def to_complaint(self, county: County) -> Complaint:
        """SubmissionRefused says what keeps the form from being a complaint."""


class ClerkForm(Form):
    """A form that staff fill in, who may judge how urgent it is; a citizen cannot set the two-hour clocks running."""

    # None: judged by the county's urgent words.
    urgency: Urgency | None = None


def complaint_of(
    form: Form,
    county: County,
    channel: Channel,
    *,
    external_id: str | None = None,
    urgency: Urgency | None = None,
    received_by: DepartmentCode | None = None,
    operator: str | None = None,
) -> Complaint:
    """The complaint that `form` means on `channel`; SubmissionRefused says what keeps it from being one."""
    return normalize(
        county,
        channel=channel,
        external_id=external_id or form.external_id,
        kind=form.kind,
        text=form.text,
        title=form.title,
        place=_place(form),
        occurred_at=form.occurred_at,
        urgency=urgency,
        confidentiality=form.confidentiality,
        accused=form.accused,
        received_by=received_by,
        operator=operator,
        reporter=form.reporter.to_reporter() if form.reporter else None,
    )


def _place(form: Form) -> str | None:
    if form.coordinates is None:
        return form.place
    coordinates = form.coordinates.to_coordinates()
    return f"{form.place}（{coordinates}）" if form.place else str(coordinates)
