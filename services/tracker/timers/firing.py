"""What follows when a timer of the escalation ladder fires: its outcome, what is said of it, and the event for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, assert_never
from uuid import UUID

from services.tracker.deadlines.ladder import TimerKind
from services.tracker.inaction.inaction import suspect, what_is_missing
from services.tracker.record.record import Fired
from shared.events import (
    CaseSupervised,
    CaseUrged,
    DeadlineMissed,
    DeadlineWarned,
    InactionSuspected,
    InactionUnexplained,
    SupervisionNoticeIssued,
)
from shared.ids import event_id
from shared.language import Addressee, CaseStatus, Clock, DepartmentCode, Nature
from shared.policy import Policy


class DueTimer(NamedTuple):
    """A timer whose time has come, with its deadline and its case; `department` is the one that the deadline binds.

    `met_at` is when the deadline was met, where somebody did so after this timer's moment.
    """

    kind: TimerKind
    fires_at: datetime
    addressee: Addressee | None
    deadline_id: UUID
    clock: Clock
    nature: Nature
    legal_basis: str | None
    started_at: datetime
    due_at: datetime
    complaint_id: UUID
    department: DepartmentCode
    ticket_number: str
    status: CaseStatus
    version: int
    met_at: datetime | None


@dataclass(frozen=True, slots=True)
class Said:
    """An entry of the record with its event; `note` is the entry's sentence, where it has one."""

    fired: Fired
    event: (
        DeadlineWarned
        | DeadlineMissed
        | InactionSuspected
        | InactionUnexplained
        | CaseUrged
        | CaseSupervised
        | SupervisionNoticeIssued
    )
    note: str | None = None


# Also the outcome of the deadline that a timer of the kind leaves.
FIRED = {
    TimerKind.WARNING: Fired.WARNED,
    TimerKind.URGE: Fired.URGED,
    TimerKind.DUE: Fired.MISSED,
    TimerKind.SUPERVISE: Fired.SUPERVISED,
    TimerKind.NOTICE: Fired.NOTICE_ISSUED,
}

_ADDRESSEES = {
    Addressee.DEPARTMENT: "承办单位",
    Addressee.DEPARTMENT_HEAD: "承办单位负责人",
    Addressee.CENTRE: "热线中心",
    Addressee.SUPERVISION_OFFICE: "督查室",
}


def fire(timer: DueTimer, now: datetime, policy: Policy) -> Sequence[Said]:
    """What `timer` has to say at `now`, in the order in which it is said."""
    match timer.kind:
        case TimerKind.WARNING:
            return (Said(Fired.WARNED, DeadlineWarned(**_of_clock(timer, now), addressee=timer.addressee)),)
        case TimerKind.URGE:
            note = _note("催办", timer, policy, "请抓紧办理")
            return (Said(Fired.URGED, CaseUrged(**_of_case(timer, now), note=note, addressee=timer.addressee), note),)
        case TimerKind.DUE if timer.clock is Clock.EXPLAIN:
            return (_unexplained(timer, now, policy),)
        case TimerKind.DUE:
            return _missed(timer, now, policy)
        case TimerKind.SUPERVISE:
            note = _note("督办", timer, policy, "由督查室督办")
            return (
                Said(
                    Fired.SUPERVISED, CaseSupervised(**_of_case(timer, now), note=note, addressee=timer.addressee), note
                ),
            )
        case TimerKind.NOTICE:
            note = _note("通报", timer, policy, "予以通报")
            notice = SupervisionNoticeIssued(**_of_clock(timer, now), addressee=_addressee(timer), note=note)
            return (Said(Fired.NOTICE_ISSUED, notice, note),)
        case TimerKind.RESUME:
            raise ValueError("a suspension that ends is no step of the ladder")
        case _:
            assert_never(timer.kind)


def _missed(timer: DueTimer, now: datetime, policy: Policy) -> Sequence[Said]:
    common = _of_clock(timer, now)
    suspicion = suspect(*_facts(timer, policy))
    suspected = InactionSuspected(
        **common,
        inaction_id=event_id(timer.deadline_id, "inaction"),
        kind=suspicion.kind,
        evidence=suspicion.evidence,
    )
    return (
        Said(Fired.MISSED, DeadlineMissed(**common, addressee=timer.addressee)),
        Said(Fired.SUSPECTED, suspected, suspicion.evidence),
    )


def _unexplained(timer: DueTimer, now: datetime, policy: Policy) -> Said:
    """No further suspicion: that the department says nothing is for whoever judges the first one."""
    event = InactionUnexplained(
        complaint_id=timer.complaint_id,
        inaction_id=timer.deadline_id,
        department=timer.department,
        due_at=timer.due_at,
        at=now,
    )
    return Said(Fired.MISSED, event, f"{what_is_missing(*_facts(timer, policy))}。")


def _note(what: str, timer: DueTimer, policy: Policy, demand: str) -> str:
    return f"{what}（致{_ADDRESSEES[_addressee(timer)]}）：{what_is_missing(*_facts(timer, policy))}，{demand}。"


def _addressee(timer: DueTimer) -> Addressee:
    return timer.addressee or Addressee.DEPARTMENT


def _facts(timer: DueTimer, policy: Policy) -> tuple[Clock, datetime, datetime, datetime | None, str, str, str | None]:
    name = policy.name_of(timer.department)
    return timer.clock, timer.started_at, timer.due_at, timer.met_at, name, timer.ticket_number, timer.legal_basis


def _of_clock(timer: DueTimer, now: datetime) -> dict[str, object]:
    return {
        "complaint_id": timer.complaint_id,
        "department": timer.department,
        "clock": timer.clock,
        "due_at": timer.due_at,
        "at": now,
        "nature": None if timer.nature is Nature.COMMITTED else timer.nature,
    }


def _of_case(timer: DueTimer, now: datetime) -> dict[str, object]:
    return {
        "complaint_id": timer.complaint_id,
        "department": timer.department,
        "status": timer.status,
        "version": timer.version,
        "at": now,
    }
