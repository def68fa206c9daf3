"""The life of a case as one table, and the one function that moves a case along it.

What the table does not say outright:

- A department acknowledges before it answers: a reply from `dispatched` or `rework` is illegal.
- The reply clock belongs to the reporter, not to the department: asking for a return, granting it, refusing it and
  giving the case to another department neither stop it nor start it again. What another department begins afresh is
  its acknowledgement alone. Asking for a return shows that the department has seen the case, so it meets that clock.
- A granted return leads to `dispatched` with no department: the case is on its way to the router, whose next decision
  assigns it. Only the router's decision assigns, the triage desk's and the supervision office's included, which come
  the same way; so nobody can win time by passing a case along.
- Only an approved extension, a suspension (approved, and bounded) and a rework change when the reply is due, each by a
  further deadline that names the one it takes the place of and why. A request that nobody has decided changes nothing.
- A department cannot suspend its own case, but may resume it. Resuming starts the reply clock for what was left.
- A dissatisfied reporter sends the case back as `rework`, with fresh deadlines linked to the old ones. `closed` and
  `declined` are final; whatever comes later is a new complaint.

Requests, extension, urging and supervision are records of their own, not statuses; each counts as a move, so that the
version tells of it. What a county's policy asks for beyond the table stands in ``guards``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.language import CaseStatus, Clock, DepartmentCode


class Action(StrEnum):
    ASSIGN = "assign"
    ACKNOWLEDGE = "acknowledge"
    REQUEST_RETURN = "request_return"
    GRANT_RETURN = "grant_return"
    REFUSE_RETURN = "refuse_return"
    REQUEST_SUSPENSION = "request_suspension"
    REFUSE_SUSPENSION = "refuse_suspension"
    SUSPEND = "suspend"
    RESUME = "resume"
    REQUEST_EXTENSION = "request_extension"
    REFUSE_EXTENSION = "refuse_extension"
    EXTEND = "extend"
    REPLY = "reply"
    REQUEST_CALLBACK = "request_callback"
    REWORK = "rework"
    CLOSE = "close"
    DECLINE = "decline"
    URGE = "urge"
    SUPERVISE = "supervise"


class Role(StrEnum):
    """Who acts: a department's officer, the hotline centre, the supervision office, or the system itself."""

    OFFICER = "officer"
    CENTRE = "centre"
    SUPERVISOR = "supervisor"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """`subject` is the account of the person who acts, from the token; the system and departments' own have none."""

    role: Role
    department: DepartmentCode | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class CaseState:
    """`version` counts the moves, so that two people who looked at the same case cannot both move it."""

    status: CaseStatus
    version: int


@dataclass(frozen=True, slots=True)
class Move:
    """Where an action leads, whose it is, and what it does to the clocks.

    It does what those in `meets` ask for; those in `ends` stop without that; those in `starts` then start afresh.
    """

    to: CaseStatus
    by: frozenset[Role]
    meets: frozenset[Clock] = frozenset()
    ends: frozenset[Clock] = frozenset()
    starts: frozenset[Clock] = frozenset()


_OFFICER = frozenset({Role.OFFICER})
_OFFICE = frozenset({Role.CENTRE, Role.SUPERVISOR})
_SUPERVISION = frozenset({Role.SUPERVISOR, Role.SYSTEM})
_SYSTEM = frozenset({Role.SYSTEM})
_OFFICE_OR_SYSTEM = _OFFICE | _SYSTEM

_ACKNOWLEDGE = frozenset({Clock.ACKNOWLEDGE})
_REPLY = frozenset({Clock.REPLY})
_BOTH = _ACKNOWLEDGE | _REPLY
# The co-handlers of a joint matter help the one who answers; afterwards there is nothing to help with.
_CONTRIBUTE = frozenset({Clock.CONTRIBUTE})
_ALL = _BOTH | _CONTRIBUTE

_DISPATCHED = CaseStatus.DISPATCHED
_IN_PROGRESS = CaseStatus.IN_PROGRESS
_RETURN_REQUESTED = CaseStatus.RETURN_REQUESTED
_SUSPENDED = CaseStatus.SUSPENDED
_REPLIED = CaseStatus.REPLIED
_CALLBACK_PENDING = CaseStatus.CALLBACK_PENDING
_REWORK = CaseStatus.REWORK

MOVES: Mapping[tuple[CaseStatus, Action], Move] = {
    (_DISPATCHED, Action.ASSIGN): Move(_DISPATCHED, _SYSTEM, ends=_ACKNOWLEDGE, starts=_ACKNOWLEDGE),
    (_DISPATCHED, Action.ACKNOWLEDGE): Move(_IN_PROGRESS, _OFFICER, meets=_ACKNOWLEDGE),
    (_DISPATCHED, Action.REQUEST_RETURN): Move(_RETURN_REQUESTED, _OFFICER, meets=_ACKNOWLEDGE),
    (_DISPATCHED, Action.DECLINE): Move(CaseStatus.DECLINED, _OFFICE_OR_SYSTEM, ends=_ALL),
    (_DISPATCHED, Action.URGE): Move(_DISPATCHED, _OFFICE_OR_SYSTEM),
    (_DISPATCHED, Action.SUPERVISE): Move(_DISPATCHED, _SUPERVISION),
    (_IN_PROGRESS, Action.ASSIGN): Move(_DISPATCHED, _SYSTEM, starts=_ACKNOWLEDGE),
    (_IN_PROGRESS, Action.REQUEST_RETURN): Move(_RETURN_REQUESTED, _OFFICER),
    (_IN_PROGRESS, Action.REQUEST_SUSPENSION): Move(_IN_PROGRESS, _OFFICER),
    (_IN_PROGRESS, Action.REFUSE_SUSPENSION): Move(_IN_PROGRESS, _OFFICE),
    (_IN_PROGRESS, Action.SUSPEND): Move(_SUSPENDED, _OFFICE, ends=_REPLY),
    (_IN_PROGRESS, Action.REQUEST_EXTENSION): Move(_IN_PROGRESS, _OFFICER),
    (_IN_PROGRESS, Action.REFUSE_EXTENSION): Move(_IN_PROGRESS, _OFFICE),
    (_IN_PROGRESS, Action.EXTEND): Move(_IN_PROGRESS, _OFFICE, ends=_REPLY, starts=_REPLY),
    (_IN_PROGRESS, Action.REPLY): Move(_REPLIED, _OFFICER, meets=_REPLY, ends=_CONTRIBUTE),
    (_IN_PROGRESS, Action.URGE): Move(_IN_PROGRESS, _OFFICE_OR_SYSTEM),
    (_IN_PROGRESS, Action.SUPERVISE): Move(_IN_PROGRESS, _SUPERVISION),
    # Whoever may place a case may do so while its department waits for leave to return it.
    (_RETURN_REQUESTED, Action.ASSIGN): Move(_DISPATCHED, _SYSTEM, starts=_ACKNOWLEDGE),
    (_RETURN_REQUESTED, Action.GRANT_RETURN): Move(_DISPATCHED, _OFFICE),
    (_RETURN_REQUESTED, Action.REFUSE_RETURN): Move(_IN_PROGRESS, _OFFICE),
    (_RETURN_REQUESTED, Action.DECLINE): Move(CaseStatus.DECLINED, _OFFICE, ends=_REPLY | _CONTRIBUTE),
    (_RETURN_REQUESTED, Action.URGE): Move(_RETURN_REQUESTED, _OFFICE_OR_SYSTEM),
    (_RETURN_REQUESTED, Action.SUPERVISE): Move(_RETURN_REQUESTED, _SUPERVISION),
    (_SUSPENDED, Action.RESUME): Move(_IN_PROGRESS, _OFFICER | _OFFICE_OR_SYSTEM, starts=_REPLY),
    (_SUSPENDED, Action.SUPERVISE): Move(_SUSPENDED, _SUPERVISION),
    (_REPLIED, Action.REQUEST_CALLBACK): Move(_CALLBACK_PENDING, _OFFICE_OR_SYSTEM),
    (_REPLIED, Action.REWORK): Move(_REWORK, _OFFICE, starts=_BOTH),
    # Without a callback where nobody can be called, an anonymous reporter above all.
    (_REPLIED, Action.CLOSE): Move(CaseStatus.CLOSED, _OFFICE_OR_SYSTEM),
    (_REPLIED, Action.SUPERVISE): Move(_REPLIED, _SUPERVISION),
    (_CALLBACK_PENDING, Action.REWORK): Move(_REWORK, _OFFICE, starts=_BOTH),
    (_CALLBACK_PENDING, Action.CLOSE): Move(CaseStatus.CLOSED, _OFFICE_OR_SYSTEM),
    (_CALLBACK_PENDING, Action.SUPERVISE): Move(_CALLBACK_PENDING, _SUPERVISION),
    (_REWORK, Action.ASSIGN): Move(_DISPATCHED, _SYSTEM, ends=_ACKNOWLEDGE, starts=_ACKNOWLEDGE),
    (_REWORK, Action.ACKNOWLEDGE): Move(_IN_PROGRESS, _OFFICER, meets=_ACKNOWLEDGE),
    (_REWORK, Action.URGE): Move(_REWORK, _OFFICE_OR_SYSTEM),
    (_REWORK, Action.SUPERVISE): Move(_REWORK, _SUPERVISION),
}

FINAL = frozenset({CaseStatus.CLOSED, CaseStatus.DECLINED})
# What a department may reply to.
ANSWERABLE = frozenset(status for status, action in MOVES if action is Action.REPLY)

STATUS_IN_CHINESE: Mapping[CaseStatus, str] = {
    CaseStatus.DISPATCHED: "已派单",
    CaseStatus.IN_PROGRESS: "办理中",
    CaseStatus.RETURN_REQUESTED: "已申请退单",
    CaseStatus.SUSPENDED: "已中止",
    CaseStatus.REPLIED: "已答复",
    CaseStatus.CALLBACK_PENDING: "待回访",
    CaseStatus.REWORK: "二次办理",
    CaseStatus.CLOSED: "已办结",
    CaseStatus.DECLINED: "不予受理",
}

ACTION_IN_CHINESE: Mapping[Action, str] = {
    Action.ASSIGN: "改派",
    Action.ACKNOWLEDGE: "签收",
    Action.REQUEST_RETURN: "申请退单",
    Action.GRANT_RETURN: "同意退单",
    Action.REFUSE_RETURN: "驳回退单",
    Action.REQUEST_SUSPENSION: "申请中止",
    Action.REFUSE_SUSPENSION: "驳回中止",
    Action.SUSPEND: "中止",
    Action.RESUME: "恢复办理",
    Action.REQUEST_EXTENSION: "申请延期",
    Action.REFUSE_EXTENSION: "驳回延期",
    Action.EXTEND: "延期",
    Action.REPLY: "答复",
    Action.REQUEST_CALLBACK: "转回访",
    Action.REWORK: "退回重办",
    Action.CLOSE: "办结",
    Action.DECLINE: "不予受理",
    Action.URGE: "催办",
    Action.SUPERVISE: "督办",
}


class IllegalMove(Exception):
    """The table has no such action from where the case stands; `legal` are those that the role could take."""

    def __init__(self, status: CaseStatus, action: Action, role: Role) -> None:
        self.status = status
        self.action = action
        self.legal = legal_actions(status, role)
        chinese = "、".join(ACTION_IN_CHINESE[one] for one in self.legal) or "无"
        english = ", ".join(self.legal) or "nothing"
        super().__init__(
            f"工单当前状态为“{STATUS_IN_CHINESE[status]}”，不能进行“{ACTION_IN_CHINESE[action]}”；可以进行：{chinese}。"
            f" A case that is {status} does not allow {action}; it allows: {english}."
        )


class StaleVersion(Exception):
    """Somebody moved the case after the caller looked at it; `current` is where it stands now."""

    def __init__(self, current: CaseState, expected_version: int) -> None:
        self.current = current
        self.expected_version = expected_version
        super().__init__(
            f"工单已被他人更新（当前为第{current.version}版，状态“{STATUS_IN_CHINESE[current.status]}”），请刷新后重试。"
            f" The case is at version {current.version} ({current.status}), not {expected_version}; read it again."
        )


class NotYourCase(Exception):
    """The case belongs to another department, or the action to another role; says nothing about the case itself."""

    def __init__(self) -> None:
        super().__init__("您无权对该工单进行此操作。 This case, or this action on it, is not yours.")


def legal_actions(status: CaseStatus, role: Role) -> tuple[Action, ...]:
    """What `role` may do with a case of its own that is `status`, in the order of the table."""
    return tuple(action for (origin, action), chosen in MOVES.items() if origin == status and role in chosen.by)


def move(
    state: CaseState,
    action: Action,
    actor: Actor,
    case_department: DepartmentCode | None,
    expected_version: int | None = None,
) -> CaseState:
    """The case after `actor` took `action`; its version is higher by exactly one.

    `case_department` is None while a granted return is on its way to its next department. An officer acts only for
    the own department, and another department's officer is turned away (NotYourCase) before anything else is checked,
    so that the refusal tells nothing. Raises StaleVersion where `expected_version` is given and past, IllegalMove
    where the table has no such move, and NotYourCase where it has but for other roles.
    """
    if actor.role is Role.OFFICER and (case_department is None or actor.department != case_department):
        raise NotYourCase
    if expected_version is not None and expected_version != state.version:
        raise StaleVersion(state, expected_version)
    chosen = MOVES.get((state.status, action))
    if chosen is None:
        raise IllegalMove(state.status, action, actor.role)
    if actor.role not in chosen.by:
        raise NotYourCase
    return CaseState(chosen.to, state.version + 1)
