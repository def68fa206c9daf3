"""A department's own telephone or letter box: its clerk registers what reached the department directly.

Whoever receives a complaint first registers it (首接负责), also one that another department must answer or that is
about the department itself. Where it goes only the router says, which knows by `received_by` whom 你们 means.
"""

from typing import Literal

from services.intake.channels.form import ClerkForm, Code, complaint_of
from services.intake.complaint import Complaint
from services.intake.county import County
from shared.language import Channel, DepartmentCode


class DepartmentLineForm(ClerkForm):
    channel: Literal[Channel.DEPARTMENT_LINE]
    # The department that the complaint reached.
    received_by: DepartmentCode
    # Staff number of the department's clerk.
    clerk: Code

    def to_complaint(self, county: County) -> Complaint:
        return complaint_of(
            self,
            county,
            Channel.DEPARTMENT_LINE,
            external_id=f"{self.received_by}:{self.external_id}",
            urgency=self.urgency,
            received_by=self.received_by,
            operator=self.clerk,
        )
