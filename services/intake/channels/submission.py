"""A submission over HTTP: the form of one of the channels, told apart by its ``channel``."""

from typing import Annotated, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter

from services.intake.channels.department_line import DepartmentLineForm
from services.intake.channels.hotline_12345 import HotlineForm
from services.intake.channels.service_center import ServiceCenterForm
from services.intake.channels.web_portal import PortalForm

AnyForm: TypeAlias = HotlineForm | PortalForm | ServiceCenterForm | DepartmentLineForm
Submission = Annotated[AnyForm, Field(discriminator="channel")]

# SUBMISSION.validate_json(bytes) reads one; its ValidationError is put into sentences by shared.validation.
SUBMISSION: TypeAdapter[AnyForm] = TypeAdapter(Submission, config=ConfigDict(hide_input_in_errors=True))
