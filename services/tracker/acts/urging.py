"""Urging (催办) and supervising (督办) by people: a note to the department, with a record of its own."""

from functools import partial
from uuid import UUID

from services.tracker.acts import flags_store
from services.tracker.casework import Casework
from services.tracker.guards import check_held
from services.tracker.lifecycle import Action, Actor
from services.tracker.moving import Outcome, Step
from shared.events import CaseSupervised, CaseUrged
from shared.redaction import redact


class Urging:
    """Its methods raise what those of ``Casework`` do."""

    def __init__(self, casework: Casework) -> None:
        self._act = casework.act

    async def urge(self, case_id: UUID, actor: Actor, version: int | None, note: str) -> None:
        """Remind the department of a case that it has."""
        await self._act(case_id, Action.URGE, actor, version, partial(_urge, redact(note)))

    async def supervise(self, case_id: UUID, actor: Actor, version: int | None, note: str) -> None:
        """The supervision office follows the case from here on."""
        await self._act(case_id, Action.SUPERVISE, actor, version, partial(_supervise, redact(note)))


async def _urge(note: str, step: Step) -> Outcome:
    check_held(in_transit=step.case.in_transit)
    await flags_store.raise_flag(
        step.connection, step.case_id, step.moved.version, "urged", step.now, step.actor.role, note
    )
    return Outcome(CaseUrged, {"note": note}, note)


async def _supervise(note: str, step: Step) -> Outcome:
    await flags_store.raise_flag(
        step.connection, step.case_id, step.moved.version, "supervised", step.now, step.actor.role, note
    )
    return Outcome(CaseSupervised, {"note": note}, note)
