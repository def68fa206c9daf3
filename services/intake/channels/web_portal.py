"""The county government's web portal: the citizen fills in the form."""

from typing import Literal

from services.intake.channels.form import Form, complaint_of
from services.intake.complaint import Complaint
from services.intake.county import County
from shared.language import Channel


class PortalForm(Form):
    channel: Literal[Channel.WEB_PORTAL]

    def to_complaint(self, county: County) -> Complaint:
        return complaint_of(self, county, Channel.WEB_PORTAL)
