"""The complaints desk of the government service centre: a clerk writes down what a person at the desk says."""

from datetime import datetime
from typing import Literal

from services.intake.channels.form import ClerkForm, Code, complaint_of
from services.intake.complaint import Complaint
from services.intake.county import County
from shared.china_time import local_time
from shared.language import Channel


class ServiceCenterForm(ClerkForm):
    channel: Literal[Channel.SERVICE_CENTER]
    # Staff number of the clerk at the desk.
    clerk: Code

    def to_complaint(self, county: County) -> Complaint:
        return complaint_of(self, county, Channel.SERVICE_CENTER, urgency=self.urgency, operator=self.clerk)


def printed_receipt(ticket_number: str, query_code: str, accepted_at: datetime) -> str:
    """What the desk prints and hands over (受理回执); without name or words, since slips of paper get lost."""
    return (
        "政务服务中心投诉受理回执\n"
        f"工单编号：{ticket_number}\n"
        f"查询码：{query_code}\n"
        f"受理时间：{local_time(accepted_at)}\n"
        "凭工单编号和查询码可查询办理进度，请妥善保管，勿告知他人。\n"
    )
