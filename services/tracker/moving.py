"""One move of one case, inside the transaction that has locked it: decide by the table, store, record and publish."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from services.tracker import store
from services.tracker.acts import requests_store
from services.tracker.deadlines.calendar import Calendar
from services.tracker.deadlines.deadline_rows import DeadlineRow, in_record
from services.tracker.deadlines.deadline_store import supersede
from services.tracker.lifecycle import ACTION_IN_CHINESE, FINAL, MOVES, Action, Actor, CaseState, Move, move
from services.tracker.opening import binding, fresh_deadlines
from services.tracker.record.record import Happening
from services.tracker.record.record_store import append_to_record
from services.tracker.timers.timers_store import stop_clocks
from shared import outbox
from shared.events import CaseEvent
from shared.ids import event_id
from shared.language import CaseStatus, DepartmentCode
from shared.policy import Policy
from shared.postgres import Connection
from shared.topics import CASES_EVENTS
from shared.wire import Message, encode


@dataclass(frozen=True, slots=True)
class Rules:
    """What a move is judged and its deadlines are counted by."""

    policy: Policy
    calendar: Calendar

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """With the county's own holiday notices ahead of the calendar library."""
        return cls(policy, Calendar.of_china(policy.notices))


@dataclass(frozen=True, slots=True)
class Step:
    """A move that the table allows, under way; `case` is how it was, `moved` where it leads."""

    connection: Connection
    rules: Rules
    case_id: UUID
    case: store.LockedCase
    action: Action
    actor: Actor
    moved: CaseState
    now: datetime

    @property
    def cause(self) -> UUID:
        """What the ids of everything follow from that this move makes."""
        return event_id(self.case_id, f"clocks/{self.moved.version}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step beyond what the table says.

    `event` is told to everybody, with `more` of its fields; None tells nobody. `department` is the case's after the
    move where another has it then. `deadlines` are those that the step itself counted, in place of fresh ones, and
    `beside` further ones that it set already.
    """

    event: type[CaseEvent] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None
    department: DepartmentCode | None = None
    deadlines: tuple[DeadlineRow, ...] | None = None
    beside: tuple[DeadlineRow, ...] = ()


# Checks what the table cannot, stores what is its own, and says what came of it.
Effect = Callable[[Step], Awaitable[Outcome]]


def telling(event: type[CaseEvent], note: str | None = None, **more: Any) -> Effect:
    """The effect of a move of which nothing is stored but the move itself."""

    async def tell(_step: Step) -> Outcome:
        return Outcome(event, more, note)

    return tell


async def carry_out(
    connection: Connection,
    rules: Rules,
    case_id: UUID,
    case: store.LockedCase,
    action: Action,
    actor: Actor,
    expected_version: int | None,
    effect: Effect,
) -> None:
    """Move the locked `case`; raises as ``lifecycle.move`` does, and what `effect` refuses."""
    moved = move(case.state, action, actor, case.holder, expected_version)
    now = await store.present(connection)
    step = Step(connection, rules, case_id, case, action, actor, moved, now)
    chosen = MOVES[case.state.status, action]
    await store.update_case(connection, case_id, moved)
    await stop_clocks(connection, case_id, chosen.meets, "met", now, by_law=True)
    # What the law sets (法定时限) ends with the case alone: no suspension stops it.
    await stop_clocks(connection, case_id, chosen.ends - chosen.starts, "ended", now, by_law=moved.status in FINAL)
    outcome = await effect(step)
    if case.state.status in _WAITING and moved.status is not case.state.status:
        await requests_store.let_lapse(connection, case_id, now)
    department = outcome.department or case.department
    fresh = await _start_clocks(step, chosen, outcome, department)
    told = (*fresh, *outcome.beside)
    await append_to_record(
        connection,
        [Happening(case_id, action, actor, now, moved, note=outcome.note, deadlines=in_record(told) if told else None)],
    )
    if outcome.event is not None:
        event = outcome.event(
            complaint_id=case_id,
            department=department,
            status=moved.status,
            version=moved.version,
            at=now,
            **outcome.more,
            **({"deadlines": tuple(d.in_event for d in fresh)} if fresh else {}),
        )
        await outbox.append(connection, [case_message(event)])


# Where something that a department asked for may wait for a decision; it lapses when the case moves on.
_WAITING = frozenset({CaseStatus.IN_PROGRESS, CaseStatus.RETURN_REQUESTED})


async def _start_clocks(
    step: Step, chosen: Move, outcome: Outcome, department: DepartmentCode
) -> Sequence[DeadlineRow]:
    if outcome.deadlines is not None:
        # They end those that they name, and no other of the same clock.
        await supersede(step.connection, outcome.deadlines, step.now)
        return outcome.deadlines
    if not chosen.starts:
        return ()
    replaced = chosen.ends & chosen.starts
    await stop_clocks(step.connection, step.case_id, replaced, "ended", step.now, by_law=False)
    fresh = await _fresh(step, chosen, outcome, department)
    await store.insert_deadlines(step.connection, fresh)
    return fresh


async def _fresh(step: Step, chosen: Move, outcome: Outcome, department: DepartmentCode) -> tuple[DeadlineRow, ...]:
    latest = await store.latest_deadlines(step.connection, step.case_id)
    case, rules = step.case, step.rules
    rows = fresh_deadlines(step.case_id, step.cause, case.kind, case.urgency, step.now, rules.policy, rules.calendar)
    because = f"{ACTION_IN_CHINESE[step.action]}：{outcome.note}"
    return binding(
        [
            replace(row, replaces=latest[row.clock], replaced_because=because)
            for row in rows
            if row.clock in chosen.starts
        ],
        department,
    )


def case_message(event: CaseEvent) -> Message:
    """The record of `event` for everybody who follows cases; its id follows from the case and its version."""
    return encode(
        event,
        topic=CASES_EVENTS,
        event_id=event_id(event.complaint_id, f"{event.event_type}/{event.version}"),
        source="tracker",
        time=event.at,
    )
