"""Every event that passes between services: a past-tense fact, frozen, free of personal data.

On the wire an event is a CloudEvent 1.0 in Kafka's binary binding (see ``shared.wire``). An old consumer must be
able to read a new event: fields are only ever added, and with a default.
"""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.language import (
    Addressee,
    CaseStatus,
    Channel,
    Clock,
    Confidentiality,
    DecisionSource,
    DepartmentCode,
    InactionKind,
    Kind,
    Nature,
    Satisfaction,
    Urgency,
)


class Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    event_type: ClassVar[str]

    complaint_id: UUID


class ComplaintEvent(Event):
    """What every service may know of a complaint; the text is redacted."""

    ticket_number: str
    channel: Channel
    kind: Kind
    urgency: Urgency
    confidentiality: Confidentiality
    title: str | None = None
    text: str
    place: str | None = None
    # The department that the reporter or the channel names, or the router finds, as the one complained about.
    accused: DepartmentCode | None = None
    accepted_at: AwareDatetime


class ComplaintReceived(ComplaintEvent):
    """Intake accepted a complaint."""

    event_type: ClassVar[str] = "hotline.complaint.received.v1"

    # The department on whose own line or mailbox it came in.
    received_by: DepartmentCode | None = None
    occurred_at: AwareDatetime | None = None
    # The same reporter brought the same matter before, and neither asked not to be known. Each is still handled.
    repeat_of: UUID | None = None


class ComplaintAssigned(ComplaintEvent):
    """Router placed the complaint with a department and says why."""

    event_type: ClassVar[str] = "hotline.complaint.assigned.v1"

    department: DepartmentCode
    matter: str | None = None
    decision_id: UUID
    decided_by: DecisionSource
    rule: str | None = None
    # One sentence in Chinese that a person can read aloud.
    reason: str
    # Out of scope: where the law sends the reporter instead.
    lawful_channel: str | None = None
    policy_hash: str
    assigned_at: AwareDatetime
    # How often it has been placed: 1 the first time, one more after each granted return.
    hop: int = 1
    # False where a person of the supervision office named the department after arbitration: it cannot be returned.
    returnable: bool = True
    # A joint matter: to the lead, who helps; to a co-handler, who leads. A co-handler contributes, the lead answers.
    co_handlers: tuple[DepartmentCode, ...] = ()
    lead: DepartmentCode | None = None
    # Complaints that tell of the same incident share it; each case is still answered and closed on its own. Absent
    # while nobody else tells of it.
    incident_id: UUID | None = None
    # How often that has changed; of several events the one with the highest number holds.
    incident_version: int = 0


class IncidentMembershipChanged(Event):
    """The complaint tells of another incident than its assignment said, or of none.

    A later complaint showed it, or a person said so.
    """

    event_type: ClassVar[str] = "hotline.incident.membership_changed.v1"

    incident_id: UUID | None = None
    incident_version: int
    at: AwareDatetime


class HotspotRaised(Event):
    """So many people tell of one incident within a short time that it is a hot spot (热点); once for each level.

    `complaint_id` is the complaint with which it reached the level, `department` the one that has most of them.
    """

    event_type: ClassVar[str] = "hotline.hotspot.raised.v1"

    incident_id: UUID
    department: DepartmentCode
    # 1 is the lowest of the policy's levels.
    level: int
    complaints: int
    within_hours: int
    at: AwareDatetime
    # One sentence in Chinese.
    note: str


class Deadline(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    clock: Clock
    due_at: AwareDatetime
    warn_at: AwareDatetime | None = None
    # Counted in a year whose holidays the State Council has not announced yet.
    provisional: bool = False
    # Absent: committed.
    nature: Nature | None = None


class CaseEvent(Event):
    department: DepartmentCode
    status: CaseStatus
    version: int
    at: AwareDatetime


class CaseOpened(CaseEvent):
    event_type: ClassVar[str] = "hotline.case.opened.v1"

    deadlines: tuple[Deadline, ...]


class CaseAcknowledged(CaseEvent):
    event_type: ClassVar[str] = "hotline.case.acknowledged.v1"


class CaseReplied(CaseEvent):
    """The department answered; `reply` is redacted and meant for the reporter."""

    event_type: ClassVar[str] = "hotline.case.replied.v1"

    reply: str


class CaseCallbackRequested(CaseEvent):
    """The centre is to ask the reporter whether it helped."""

    event_type: ClassVar[str] = "hotline.case.callback_requested.v1"


class CaseReworked(CaseEvent):
    """The reporter is not satisfied: the department has the case again, with fresh deadlines; `reason` is redacted."""

    event_type: ClassVar[str] = "hotline.case.reworked.v1"

    reason: str
    deadlines: tuple[Deadline, ...]


class CaseClosed(CaseEvent):
    """`satisfaction` is what the reporter said, where somebody reached them."""

    event_type: ClassVar[str] = "hotline.case.closed.v1"

    contacted: bool = False
    satisfaction: Satisfaction | None = None


class CaseDeclined(CaseEvent):
    """A person found that the hotline must not handle it; `lawful_channel` says where the law sends the reporter."""

    event_type: ClassVar[str] = "hotline.case.declined.v1"

    lawful_channel: str


class CaseReturnRequested(CaseEvent):
    """The department says that the case is not its own; the clock runs on. `reason` and `basis` are redacted."""

    event_type: ClassVar[str] = "hotline.case.return_requested.v1"

    reason: str
    basis: str


class CaseReturnGranted(CaseEvent):
    """`department` gave the case back with leave: the router places it again, and never with `tried`.

    `returns` counts the granted returns of this case, this one included: at the second one the supervision office
    arbitrates.
    """

    event_type: ClassVar[str] = "hotline.case.return_granted.v1"

    reason: str
    returns: int
    tried: tuple[DepartmentCode, ...]


class CaseReturnRefused(CaseEvent):
    event_type: ClassVar[str] = "hotline.case.return_refused.v1"

    reason: str


class CaseReassigned(CaseEvent):
    """A further decision of the router gave the case to `department`; the reply clock was neither stopped nor moved."""

    event_type: ClassVar[str] = "hotline.case.reassigned.v1"

    previous: DepartmentCode
    reason: str
    deadlines: tuple[Deadline, ...]


class CaseSuspended(CaseEvent):
    """The reply clock stands still until it is resumed, at the latest at `until`."""

    event_type: ClassVar[str] = "hotline.case.suspended.v1"

    reason: str
    until: AwareDatetime


class CaseResumed(CaseEvent):
    event_type: ClassVar[str] = "hotline.case.resumed.v1"

    deadlines: tuple[Deadline, ...]


class CaseExtended(CaseEvent):
    """The reply is due later, as asked before it was due and approved; the reporter is told why."""

    event_type: ClassVar[str] = "hotline.case.extended.v1"

    reason: str
    deadlines: tuple[Deadline, ...]


class CaseUrged(CaseEvent):
    """The department was reminded (催办)."""

    event_type: ClassVar[str] = "hotline.case.urged.v1"

    note: str
    # Set where it was said by itself, as a step of the escalation ladder.
    addressee: Addressee | None = None


class CaseSupervised(CaseEvent):
    """The supervision office follows the case from here on (督办)."""

    event_type: ClassVar[str] = "hotline.case.supervised.v1"

    note: str
    # Set where it was said by itself, as a step of the escalation ladder.
    addressee: Addressee | None = None


class ClockEvent(Event):
    department: DepartmentCode
    clock: Clock
    due_at: AwareDatetime
    at: AwareDatetime
    # Absent: committed.
    nature: Nature | None = None


class DeadlineWarned(ClockEvent):
    event_type: ClassVar[str] = "hotline.deadline.warned.v1"

    addressee: Addressee | None = None


class DeadlineMissed(ClockEvent):
    event_type: ClassVar[str] = "hotline.deadline.missed.v1"

    addressee: Addressee | None = None


class DeadlineRecomputed(ClockEvent):
    """A holiday notice arrived and the deadline was counted again: `due_at` holds, in place of `previous_due_at`.

    The two may be the same; then what was provisional is certain.
    """

    event_type: ClassVar[str] = "hotline.deadline.recomputed.v1"

    previous_due_at: AwareDatetime
    warn_at: AwareDatetime | None = None
    provisional: bool = False
    # One sentence in Chinese.
    reason: str


class InactionSuspected(ClockEvent):
    """A missed deadline looks like nonfeasance; a person confirms or dismisses it."""

    event_type: ClassVar[str] = "hotline.inaction.suspected.v1"

    inaction_id: UUID
    kind: InactionKind
    # One sentence in Chinese: what was due when, and what is missing.
    evidence: str


class InactionEvent(Event):
    """What became of a suspicion. What was said of it stands in the record alone, for it may name people."""

    inaction_id: UUID
    department: DepartmentCode
    at: AwareDatetime


class InactionExplained(InactionEvent):
    """The department has said why; late where `at` is not before `due_at`."""

    event_type: ClassVar[str] = "hotline.inaction.explained.v1"

    kind: InactionKind
    due_at: AwareDatetime


class InactionUnexplained(InactionEvent):
    """The department let its term pass without a word; said once, and a person may judge from now on."""

    event_type: ClassVar[str] = "hotline.inaction.unexplained.v1"

    due_at: AwareDatetime


class InactionConfirmed(InactionEvent):
    """A person of the supervision office found that it was inaction."""

    event_type: ClassVar[str] = "hotline.inaction.confirmed.v1"

    kind: InactionKind


class InactionDismissed(InactionEvent):
    """A person of the supervision office found that it was none."""

    event_type: ClassVar[str] = "hotline.inaction.dismissed.v1"

    kind: InactionKind


class SupervisionNoticeIssued(ClockEvent):
    """The last step of the escalation ladder (通报): a deadline was missed and long past it is still not met."""

    event_type: ClassVar[str] = "hotline.supervision.notice_issued.v1"

    addressee: Addressee
    # One sentence in Chinese: what was due when, and what is missing.
    note: str


class DepartmentAction(Event):
    """What a department's own system asks for: a request, and no fact before the tracker has granted it.

    Its id is the action's own: sent again under it, the action is not taken in a second time. Who acts is whom the
    topic names. `version` is the one of the case that the department saw; absent, the case is taken as it stands.
    """

    version: int | None = None


class DepartmentActionAcknowledge(DepartmentAction):
    event_type: ClassVar[str] = "hotline.department_action.acknowledge.v1"


class DepartmentActionReply(DepartmentAction):
    """`text` is meant for the reporter; numbers that identify somebody are redacted when it is taken in."""

    event_type: ClassVar[str] = "hotline.department_action.reply.v1"

    text: str


class DepartmentActionRequestReturn(DepartmentAction):
    """`basis` names the rule by which the case is another's."""

    event_type: ClassVar[str] = "hotline.department_action.request_return.v1"

    reason: str
    basis: str


class DepartmentActionContribute(Event):
    """A co-handler's part of a joint matter; the case stays where it is, so there is no version to name."""

    event_type: ClassVar[str] = "hotline.department_action.contribute.v1"

    text: str


class ActionRefused(Event):
    """An action of a department's own system was refused, and changed nothing.

    `legal` names what the department could do with the case instead; `status` and `version` say where the case stands.
    All three are absent where the case is not the department's, for such a refusal tells nothing of it.
    """

    event_type: ClassVar[str] = "hotline.action.refused.v1"

    # The ce_id of the action, and its ce_type.
    action_id: UUID
    action: str
    department: DepartmentCode
    # A sentence in Chinese, then the same in English.
    reason: str
    # For programs; the names are those that the HTTP API answers, such as window_past.
    why: str
    legal: tuple[str, ...] = ()
    status: CaseStatus | None = None
    version: int | None = None
    at: AwareDatetime


# Every move of a case; urging and supervising move nothing.
CASE_MOVES: tuple[type[CaseEvent], ...] = (
    CaseOpened,
    CaseAcknowledged,
    CaseReplied,
    CaseCallbackRequested,
    CaseReworked,
    CaseClosed,
    CaseDeclined,
    CaseReturnRequested,
    CaseReturnGranted,
    CaseReturnRefused,
    CaseReassigned,
    CaseSuspended,
    CaseResumed,
    CaseExtended,
)

EVENTS: tuple[type[Event], ...] = (
    ComplaintReceived,
    ComplaintAssigned,
    IncidentMembershipChanged,
    HotspotRaised,
    *CASE_MOVES,
    CaseUrged,
    CaseSupervised,
    DeadlineWarned,
    DeadlineMissed,
    DeadlineRecomputed,
    InactionSuspected,
    InactionExplained,
    InactionUnexplained,
    InactionConfirmed,
    InactionDismissed,
    SupervisionNoticeIssued,
    DepartmentActionAcknowledge,
    DepartmentActionReply,
    DepartmentActionRequestReturn,
    DepartmentActionContribute,
    ActionRefused,
)
