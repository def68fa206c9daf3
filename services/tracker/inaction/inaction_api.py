"""Suspected inaction over HTTP: who is suspected reads and explains, the supervision office reads and judges."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from asyncpg import Record
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from services.tracker.acting import may_read, office_of, officer_of
from services.tracker.api import SUPERVISION, Limit, Officer, Reader, Words, page
from services.tracker.inaction import inaction_store
from services.tracker.inaction.inaction_store import Sought
from services.tracker.inaction.judging import Judging, NoSuchInaction
from services.tracker.inaction.verdicts import Awaits, Refused, Standing
from services.tracker.lifecycle import NotYourCase
from shared.auth import Principal, Role, allow
from shared.http import Problem
from shared.language import DepartmentCode, InactionKind
from shared.policy import Policy
from shared.postgres import Pool

Supervisor = Annotated[Principal, allow(Role.SUPERVISOR)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Explaining(_Body):
    text: Words


class Judgement(_Body):
    reason: Words


def add_inaction_routes(app: FastAPI, judging: Judging, policy: Callable[[], Policy], pool: Pool) -> None:
    """`policy` gives the one in force at the moment."""

    def shown(row: Record) -> dict[str, Any]:
        return {**row, "explanation_due_at": row["explanation_due_at"] or judging.explain_by(row["suspected_at"])}

    async def one(inaction_id: UUID) -> dict[str, Any]:
        row = await inaction_store.read_one(pool, inaction_id)
        if row is None:
            raise _no_such_inaction()
        return shown(row)

    @app.get("/v1/supervision/inaction", tags=["supervision"], dependencies=[SUPERVISION])
    async def inaction(
        standing: Standing | None = None,
        awaits: Awaits | None = None,
        kind: InactionKind | None = None,
        department: DepartmentCode | None = None,
        after: UUID | None = None,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Inaction with its evidence, newest first, and whether it is suspected, confirmed or dismissed.

        What is suspected `awaits` an explanation while the department's term for it runs, and then a verdict. `next` is
        the `after` of the following page.
        """
        sought = Sought(standing, awaits, kind, department)
        rows = await inaction_store.read_inaction(pool, sought, after, limit)
        return page([shown(row) for row in rows], "inaction_id", limit)

    @app.get("/v1/departments/{code}/inaction", tags=["departments"])
    async def of_department(
        code: DepartmentCode,
        reader: Reader,
        standing: Standing | None = None,
        awaits: Awaits | None = None,
        kind: InactionKind | None = None,
        after: UUID | None = None,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """What a department is suspected of, newest first, and until when it may explain each."""
        if not may_read(reader, code):
            raise Problem(403, "您只能查看本单位的疑似不作为。", "You may see what concerns your own department only.")
        if code not in policy().departments:
            raise Problem(404, f"没有代码为 {code} 的承办单位。", f"There is no department {code}.")
        sought = Sought(standing, awaits, kind, code)
        rows = await inaction_store.read_inaction(pool, sought, after, limit)
        return page([shown(row) for row in rows], "inaction_id", limit)

    @app.post("/v1/inaction/{inaction_id}/explain", tags=["departments"])
    async def explain(inaction_id: UUID, explaining: Explaining, officer: Officer) -> dict[str, Any]:
        """The department that is suspected says why, once (说明); late too, as long as nobody has judged."""
        with _refusals(hide_missing=True):
            await judging.explain(inaction_id, officer_of(officer), explaining.text)
        return await one(inaction_id)

    @app.post("/v1/inaction/{inaction_id}/confirm", tags=["supervision"])
    async def confirm(inaction_id: UUID, judgement: Judgement, supervisor: Supervisor) -> dict[str, Any]:
        """It was inaction (认定); not before the department has explained itself or let its term pass."""
        with _refusals():
            await judging.confirm(inaction_id, office_of(supervisor), judgement.reason)
        return await one(inaction_id)

    @app.post("/v1/inaction/{inaction_id}/dismiss", tags=["supervision"])
    async def dismiss(inaction_id: UUID, judgement: Judgement, supervisor: Supervisor) -> dict[str, Any]:
        """It was none (排除)."""
        with _refusals():
            await judging.dismiss(inaction_id, office_of(supervisor), judgement.reason)
        return await one(inaction_id)


@contextmanager
def _refusals(*, hide_missing: bool = False) -> Iterator[None]:
    """To an officer one that does not exist is not theirs either (`hide_missing`)."""
    try:
        yield
    except NotYourCase as error:
        raise Problem(403, str(error)) from None
    except NoSuchInaction:
        raise (Problem(403, str(NotYourCase())) if hide_missing else _no_such_inaction()) from None
    except Refused as error:
        raise Problem(409, error.zh, error.en) from None


def _no_such_inaction() -> Problem:
    return Problem(404, "没有这条疑似不作为。", "There is no such suspicion of inaction.")
