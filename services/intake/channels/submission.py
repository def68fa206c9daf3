"""A submission over HTTP: the form of one of the channels, told apart by its ``channel``."""

from typing import Annotated, TypeAlias, assert_never

from pydantic import ConfigDict, Field, TypeAdapter

from services.intake.channels import department_line, hotline_12345, service_center, web_portal
from services.intake.channels.department_line import DepartmentLineForm
from services.intake.channels.hotline_12345 import HotlineForm
from services.intake.channels.service_center import ServiceCenterForm
from services.intake.channels.web_portal import PortalForm
from services.intake.complaint import Complaint
from services.intake.county import County

AnyForm: TypeAlias = HotlineForm | PortalForm | ServiceCenterForm | DepartmentLineForm
Submission = Annotated[AnyForm, Field(discriminator="channel")]

# SUBMISSION.validate_json(bytes) reads one; its ValidationError is put into sentences by shared.validation.
SUBMISSION: TypeAdapter[AnyForm] = TypeAdapter(Submission, config=ConfigDict(hide_input_in_errors=True))


def to_complaint(submission: AnyForm, county: County) -> Complaint:
    """SubmissionRefused says what keeps the submission from being a complaint."""
    match submission:
        case HotlineForm():
            return hotline_12345.to_complaint(submission, county)
        case PortalForm():
            return web_portal.to_complaint(submission, county)
        case ServiceCenterForm():
            return service_center.to_complaint(submission, county)
        case DepartmentLineForm():
            return department_line.to_complaint(submission, county)
        case _:
            assert_never(submission)
