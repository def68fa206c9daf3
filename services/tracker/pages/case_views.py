"""A case and its deadlines as its page says them: times in Chinese time, Chinese words first."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.tracker.lifecycle import ACTION_IN_CHINESE, STATUS_IN_CHINESE, Action, Role
from services.tracker.record.record import Fired, Joint, Judged
from services.tracker.reports.disclosure import KIND_IN_CHINESE, in_chinese
from shared.china_time import local_time
from shared.language import Channel, Clock, Confidentiality, Nature, Urgency
from shared.term import Term

STATUSES: Mapping[str, str] = {
    status: f"{chinese} {status.replace('_', ' ')}" for status, chinese in STATUS_IN_CHINESE.items()
}
CHANNELS: Mapping[str, str] = {
    Channel.HOTLINE_12345: "12345热线",
    Channel.WEB_PORTAL: "网站",
    Channel.MAILBOX: "信箱",
    Channel.SERVICE_CENTER: "政务服务中心",
    Channel.DEPARTMENT_LINE: "部门电话",
    Channel.QA_PLATFORM: "网络问政",
}
KINDS: Mapping[str, str] = {kind.value: words for kind, words in KIND_IN_CHINESE.items()}
CLOCKS: Mapping[str, str] = {
    Clock.ACKNOWLEDGE: "签收",
    Clock.REPLY: "答复",
    Clock.CONTRIBUTE: "协办",
    Clock.EXPLAIN: "说明",
}
NATURES: Mapping[str, str] = {Nature.COMMITTED: "承诺时限", Nature.STATUTORY: "法定时限"}
URGENCIES: Mapping[str, str] = {Urgency.NORMAL: "一般", Urgency.URGENT: "紧急"}
CONFIDENTIALITIES: Mapping[str, str] = {
    Confidentiality.NAMED: "实名",
    Confidentiality.CONFIDENTIAL: "保密",
    Confidentiality.ANONYMOUS: "匿名",
}
OUTCOMES: Mapping[str, str] = {
    "met": "已完成",
    "warned": "已预警",
    "urged": "已催办",
    "supervised": "已督办",
    "notice_issued": "已通报",
    "missed": "已超期",
    "ended": "已终止",
}

REQUESTS: Mapping[str, str] = {"return": "退单", "extension": "延期", "suspension": "中止"}
DECISIONS: Mapping[str, str] = {"pending": "待审批", "granted": "同意", "refused": "驳回", "lapsed": "失效"}
FLAGS: Mapping[str, str] = {"urged": "催办", "supervised": "督办"}

HAPPENED: Mapping[str, str] = {
    **{action.value: words for action, words in ACTION_IN_CHINESE.items()},
    # The first time, which is when the case is opened, and every further one.
    Action.ASSIGN: "派单",
    Fired.WARNED: "预警",
    Fired.URGED: "自动催办",
    Fired.MISSED: "超期",
    Fired.SUSPECTED: "疑似不作为",
    Fired.SUPERVISED: "自动督办",
    Fired.NOTICE_ISSUED: "通报",
    Fired.RECOMPUTED: "重新计算时限",
    Joint.CONTRIBUTED: "提交协办意见",
    Judged.ASKED: "要求说明",
    Judged.EXPLAINED: "作出说明",
    Judged.CONFIRMED: "认定不作为",
    Judged.DISMISSED: "排除不作为",
}
ROLES: Mapping[str, str] = {
    Role.OFFICER: "承办单位",
    Role.CENTRE: "热线中心",
    Role.SUPERVISOR: "督查室",
    Role.SYSTEM: "系统",
}

# What services.tracker.deadlines.timelines writes of a day, longer phrases first.
_DAYS = (
    ("would end on a day off", "届满日非工作日，顺延"),
    ("outside of working time", "非工作时间"),
    ("clock time runs day and night", "按时钟计，昼夜不停"),
    ("the next working day", "顺延至下一工作日"),
    ("make-up workday", "调休上班"),
    ("day of opening", "立案当日不计"),
    ("calendar day", "自然日"),
    ("suspended", "中止"),
    ("extension", "延期"),
    ("workday", "工作日"),
    ("weekend", "周末"),
    ("holiday", "节假日"),
    (" to ", "至"),
    (", ", "，"),
    (": ", "："),
)

_BESIDE_CHINESE = re.compile(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])")
# The characters of a complaint that a line of a queue holds.
_LINE = 40


@dataclass(frozen=True, slots=True)
class Remaining:
    """A deadline that still runs, beside the case; `tone` is ok, soon or late."""

    clock: str
    due: str
    tone: str


def local(at: str | datetime | None) -> str:
    """By the clock in Asia/Shanghai, to the minute."""
    if at is None:
        return "—"
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return local_time(moment)


def running(deadlines: Sequence[Mapping[str, Any]]) -> list[Remaining]:
    """The deadlines of which nothing has come yet but a warning or that they were missed, the nearest first."""
    return [
        Remaining(CLOCKS[each["clock"]], local(each["due_at"]), _tone(each["outcomes"]))
        for each in sorted(deadlines, key=lambda each: (each["due_at"], each["clock"]))
        if each["nature"] == Nature.COMMITTED and not each["outcomes"].keys() & {"met", "ended"}
    ]


def term(written: str) -> str:
    """``10wd`` as people say it."""
    return in_chinese(Term.parse(written))


def _tone(outcomes: Mapping[str, Any]) -> str:
    if "missed" in outcomes:
        return "late"
    return "soon" if "warned" in outcomes else "ok"


def day_in_chinese(why: str) -> str:
    """Why a day counted or did not, as ``services.tracker.deadlines.timelines`` says it, in Chinese."""
    for english, chinese in _DAYS:
        why = re.sub(re.escape(english) if english[0] in " ,:" else rf"\b{re.escape(english)}\b", chinese, why)
    return _BESIDE_CHINESE.sub("", why)


def opening_words(case: Mapping[str, Any]) -> str:
    """What the case is about, in one line of a queue."""
    words = case["title"] or case["text"]
    return words if len(words) <= _LINE else f"{words[:_LINE]}…"
