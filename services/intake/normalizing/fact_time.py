"""When it happened, as a text tells it: 今天上午, 昨晚八点半, 3月5日, 上周五, 两小时前.

Read in Chinese time, relative to when the complaint was received. A guess for people to look at: the first time in the
text that lies in the last two years. A time in the future is an announcement, an older one is mostly the date of a
contract or of a law.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from shared.china_time import CHINA_TIME

__all__ = ["time_told"]

_OLDEST = timedelta(days=2 * 365)

_DIGIT = "0-9一二两三四五六七八九十"
_NUMBER = r"(?:[0-9]{1,2}|[一二两三四五六七八九十]{1,3})"
_PARTS = {
    "凌晨": 3, "半夜": 1, "早上": 8, "早晨": 8, "清晨": 7, "今早": 8, "今晨": 7, "上午": 10, "中午": 12, "下午": 15,
    "傍晚": 18, "晚上": 20, "夜里": 22, "夜间": 22, "晚": 20, "夜": 22, "早": 8, "晨": 7,
}  # fmt: skip
_PART = "|".join(sorted(_PARTS, key=len, reverse=True))
_DAYS_AGO = {"今": 0, "昨": 1, "前": 2, "大前": 3}
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_TOLD = re.compile(
    rf"(?:(?P<year>20[0-9]{{2}})\s?[年\-/.]\s?(?P<month>[0-9]{{1,2}})\s?[月\-/.]\s?(?P<day>[0-9]{{1,2}})(?![0-9.])[日号]?"
    rf"|(?P<month2>(?<![0-9年.]){_NUMBER})月(?P<day2>{_NUMBER})[日号]"
    r"|(?P<named>大前|[今昨前])(?:[天日]|(?=[晚夜早晨]))"
    rf"|(?P<days>{_NUMBER})[天日](?:之|以)?前"
    r"|(?P<week>上上|上|本|这)?个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])"
    r")[，,的 ]?"
    rf"(?P<part>{_PART})?"
    rf"(?:(?P<hour>{_NUMBER})(?:[点时](?P<half>半|(?P<minute>[0-9]{{1,2}})分?)?|[:：](?P<minute2>[0-9]{{2}})))?"
    rf"|(?P<ago>{_NUMBER}|半)个?(?P<unit>小时|分钟)(?:之|以)?前"
    r"|(?P<justnow>刚才|刚刚)"
)
# Where a told time may begin: looked for first, because a set of characters is found twenty times as fast.
_BEGINNING = re.compile(
    rf"[{_DIGIT}半大今昨前上本这周星礼刚](?="
    rf"(?<=[{_DIGIT}])[{_DIGIT}]{{0,3}}\s?[年月日天个小分\-/.]|(?<=半)[个小分]|(?<=大)前|(?<=[今昨前])[天日晚夜早晨]"
    r"|(?<=上)[上个周星礼]|(?<=[本这])[个周星礼]|(?<=周)[一二三四五六日天]|(?<=[星礼])[期拜]|(?<=刚)[才刚])"
)
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_NOON = 12


def time_told(text: str, received_at: datetime) -> datetime | None:
    """The first time in the text that lies within the two years before `received_at`, in UTC; None where none does.

    A day without an hour begins at midnight; a part of the day stands for an hour in its midst.
    """
    reached = 0
    for beginning in _BEGINNING.finditer(text):
        match = _TOLD.match(text, beginning.start()) if beginning.start() >= reached else None
        if match is None:
            continue
        reached = match.end()
        now = received_at.astimezone(CHINA_TIME)
        try:
            moment = _moment(match, now)
        except ValueError:  # 2月30日, 25点
            continue
        if now - _OLDEST <= moment <= now:
            return moment.astimezone(UTC)
    return None


def _moment(match: re.Match[str], now: datetime) -> datetime:
    if match["justnow"]:
        return now
    if match["ago"]:
        count = 0.5 if match["ago"] == "半" else _number(match["ago"])
        return now - (timedelta(hours=count) if match["unit"] == "小时" else timedelta(minutes=count))
    return datetime.combine(_day(match, now.date()), _hour(match), CHINA_TIME)


def _day(match: re.Match[str], today: date) -> date:
    if match["year"]:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    if match["month2"]:
        month, day = _number(match["month2"]), _number(match["day2"])
        this_year = date(today.year, month, day)
        return this_year if this_year <= today else date(today.year - 1, month, day)
    if match["named"]:
        return today - timedelta(days=_DAYS_AGO[match["named"]])
    if match["days"]:
        return today - timedelta(days=_number(match["days"]))
    back = (today.weekday() - _WEEKDAYS[match["weekday"]]) % 7
    match match["week"]:
        case "上" | "上上":
            monday = today - timedelta(days=today.weekday() + 7 * len(match["week"]))
            return monday + timedelta(days=_WEEKDAYS[match["weekday"]])
        case _:
            return today - timedelta(days=back)


def _hour(match: re.Match[str]) -> time:
    part = match["part"]
    if not match["hour"]:
        return time(_PARTS[part]) if part else time()
    hour = _number(match["hour"])
    minute = 30 if match["half"] == "半" else int(match["minute"] or match["minute2"] or 0)
    if part in ("晚上", "晚", "夜里", "夜", "半夜") and hour == _NOON:
        return time(23, 59)
    # 下午3点 is 15:00, and 中午1点 is 13:00.
    if part and hour < _NOON and (_PARTS[part] > _NOON or (part == "中午" and hour < 3)):  # noqa: PLR2004  # 中午一两点
        hour += _NOON
    return time(hour, minute)


def _number(written: str) -> int:
    """Up to 99, in digits or in Chinese; ValueError where it is none."""
    if written.isdigit():
        return int(written)
    tens, ten, ones = written.rpartition("十")
    if not ten:
        if len(written) != 1:
            raise ValueError(written)
        return _DIGITS[written]
    if len(tens) > 1 or len(ones) > 1 or "十" in tens:
        raise ValueError(written)
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
