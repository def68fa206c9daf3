"""The one time zone in which the county counts days; instants are stored in UTC."""

from zoneinfo import ZoneInfo

CHINA_TIME = ZoneInfo("Asia/Shanghai")
