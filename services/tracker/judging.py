"""Suspected inaction is explained and judged: each in one transaction, with its entry in the record of the case."""

from datetime import datetime
from uuid import UUID

from services.tracker import inaction_store, store
from services.tracker.casework import Casework
from services.tracker.deadlines import due
from services.tracker.lifecycle import Actor, NotYourCase, Role
from services.tracker.record import Happening, Judged
from services.tracker.record_store import append_to_record
from services.tracker.verdicts import Standing, Suspected, check_explaining, check_verdict, in_note
from shared.language import DepartmentCode
from shared.postgres import Connection
from shared.redaction import redact


class NoSuchInaction(LookupError):
    """There is no suspicion of this id."""


class Judging:
    """Its methods raise NoSuchInaction, NotYourCase and what ``verdicts`` refuses; what people write is redacted."""

    def __init__(self, casework: Casework) -> None:
        self._pool = casework.pool
        self._rules = casework.rules

    def explain_by(self, suspected_at: datetime) -> datetime:
        """When the department's explanation is due."""
        rules = self._rules()
        return due(suspected_at, rules.policy.explanation.term, rules.calendar, rules.policy.counting).due_at

    async def explain(self, inaction_id: UUID, department: DepartmentCode | None, text: str) -> None:
        """The department that is suspected says why."""
        written = redact(text).text
        async with self._pool.acquire() as connection, connection.transaction():
            case_id, found = await _locked(connection, inaction_id)
            if found.department != department:
                raise NotYourCase
            check_explaining(found)
            now = await store.present(connection)
            due_at = self.explain_by(found.suspected_at)
            await inaction_store.insert_explanation(connection, inaction_id, written, due_at, now)
            officer = Actor(Role.OFFICER, department)
            note = in_note(written, inaction_id)
            await append_to_record(connection, [Happening(case_id, Judged.EXPLAINED, officer, now, note=note)])

    async def confirm(self, inaction_id: UUID, reason: str) -> None:
        await self._judge(inaction_id, Standing.CONFIRMED, Judged.CONFIRMED, reason)

    async def dismiss(self, inaction_id: UUID, reason: str) -> None:
        await self._judge(inaction_id, Standing.DISMISSED, Judged.DISMISSED, reason)

    async def _judge(self, inaction_id: UUID, verdict: Standing, happened: Judged, reason: str) -> None:
        why = redact(reason).text
        async with self._pool.acquire() as connection, connection.transaction():
            case_id, found = await _locked(connection, inaction_id)
            now = await store.present(connection)
            check_verdict(found, verdict, now, self.explain_by(found.suspected_at))
            await inaction_store.insert_verdict(connection, inaction_id, verdict, why, now)
            note = in_note(why, inaction_id)
            await append_to_record(connection, [Happening(case_id, happened, Actor(Role.SUPERVISOR), now, note=note)])


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
