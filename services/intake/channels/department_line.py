"""A department's own telephone or letter box: its clerk registers what reached the department directly.

Whoever receives a complaint first registers it (首接负责), also one that another department must answer or that is
about the department itself. Where it goes only the router says, which knows by `received_by` whom 你们 means.
"""

from typing import Annotated, Literal

from pydantic import Field

from services.intake.channels.form import Form
from services.intake.complaint import Complaint, County, normalize
from shared.language import Channel, DepartmentCode


class DepartmentLineForm(Form):
    channel: Literal[Channel.DEPARTMENT_LINE]
    # The department that the complaint reached.
    received_by: DepartmentCode
    # Staff number of the department's clerk.
    clerk: Annotated[str, Field(min_length=1, max_length=64)]


def to_complaint(form: DepartmentLineForm, county: County) -> Complaint:
    """SubmissionRefused says what keeps the form from being a complaint."""
    return normalize(
        county,
        channel=Channel.DEPARTMENT_LINE,
        external_id=f"{form.received_by}:{form.external_id}",
        kind=form.kind,
        text=form.text,
        title=form.title,
        place=form.place,
        occurred_at=form.occurred_at,
        urgency=form.urgency,
        confidentiality=form.confidentiality,
        accused=form.accused,
        received_by=form.received_by,
        operator=form.clerk,
        reporter=form.reporter.to_reporter() if form.reporter else None,
    )
