"""The 12345 platform: an operator types what the caller says."""

from typing import Literal

from services.intake.channels.form import ClerkForm, Code, complaint_of
from services.intake.complaint import Complaint
from services.intake.county import County
from shared.language import Channel


class HotlineForm(ClerkForm):
    channel: Literal[Channel.HOTLINE_12345]
    # Staff number of whoever took the call.
    operator: Code | None = None

    def to_complaint(self, county: County) -> Complaint:
        return complaint_of(self, county, Channel.HOTLINE_12345, urgency=self.urgency, operator=self.operator)
