"""The county government's web portal: the citizen fills in the form."""

from typing import Literal

from services.intake.channels.form import Form
from services.intake.complaint import Complaint, County, normalize
from shared.language import Channel


class PortalForm(Form):
    channel: Literal[Channel.WEB_PORTAL]


def to_complaint(form: PortalForm, county: County) -> Complaint:
    """SubmissionRefused says what keeps the form from being a complaint."""
    return normalize(
        county,
        channel=Channel.WEB_PORTAL,
        external_id=form.external_id,
        kind=form.kind,
        text=form.text,
        title=form.title,
        place=form.place,
        occurred_at=form.occurred_at,
        confidentiality=form.confidentiality,
        accused=form.accused,
        reporter=form.reporter.to_reporter() if form.reporter else None,
    )
