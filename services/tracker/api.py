"""The tracker's HTTP API: departments work their queue, the supervision office sees what is late and why."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

import orjson
from asyncpg import Record
from fastapi import FastAPI, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from services.tracker import store
from services.tracker.acting import READERS, may_read, officer_of
from services.tracker.casework import Casework, NoSuchCase
from services.tracker.guards import AgainstRule
from services.tracker.inaction import inaction_open_store, inaction_store
from services.tracker.inaction.verdicts import Awaits
from services.tracker.lifecycle import IllegalMove, NotYourCase, StaleVersion
from services.tracker.pages.particulars_store import particulars
from services.tracker.reports import tallies_store
from shared.auth import Principal, Role, allow
from shared.http import Problem
from shared.language import CaseStatus, DepartmentCode, Nature
from shared.policy import Policy
from shared.postgres import Pool


class Acting(BaseModel):
    """`version` is the one that whoever acts saw; an action on a case that has moved since is refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    version: int | None = Field(default=None, ge=1)


# PostgreSQL takes no NUL and UTF-8 no lone surrogate; the other control characters say nothing to a reader.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _written(text: object) -> object:
    return _UNWRITABLE.sub("", text) if isinstance(text, str) else text


Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000), BeforeValidator(_written)
]


class Replying(Acting):
    text: Words


_SUMMED_AS = {Nature.COMMITTED: "deadlines", Nature.STATUTORY: "statutory_deadlines"}
_AWAITING = tuple(f"awaiting_{each}" for each in Awaits)
_SUMMARY = ("cases", *_SUMMED_AS.values(), *inaction_store.COUNTED_AS.values(), *_AWAITING)

Limit = Annotated[int, Query(ge=1, le=500)]
Officer = Annotated[Principal, allow(Role.OFFICER)]
Reader = Annotated[Principal, allow(*READERS)]

SUPERVISION = allow(Role.SUPERVISOR, Role.ADMINISTRATOR)


def add_routes(app: FastAPI, casework: Casework, policy: Callable[[], Policy], pool: Pool) -> None:
    """`policy` gives the one in force at the moment."""

    @app.post("/v1/cases/{case_id}/acknowledge", tags=["cases"])
    async def acknowledge(case_id: UUID, acting: Acting, officer: Officer) -> dict[str, Any]:
        """The department has the case (签收)."""
        await require_readable(pool, officer, case_id)
        with refusals():
            await casework.acknowledge(case_id, officer_of(officer), acting.version)
        return await read_case(pool, case_id)

    @app.post("/v1/cases/{case_id}/reply", tags=["cases"])
    async def reply(case_id: UUID, replying: Replying, officer: Officer) -> dict[str, Any]:
        """The department answers the reporter (答复)."""
        await require_readable(pool, officer, case_id)
        with refusals():
            await casework.reply(case_id, officer_of(officer), replying.version, replying.text)
        return await read_case(pool, case_id)

    @app.get("/v1/cases/{case_id}", tags=["cases"])
    async def one(case_id: UUID, reader: Reader) -> dict[str, Any]:
        """All there is to a case: deadlines and what became of each, what was asked and decided, who contributes."""
        await require_readable(pool, reader, case_id)
        return await read_case(pool, case_id)

    @app.get("/v1/cases/{case_id}/deadlines", tags=["cases"])
    async def deadlines(case_id: UUID, reader: Reader) -> dict[str, Any]:
        """Every deadline that the case has had, replaced ones too, with all that is needed to count it again by hand.

        `term` runs from `started_at` by the calendar and the policy that are named; `timeline` says of each day whether
        it counted and why.
        """
        await require_readable(pool, reader, case_id)
        rows = await pool.fetch(store.READ_DEADLINES, case_id)
        if not rows:
            raise no_such_case()
        return {"complaint_id": case_id, "items": [_deadline(row) for row in rows]}

    @app.get("/v1/departments/{code}/cases", tags=["departments"])
    async def queue(
        code: DepartmentCode,
        reader: Reader,
        status: CaseStatus | None = None,
        after: UUID | None = None,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """A department's cases, oldest first; `next` is the `after` of the following page, absent on the last."""
        if not may_read(reader, code):
            raise Problem(403, "您只能查看本单位的工单。", "You may see the cases of your own department only.")
        if code not in policy().departments:
            raise Problem(404, f"没有代码为 {code} 的承办单位。", f"There is no department {code}.")
        rows = await store.read_queue(pool, code, status, after, limit)
        return page([case_of(row) for row in rows], "complaint_id", limit)

    @app.get("/v1/supervision/summary", tags=["supervision"], dependencies=[SUPERVISION])
    async def summary() -> dict[str, Any]:
        """Cases by status, deadlines by outcome and inaction by kind, of the county and of each department.

        `inaction` is what is suspected and nobody has judged, `awaiting_explanation` and `awaiting_verdict` together;
        confirmed and dismissed stand apart from it.
        """
        departments: dict[str, dict[str, Any]] = defaultdict(lambda: {name: {} for name in _SUMMARY})
        # All of it as of one instant, in which a case is either in the tallies or counted beside them.
        async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
            at = await store.present(connection)
            for row in await connection.fetch(tallies_store.COUNT_CASES):
                departments[row["department"]]["cases"][row["status"]] = row["cases"]
            for row in await connection.fetch(tallies_store.COUNT_DEADLINES):
                departments[row["department"]][_SUMMED_AS[row["nature"]]][row["clock"]] = _counts(row)
            for row in await connection.fetch(inaction_store.COUNT_INACTION):
                departments[row["department"]][inaction_store.COUNTED_AS[row["standing"]]][row["kind"]] = row["number"]
            for row in await inaction_open_store.count_open(connection):
                awaiting = departments[row["department"]][f"awaiting_{row['awaits']}"]
                awaiting[row["kind"]] = row["number"]
        name_of = policy().name_of
        return {
            "at": at,
            "county": _total(departments),
            "departments": [
                {"code": code, "name": name_of(code), **numbers} for code, numbers in sorted(departments.items())
            ],
        }


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the lifecycle refuses into problems; the table of its errors and their HTTP status."""
    try:
        yield
    except NoSuchCase:
        raise no_such_case() from None
    except NotYourCase as error:
        raise Problem(403, str(error)) from None
    except StaleVersion as error:
        raise Problem(409, str(error), status_now=error.current.status, version_now=error.current.version) from None
    except IllegalMove as error:
        raise Problem(409, str(error), status_now=error.status, legal=error.legal) from None
    except AgainstRule as error:
        raise Problem(409, str(error), why=error.why, legal=error.offers) from None


async def require_readable(pool: Pool, principal: Principal, case_id: UUID) -> None:
    """Problem 403 where the case is not theirs to see; to an officer one that does not exist is not theirs either."""
    if may_read(principal, None):
        return
    rows = await pool.fetch(store.FIND_DEPARTMENTS, case_id)
    if not any(may_read(principal, row["department"]) for row in rows):
        raise Problem(
            403, "您只能处理和查看本单位的工单。", "You may see and work the cases of your own department only."
        )


async def read_case(pool: Pool, case_id: UUID) -> dict[str, Any]:
    """The case as callers see it; Problem 404 where there is none."""
    row = await pool.fetchrow(store.READ_CASE, case_id)
    if row is None:
        raise no_such_case()
    beside = await particulars(pool, case_id)
    return {**case_of(row), **{name: orjson.loads(listed) for name, listed in beside.items()}}


def no_such_case() -> Problem:
    return Problem(404, "没有这个工单。", "There is no such case.")


def case_of(row: Record) -> dict[str, Any]:
    """The case of a row that ``store.CASE`` gave."""
    return {**row, "deadlines": orjson.loads(row["deadlines"])}


def _deadline(row: Record) -> dict[str, Any]:
    written = {name: row[name] for name in ("inputs", "replaces", "replaced_by", "outcomes", "timeline")}
    return {**row, **{name: orjson.loads(value) if value else None for name, value in written.items()}}


def page(items: list[dict[str, Any]], key: str, limit: int) -> dict[str, Any]:
    return {"items": items, **({"next": items[-1][key]} if len(items) == limit else {})}


def _counts(row: Record) -> dict[str, int]:
    return {name: row[name] for name in ("met", "met_late", "warned", "missed", "overdue")}


def _total(departments: dict[str, dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {name: {} for name in _SUMMARY}
    for numbers in departments.values():
        _add(total, numbers)
    return total


def _add(total: dict[str, Any], numbers: dict[str, Any]) -> None:
    for name, value in numbers.items():
        if isinstance(value, dict):
            _add(total.setdefault(name, {}), value)
        else:
            total[name] = total.get(name, 0) + value
