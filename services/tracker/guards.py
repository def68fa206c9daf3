"""What a county's policy asks for beyond the table of moves: windows, caps, closed lists, what a callback must say.

Each guard is a pure function that returns, or raises AgainstRule with a name for programs and sentences for people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadlines import Due, due, extended
from services.tracker.lifecycle import Action
from shared.language import CaseStatus, Confidentiality, Satisfaction, Urgency
from shared.policy import Policy
from shared.term import Term


class Forbidden(StrEnum):
    """Why something that the table of moves allows is refused all the same."""

    ARBITRATED = "arbitrated"
    ANSWERED_BEFORE = "answered_before"
    WINDOW_PAST = "window_past"
    NOT_ASKED = "not_asked"
    ASKED_ALREADY = "asked_already"
    UNKNOWN_REASON = "unknown_reason"
    TOO_LONG = "too_long"
    TOO_OFTEN = "too_often"
    OVERDUE = "overdue"
    IN_TRANSIT = "in_transit"
    NOT_SAID_WHETHER_CONTACTED = "not_said_whether_contacted"
    ANONYMOUS = "anonymous"
    SATISFACTION_MISSING = "satisfaction_missing"
    SATISFACTION_WITHOUT_CONTACT = "satisfaction_without_contact"
    DISSATISFIED = "dissatisfied"
    CONTRIBUTED_ALREADY = "contributed_already"
    RELEASED = "released"
    BLANK_LEFT = "blank_left"


class AgainstRule(Exception):
    """The table of moves allows it, a rule does not; `offers` are the actions that would be right instead."""

    def __init__(self, why: Forbidden, chinese: str, english: str, offers: Sequence[Action] = ()) -> None:
        self.why = why
        self.offers = tuple(offers)
        super().__init__(f"{chinese} {english}")


@dataclass(frozen=True, slots=True)
class Assignment:
    """What counts for a return: whether the decision is final, and what the department has done with the case.

    `acknowledged_at` is when it last acknowledged the case, None before it has; `answered` says that it has replied.
    """

    returnable: bool
    acknowledged_at: datetime | None
    answered: bool


def check_return(given: Assignment, now: datetime, policy: Policy, calendar: Calendar) -> None:
    """Whether a department may ask to return its case at `now`: before it acknowledges, or within the window after."""
    if not given.returnable:
        raise AgainstRule(
            Forbidden.ARBITRATED,
            "该工单由督查室指定承办，不得退单。",
            "The supervision office has named the department; such a case cannot be returned.",
        )
    if given.answered:
        raise AgainstRule(
            Forbidden.ANSWERED_BEFORE,
            "本单位已经答复过该工单，不得退单。",
            "A department that has answered a case cannot say that it is not its own.",
        )
    if given.acknowledged_at is None:
        return
    window = policy.returns.window
    until = due(given.acknowledged_at, window, calendar, policy.counting).due_at
    if now >= until:
        raise AgainstRule(
            Forbidden.WINDOW_PAST,
            f"退单应在签收后{window}内提出，期限已于{until.isoformat()}届满。",
            f"A return is asked for within {window} of acknowledging; that ended at {until.isoformat()}.",
        )


def check_suspension(
    category: str, term: Term, so_far: int, due_at: datetime, now: datetime, policy: Policy, calendar: Calendar
) -> datetime:
    """Until when a suspension for `category` and `term` from `now` on would last; `so_far`: how many there were.

    `due_at` is when the reply is due: a clock that has run out cannot stand still.
    """
    rules = policy.suspension
    if rules.name_of(category) is None:
        codes = "、".join(reason.code for reason in rules.reasons)
        raise AgainstRule(
            Forbidden.UNKNOWN_REASON,
            f"中止事由应为下列之一：{codes}。",
            f"A case is suspended for one of these reasons: {codes}.",
        )
    _check_running(due_at, now, "中止", "a suspension")
    _check_number(so_far, rules.at_most, "中止", "suspended")
    try:
        until = due(now, term, calendar, policy.counting).due_at
    except ValueError:  # beyond the calendar's last day
        raise _too_long("中止", "suspension", term, rules.longest) from None
    if until > due(now, rules.longest, calendar, policy.counting).due_at:
        raise _too_long("中止", "suspension", term, rules.longest)
    return until


def check_extension(
    running: Due, term: Term, so_far: int, urgency: Urgency, now: datetime, policy: Policy, calendar: Calendar
) -> Due:
    """`running` with `term` more; `so_far`: how many extensions there were.

    Holds for who asks as for who approves: once the deadline has passed there is nothing left to extend.
    """
    rules = policy.extension
    longest = rules.urgent_longest if urgency is Urgency.URGENT else rules.longest
    _check_running(running.due_at, now, "延期", "an extension")
    _check_number(so_far, rules.at_most, "延期", "extended")
    try:
        later = extended(running, term, calendar)
    except ValueError:  # beyond the calendar's last day
        raise _too_long("延期", "extension", term, longest) from None
    if later.due_at > extended(running, longest, calendar).due_at:
        raise _too_long("延期", "extension", term, longest)
    return later


def check_pending(*, asked: bool, wanted: bool, chinese: str, english: str) -> None:
    """A request can be decided where one is pending (`wanted`), and made where none is."""
    if wanted and not asked:
        raise AgainstRule(Forbidden.NOT_ASKED, f"没有待审批的{chinese}申请。", f"Nobody has asked for {english}.")
    if asked and not wanted:
        raise AgainstRule(
            Forbidden.ASKED_ALREADY, f"已有待审批的{chinese}申请。", f"A request for {english} is waiting already."
        )


def check_held(*, in_transit: bool) -> None:
    if in_transit:
        raise AgainstRule(
            Forbidden.IN_TRANSIT,
            "该工单退单后正在重新分派，暂无承办单位。",
            "The case is on its way to another department; nobody holds it.",
        )


# In which the department has nothing left to answer.
ANSWERED = frozenset({CaseStatus.REPLIED, CaseStatus.CALLBACK_PENDING, CaseStatus.CLOSED, CaseStatus.DECLINED})


def check_contribution(contributed_at: datetime | None, released_at: datetime | None, status: CaseStatus) -> None:
    """Whether a co-handler may still contribute: once, while it is asked to and the lead has not answered."""
    if contributed_at is not None:
        raise AgainstRule(
            Forbidden.CONTRIBUTED_ALREADY, "本单位已提交协办意见。", "Your department has contributed already."
        )
    if released_at is not None or status in ANSWERED:
        raise AgainstRule(
            Forbidden.RELEASED,
            "该工单已不再需要协办意见。",
            "The case needs no contribution any more.",
        )


@dataclass(frozen=True, slots=True)
class Callback:
    """What the centre says of the callback when it closes a case; `because` is why it closes a case that displeases."""

    contacted: bool | None = None
    satisfaction: Satisfaction | None = None
    because: str | None = None


def check_closing(said: Callback, confidentiality: Confidentiality, status: CaseStatus) -> None:
    """Whether a case may be closed with what is said of the callback.

    Whoever gave no name cannot be called, so such a case closes without. Otherwise the centre says whether it reached
    the reporter, and if so what the reporter said. A dissatisfied one has the case worked again, unless the centre
    says why not.
    """
    if confidentiality is Confidentiality.ANONYMOUS:
        if said.contacted:
            raise AgainstRule(
                Forbidden.ANONYMOUS,
                "匿名诉求无法回访，办结时不应填写已联系。",
                "The reporter is anonymous and cannot have been called.",
            )
    elif said.contacted is None:
        raise AgainstRule(
            Forbidden.NOT_SAID_WHETHER_CONTACTED,
            "办结前应回访，请填写是否联系到诉求人（contacted）。",
            "Say in `contacted` whether the reporter was reached.",
            () if status is CaseStatus.CALLBACK_PENDING else (Action.REQUEST_CALLBACK,),
        )
    if said.contacted and said.satisfaction is None:
        raise AgainstRule(
            Forbidden.SATISFACTION_MISSING,
            "已联系到诉求人，请填写满意度（satisfaction）。",
            "The reporter was reached; say in `satisfaction` what they said.",
        )
    if not said.contacted and said.satisfaction is not None:
        raise AgainstRule(
            Forbidden.SATISFACTION_WITHOUT_CONTACT,
            "未联系到诉求人，不得填写满意度。",
            "The reporter was not reached, so they said nothing.",
        )
    if said.satisfaction is Satisfaction.DISSATISFIED and said.because is None:
        raise AgainstRule(
            Forbidden.DISSATISFIED,
            "诉求人不满意，应退回重办；确需办结的，请说明理由（reason）。",
            "The reporter is not satisfied: send the case back (rework), or state in `reason` why it is closed.",
            (Action.REWORK,),
        )


def _check_running(due_at: datetime, now: datetime, chinese: str, english: str) -> None:
    if now >= due_at:
        raise AgainstRule(
            Forbidden.OVERDUE,
            f"答复期限已过，不得{chinese}。",
            f"The reply is overdue; {english} is asked for and approved before it is due.",
        )


def _check_number(so_far: int, at_most: int, chinese: str, english: str) -> None:
    if so_far >= at_most:
        raise AgainstRule(
            Forbidden.TOO_OFTEN,
            f"该工单已{chinese}{so_far}次，最多{at_most}次。",
            f"The case has been {english} {so_far} times; {at_most} is the most.",
        )


def _too_long(chinese: str, english: str, term: Term, longest: Term) -> AgainstRule:
    return AgainstRule(
        Forbidden.TOO_LONG,
        f"{chinese}时间{term}过长，最长{longest}。",
        f"{term} is too long for one {english}; {longest} is the most.",
    )
