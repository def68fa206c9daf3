"""Suspected inaction is explained and judged: each in one transaction, with its entry in the record and its event."""

from datetime import datetime
from uuid import UUID

from prometheus_client import Counter

from services.tracker import store
from services.tracker.casework import Casework
from services.tracker.deadlines.deadlines import due
from services.tracker.inaction import inaction_open_store, inaction_store
from services.tracker.inaction.verdicts import Standing, Suspected, check_explaining, check_verdict, in_note
from services.tracker.lifecycle import Actor, NotYourCase
from services.tracker.record.record import Happening, Judged
from services.tracker.record.record_store import append_to_record
from shared import outbox
from shared.events import InactionConfirmed, InactionDismissed, InactionEvent, InactionExplained
from shared.ids import event_id
from shared.postgres import Connection
from shared.redaction import redact
from shared.topics import SUPERVISION_ALERTS
from shared.wire import Message, encode

EXPLAINED = Counter("hotline_inaction_explained_total", "Suspicions explained", ["department", "kind", "in_time"])
JUDGED = Counter("hotline_inaction_judged_total", "Verdicts on suspicions", ["department", "kind", "verdict"])

_SAID = {
    Standing.CONFIRMED: (Judged.CONFIRMED, InactionConfirmed),
    Standing.DISMISSED: (Judged.DISMISSED, InactionDismissed),
}


class NoSuchInaction(LookupError):
    """There is no suspicion of this id."""


class Judging:
    """Its methods raise NoSuchInaction, NotYourCase and what ``verdicts`` refuses; what people write is redacted."""

    def __init__(self, casework: Casework) -> None:
        self._casework = casework
        self._rules = casework.rules

    def explain_by(self, suspected_at: datetime) -> datetime:
        """When an explanation is due that nobody has been asked for yet."""
        rules = self._rules()
        return due(suspected_at, rules.policy.explanation.term, rules.calendar, rules.policy.counting).due_at

    async def explain(self, inaction_id: UUID, officer: Actor, text: str) -> None:
        """The department that is suspected says why."""
        written = redact(text)
        async with self._casework.transaction() as connection:
            case_id, found = await _locked(connection, inaction_id)
            if found.department != officer.department:
                raise NotYourCase
            check_explaining(found)
            now = await store.present(connection)
            due_at = found.explain_by or self.explain_by(found.suspected_at)
            await inaction_store.insert_explanation(connection, inaction_id, written, due_at, now)
            await inaction_open_store.explained(connection, inaction_id, due_at, now)
            note = in_note(written, inaction_id)
            await append_to_record(connection, [Happening(case_id, Judged.EXPLAINED, officer, now, note=note)])
            said = InactionExplained(
                complaint_id=case_id,
                inaction_id=inaction_id,
                department=found.department,
                at=now,
                kind=found.kind,
                due_at=due_at,
            )
            await outbox.append(connection, [_message(said, 1)])
        EXPLAINED.labels(found.department, found.kind, str(now < due_at).lower()).inc()

    async def confirm(self, inaction_id: UUID, supervisor: Actor, reason: str) -> None:
        """It was inaction."""
        await self._judge(inaction_id, Standing.CONFIRMED, supervisor, reason)

    async def dismiss(self, inaction_id: UUID, supervisor: Actor, reason: str) -> None:
        """It was none."""
        await self._judge(inaction_id, Standing.DISMISSED, supervisor, reason)

    async def _judge(self, inaction_id: UUID, verdict: Standing, supervisor: Actor, reason: str) -> None:
        why = redact(reason)
        happened, event = _SAID[verdict]
        async with self._casework.transaction() as connection:
            case_id, found = await _locked(connection, inaction_id)
            now = await store.present(connection)
            check_verdict(found, verdict, now, found.explain_by or self.explain_by(found.suspected_at))
            number = await inaction_store.insert_verdict(connection, inaction_id, verdict, why, now)
            await inaction_open_store.judged(connection, inaction_id, now)
            note = in_note(why, inaction_id)
            await append_to_record(connection, [Happening(case_id, happened, supervisor, now, note=note)])
            said = event(
                complaint_id=case_id, inaction_id=inaction_id, department=found.department, at=now, kind=found.kind
            )
            await outbox.append(connection, [_message(said, number)])
        JUDGED.labels(found.department, found.kind, verdict).inc()


def _message(event: InactionEvent, number: int) -> Message:
    """What is told to the supervision office; a verdict may be changed, so its number is part of the event's id."""
    return encode(
        event,
        topic=SUPERVISION_ALERTS,
        key=event.department,
        event_id=event_id(event.inaction_id, f"{event.event_type}/{number}"),
        source="tracker",
        time=event.at,
    )


async def _locked(connection: Connection, inaction_id: UUID) -> tuple[UUID, Suspected]:
    """The suspicion and its case, which stays locked, so that its record cannot fork."""
    case_id = await inaction_store.find_case(connection, inaction_id)
    if case_id is None:
        raise NoSuchInaction(inaction_id)
    await store.lock_case(connection, case_id)
    found = await inaction_store.suspected(connection, inaction_id)
    if found is None:
        raise NoSuchInaction(inaction_id)
    return case_id, found
