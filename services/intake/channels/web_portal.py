"""The county government's web portal: the citizen fills in the form."""

from typing import Literal

from services.intake.channels.form import Form, complaint_of
from services.intake.complaint import Complaint
from services.intake.county import County
from shared.language import Channel


class PortalForm(Form):
    channel: Literal[Channel.WEB_PORTAL]


def to_complaint(form: PortalForm, county: County) -> Complaint:
    """SubmissionRefused says what keeps the form from being a complaint."""
    return complaint_of(form, county, Channel.WEB_PORTAL)
