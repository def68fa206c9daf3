"""The 12345 platform: an operator types what the caller says."""

from typing import Literal

from services.intake.channels.form import Code, Form
from services.intake.complaint import Complaint, County, normalize
from shared.language import Channel, Urgency


class HotlineForm(Form):
    channel: Literal[Channel.HOTLINE_12345]
    # Staff number of whoever took the call.
    operator: Code | None = None
    # The operator's judgement, which no citizen can give; None leaves it to the county's urgent words.
    urgency: Urgency | None = None


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
