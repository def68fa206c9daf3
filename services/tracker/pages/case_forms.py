"""The forms of a case's page: which moves whoever looks at it could make, and what each of them asks for.

A form is sent to the route of the same name, which judges it; that a form is shown promises nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.tracker.lifecycle import Action, Role, legal_actions
from shared.language import CaseStatus, Satisfaction


class Kind(StrEnum):
    """How a field is filled in."""

    WORDS = "words"
    WORKING_DAYS = "working_days"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Field:
    """`choices` are values with the words beside them; the policy's own where there are none of them here."""

    name: str
    label: str
    kind: Kind = Kind.WORDS
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CaseForm:
    """`decides` is the kind of request that it decides; such a form is none where nothing is asked.

    A co-handler's is no move of the case, so it names no version.
    """

    route: str
    label: str
    fields: tuple[Field, ...] = ()
    decides: str | None = None
    versioned: bool = True


_REASON = Field("reason", "理由 Reason")
_ALTHOUGH = Field(
    "reason", "诉求人不满意仍办结的理由 Why it is closed although the reporter is dissatisfied", required=False
)
_MORE_TIME = Field("term", "延长几个工作日 Working days more", Kind.WORKING_DAYS)
_AT_MOST = Field("term", "最长几个工作日 Working days at most", Kind.WORKING_DAYS)
_CAUSE = Field("category", "中止原因 Cause", Kind.CHOICE)
_CONTACTED = Field(
    "contacted",
    "是否联系到诉求人 Was the reporter reached",
    Kind.CHOICE,
    required=False,
    choices=(("", "匿名诉求，无法回访 Anonymous"), ("true", "已联系 Reached"), ("false", "未联系到 Not reached")),
)
_SATISFACTION = Field(
    "satisfaction",
    "满意度 Satisfaction",
    Kind.CHOICE,
    required=False,
    choices=(
        ("", "未作评价 Not said"),
        (Satisfaction.SATISFIED, "满意 Satisfied"),
        (Satisfaction.BASICALLY_SATISFIED, "基本满意 Basically satisfied"),
        (Satisfaction.DISSATISFIED, "不满意 Dissatisfied"),
    ),
)
_FORMS = (
    CaseForm("acknowledge", "签收 Acknowledge"),
    CaseForm("reply", "答复 Reply", (Field("text", "答复内容（告知诉求人） Reply to the reporter"),)),
    CaseForm(
        "request-return",
        "申请退单 Ask to return it",
        (_REASON, Field("basis", "依据（权责清单、法规条款） Basis")),
    ),
    CaseForm("grant-return", "同意退单 Grant the return", (_REASON,)),
    CaseForm("refuse-return", "驳回退单 Refuse the return", (_REASON,)),
    CaseForm("request-extension", "申请延期 Ask for more time", (_MORE_TIME, _REASON)),
    CaseForm("grant-extension", "同意延期 Grant the extension", (_REASON,), decides="extension"),
    CaseForm("refuse-extension", "驳回延期 Refuse the extension", (_REASON,), decides="extension"),
    CaseForm("request-suspension", "申请中止 Ask to suspend it", (_CAUSE, _AT_MOST, _REASON)),
    CaseForm("grant-suspension", "同意中止 Grant the suspension", (_REASON,), decides="suspension"),
    CaseForm("refuse-suspension", "驳回中止 Refuse the suspension", (_REASON,), decides="suspension"),
    CaseForm("suspend", "中止 Suspend", (_CAUSE, _AT_MOST, _REASON)),
    CaseForm("resume", "恢复办理 Resume", (_REASON,)),
    CaseForm("request-callback", "转回访 Ask for a callback"),
    CaseForm("close", "办结 Close", (_CONTACTED, _SATISFACTION, _ALTHOUGH)),
    CaseForm("rework", "退回重办 Send back", (_REASON,)),
    CaseForm("decline", "不予受理 Decline", (Field("lawful_channel", "法定渠道 Lawful channel"),)),
    CaseForm("urge", "催办 Urge", (Field("note", "催办内容 Note"),)),
    CaseForm("supervise", "督办 Supervise", (Field("note", "督办要求 Note"),)),
)
CONTRIBUTION = CaseForm(
    "contributions",
    "提交协办意见 Contribute",
    (Field("text", "协办意见（供主办单位答复） For the department in charge"),),
    versioned=False,
)
# The other moves have the name of their route.
_ACTIONS: Mapping[str, Action] = {
    "grant-extension": Action.EXTEND,
    "grant-suspension": Action.SUSPEND,
}


def forms_of(status: CaseStatus, roles: Iterable[Role], asked: Iterable[str]) -> list[CaseForm]:
    """What somebody acting as one of `roles` may try with a case that is `status`.

    `asked` are the kinds of request that nobody has decided yet.
    """
    legal = {action for role in roles for action in legal_actions(status, role)}
    pending = frozenset(asked)
    return [form for form in _FORMS if action_of(form) in legal and (form.decides is None or form.decides in pending)]


def action_of(form: CaseForm) -> Action:
    return _ACTIONS.get(form.route) or Action(form.route.replace("-", "_"))


def form_named(route: str) -> CaseForm | None:
    return next((form for form in (*_FORMS, CONTRIBUTION) if form.route == route), None)


def body_of(form: CaseForm, said: Mapping[str, str], version: str) -> dict[str, Any]:
    """What the form's route takes: the filled-in fields, and the version of the case that was looked at."""
    body: dict[str, Any] = {"version": version} if form.versioned else {}
    for field in form.fields:
        if value := said.get(field.name, "").strip():
            body[field.name] = f"{value}wd" if field.kind is Kind.WORKING_DAYS else value
    return body
