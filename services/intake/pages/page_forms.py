"""What somebody typed into a page's form, as a submission of its channel; and what was wrong, beside its field."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from services.intake.complaint import MAX_PLACE, Reporter
from services.intake.normalizing.cleaning import MAX_TEXT, clean
from shared.language import CaseStatus, Channel, Confidentiality, Kind, Urgency
from shared.principal import Principal, Role
from shared.validation import FieldError

# Asked for in this order; each with the words beside it.
LABELS: Mapping[str, str] = {
    "kind": "诉求类型 Kind",
    "text": "诉求内容 What happened",
    "place": "发生地点 Place",
    "occurred_at": "发生时间 When it happened",
    "accused": "被反映单位 Department complained of",
    "photos": "照片或文件 Photos or PDF",
    "name": "姓名 Name",
    "phone": "联系电话 Telephone",
    "phone_code": "短信验证码 Code from the message",
    "id_number": "身份证号码 Identity number",
    "confidentiality": "身份公开方式 Who may know who you are",
    "urgency": "紧急程度 Urgency",
}
KINDS: Mapping[Kind, str] = {
    Kind.COMPLAINT: "投诉 Complaint",
    Kind.HELP: "求助 Request for help",
    Kind.CONSULTATION: "咨询 Question",
    Kind.SUGGESTION: "建议 Suggestion",
    Kind.REPORT: "举报 Report of wrongdoing",
    Kind.PRAISE: "表扬 Praise",
}
CONFIDENTIALITIES: Mapping[Confidentiality, str] = {
    Confidentiality.NAMED: "实名：承办单位可以联系您 Named: the department in charge may contact you",
    Confidentiality.CONFIDENTIAL: "保密：只有受理中心知道 Confidential: only the intake centre knows",
    Confidentiality.ANONYMOUS: "匿名：不保存姓名和电话 Anonymous: name and telephone are not kept",
}
URGENCIES: Mapping[str, str] = {
    "": "由系统判断 Judged by its words",
    Urgency.NORMAL: "一般 Normal",
    Urgency.URGENT: "紧急 Urgent",
}
STATUSES: Mapping[str, str] = {
    "accepted": "已受理 Accepted",
    CaseStatus.DISPATCHED: "已派单 With the department",
    CaseStatus.IN_PROGRESS: "办理中 In progress",
    CaseStatus.RETURN_REQUESTED: "核对承办单位 The department in charge is being checked",
    CaseStatus.SUSPENDED: "中止办理 Suspended",
    CaseStatus.REPLIED: "已答复 Answered",
    CaseStatus.CALLBACK_PENDING: "待回访 Callback pending",
    CaseStatus.REWORK: "二次办理 Being worked on again",
    CaseStatus.CLOSED: "已办结 Closed",
    CaseStatus.DECLINED: "不予受理 Declined",
}

# A field that no person sees: who fills it in is a program.
HONEYPOT = "website"

_KEPT = (*LABELS, "ticket_number", "query_code", HONEYPOT)
_LINES = "text"
_SPACE = re.compile(r"\s+")
_WALL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields of a form; what is not in it is empty. `key` is the form's own: sent twice it is one submission."""

    key: UUID
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def reporter(self) -> Reporter:
        return Reporter(name=self["name"] or None, phone=self["phone"] or None, id_number=self["id_number"] or None)


def new_form() -> Typed:
    """An empty form with a key that nobody can guess."""
    return Typed(uuid4())


def read_form(items: Iterable[tuple[str, object]]) -> Typed:
    """What was typed, without invisible characters and blanks around it; of a field sent twice the last counts."""
    said = {name: value for name, value in items if isinstance(value, str)}
    fields = {name: _typed(name, said[name]) for name in _KEPT if name in said}
    try:
        return Typed(UUID(said.get("key", "")), fields)
    except ValueError:
        return Typed(uuid4(), fields)


def _typed(name: str, said: str) -> str:
    return clean(said) if name == _LINES else _SPACE.sub(" ", clean(said))


def as_submission(typed: Typed, channel: Channel, principal: Principal | None = None) -> dict[str, Any]:
    """The submission that the HTTP API would take; `principal` is whoever of the staff typed it in."""
    submission: dict[str, Any] = {
        "channel": channel,
        "external_id": f"form:{typed.key}",
        "kind": typed["kind"],
        "text": typed["text"],
        "place": typed["place"] or None,
        "confidentiality": typed["confidentiality"] or Confidentiality.NAMED,
    }
    if reporter := {name: typed[name] for name in ("name", "phone", "id_number") if typed[name]}:
        submission["reporter"] = reporter
    if principal is not None:
        submission["urgency"] = typed["urgency"] or None
        submission["occurred_at"] = _moment(typed["occurred_at"])
        submission["accused"] = typed["accused"] or None
        if channel is not Channel.HOTLINE_12345:
            submission["clerk"] = principal.subject
        if channel is Channel.DEPARTMENT_LINE:
            submission["received_by"] = principal.department
    return submission


def _moment(written: str) -> str | None:
    """A browser gives the time on the wall, which in the county is China's."""
    return f"{written}+08:00" if _WALL_TIME.fullmatch(written) else written or None


def desk_channel(principal: Principal) -> Channel:
    """A clerk registers what is said at the desk of the service centre, an officer what reached their department."""
    return Channel.SERVICE_CENTER if Role.CLERK in principal.roles else Channel.DEPARTMENT_LINE


def beside(errors: Sequence[FieldError]) -> dict[str, list[str]]:
    """The sentences by the field that they stand beside; by the empty name those that belong to none."""
    placed: dict[str, list[str]] = {}
    for error in errors:
        name = error.field.rpartition(".")[2]
        at = name if name in LABELS else ""
        placed.setdefault(at, []).append(_sentence(error, name))
    return placed


def _sentence(error: FieldError, name: str) -> str:
    if name == "kind":
        return "请选择诉求类型。 Choose a kind."
    if name == "text":
        return f"请写明诉求，最多 {MAX_TEXT} 字。 Say what it is about, in at most {MAX_TEXT} characters."
    if name == "place":
        return f"地点最多 {MAX_PLACE} 字。 A place has at most {MAX_PLACE} characters."
    if name == "occurred_at":
        return "请填写完整的日期和时间，如 2026-11-20 09:30。 Give the whole date and time, as in 2026-11-20 09:30."
    zh = error.zh.replace(f"“{error.field}”", f"“{LABELS[name].partition(' ')[0]}”") if name in LABELS else error.zh
    return f"{zh} {error.en}"
