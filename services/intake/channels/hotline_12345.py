"""The 12345 platform: an operator types what the caller says."""

from typing import Annotated, Literal

from pydantic import Field

from services.intake.channels.form import Form
from services.intake.complaint import Complaint, County, normalize
from shared.language import Channel


class HotlineForm(Form):
    channel: Literal[Channel.HOTLINE_12345]
    # Staff number of whoever took the call.
    operator: Annotated[str, Field(min_length=1, max_length=64)] | None = None


def to_complaint(form: HotlineForm, county: County) -> Complaint:
    """SubmissionRefused says what keeps the form from being a complaint."""
    return normalize(
        county,
        channel=Channel.HOTLINE_12345,
        external_id=form.external_id,
        kind=form.kind,
        text=form.text,
        title=form.title,
        place=form.place,
        occurred_at=form.occurred_at,
        urgency=form.urgency,
        confidentiality=form.confidentiality,
        accused=form.accused,
        operator=form.operator,
        reporter=form.reporter.to_reporter() if form.reporter else None,
    )
