"""Actions that a department's own system sends: read with the department that its topic names, and what refusing says.

The department stands in the topic alone: an access list of the broker says who may write there, and nothing in a
record is believed about who acts. An id counts only together with its topic, so that no department can use up the ids
of another, or of the other events that the tracker takes in once.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from pydantic import ValidationError

from services.tracker.guards import AgainstRule
from services.tracker.lifecycle import (
    Action,
    CaseState,
    IllegalMove,
    NotYourCase,
    Role,
    StaleVersion,
    legal_actions,
)
from shared.events import (
    ActionRefused,
    DepartmentActionAcknowledge,
    DepartmentActionContribute,
    DepartmentActionReply,
    DepartmentActionRequestReturn,
    Event,
)
from shared.ids import event_id
from shared.language import CaseStatus, DepartmentCode
from shared.topics import actor_of, refusals
from shared.validation import explain
from shared.wire import Message, Received, Record, Undecodable, decode, encode

ACTIONS: tuple[type[Event], ...] = (
    DepartmentActionAcknowledge,
    DepartmentActionReply,
    DepartmentActionRequestReturn,
    DepartmentActionContribute,
)


@dataclass(frozen=True, slots=True)
class ReceivedAction(Received[Event]):
    """`action_id` is the department's own; `id`, by which it is taken in once, belongs to that department alone."""

    action_id: UUID
    department: DepartmentCode


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action was refused, for people in both languages and for programs, and what would be legal instead."""

    reason: str
    why: str
    legal: tuple[Action, ...] = ()
    status: CaseStatus | None = None
    version: int | None = None


def read_action(record: Record) -> ReceivedAction:
    """The action in a record of a topic of actions; Undecodable where it holds none."""
    received = decode(record)
    if not isinstance(received.event, ACTIONS):
        raise Undecodable(f"{received.event.event_type} is no action of a department")
    department = actor_of(record.topic)
    return ReceivedAction(uuid5(received.id, record.topic), received.event, received.id, department)


def refusal_of(error: StaleVersion | IllegalMove | NotYourCase) -> Refusal:
    """What the table of moves refused."""
    match error:
        case StaleVersion(current=now):
            return Refusal(
                str(error), "stale_version", legal_actions(now.status, Role.OFFICER), now.status, now.version
            )
        case IllegalMove():
            return Refusal(str(error), "illegal_move", error.legal, error.status)
    return Refusal(str(error), "not_your_case")


def against_rule(error: AgainstRule, refused: Action, state: CaseState) -> Refusal:
    """What a rule refused of a case that the department has in charge; `state` is where it stands."""
    others = tuple(one for one in legal_actions(state.status, Role.OFFICER) if one is not refused)
    return Refusal(str(error), error.why, error.offers or others, state.status, state.version)


def badly_written(invalid: ValidationError) -> Refusal:
    """Fields that the same form refuses over HTTP."""
    found = explain(invalid.errors())
    return Refusal(" ".join([*(one.zh for one in found), *(one.en for one in found)]), "badly_written")


def refusal_message(received: ReceivedAction, refusal: Refusal, at: datetime) -> Message:
    """The record that answers a refused action; its id follows from the action, so it is answered once."""
    refused = ActionRefused(
        complaint_id=received.event.complaint_id,
        action_id=received.action_id,
        action=received.event.event_type,
        department=received.department,
        reason=refusal.reason,
        why=refusal.why,
        legal=refusal.legal,
        status=refusal.status,
        version=refusal.version,
        at=at,
    )
    return encode(
        refused,
        topic=refusals(received.department),
        event_id=event_id(received.id, refused.event_type),
        source="tracker",
        time=at,
    )
