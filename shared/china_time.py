"""The one time zone in which the county counts days; instants are stored in UTC."""

from datetime import datetime
from zoneinfo import ZoneInfo

CHINA_TIME = ZoneInfo("Asia/Shanghai")


def local_time(moment: datetime) -> str:
    """As people read it, on receipts, pages and reports: by the clock in Asia/Shanghai."""
    return f"{moment.astimezone(CHINA_TIME):%Y-%m-%d %H:%M}"
