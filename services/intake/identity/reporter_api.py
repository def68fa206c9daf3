"""Reading who a reporter is: a request with a purpose, allowed or refused by rule, and recorded either way."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from asyncpg import Record
from fastapi import FastAPI, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.intake.identity import vault_store
from services.intake.identity.reading_rules import ANONYMOUS, Offices, Part, Purpose, Refused, may_read, offices_of
from services.intake.identity.vault import Identity, Keyring, Sealed, VaultError, open_
from services.intake.identity.vault_store import Reading
from services.intake.normalizing.cleaning import clean
from services.intake.ticket import is_ticket_number
from shared.auth import Principal, Role, allow
from shared.http import Problem
from shared.policy import Policy
from shared.postgres import Pool
from shared.redaction import redact


class ReadingRequest(BaseModel):
    """`note` says more in the reader's own words: the number of a summons, for example."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    purpose: Purpose
    note: Annotated[str, Field(max_length=500)] | None = None


NO_SUCH_TICKET = Refused("no_such_ticket", "没有这个工单。", "There is no such ticket.")
ERASED = Refused(
    "erased",
    "该诉求办结已超过保存期限，诉求人信息已删除。",
    "The retention period has passed; who the reporter was has been erased.",
)
SEALED = Refused(
    "unreadable",
    "诉求人信息暂时无法解密，请联系系统管理员核对密钥。",
    "The sealed identity does not open; an administrator must look at the keys.",
)
After = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=500)]

_STATUS = {ANONYMOUS: 404, NO_SUCH_TICKET: 404, ERASED: 410, SEALED: 503}
_FORBIDDEN = 403


def add_reporter_routes(app: FastAPI, pool: Pool, keyring: Keyring, policy: Callable[[], Policy]) -> None:
    """`policy` gives the one in force at the moment."""

    @app.post("/v1/complaints/{ticket_number}/reporter", tags=["reporters"])
    async def read_reporter(
        ticket_number: str, asked: ReadingRequest, response: Response, principal: Annotated[Principal, allow(*Role)]
    ) -> dict[str, Any]:
        """Who the reporter is, as far as the purpose needs it.

        Every role may ask, so that what is refused is recorded too; operators read to call back, officers to handle a
        named complaint in their department's queue, supervisors for every purpose, administrators for a legal request.
        Nobody of the accused department or office does. A confidential reporter is known to operators and supervisors
        only; an anonymous one to nobody (404). 410 where the retention period has passed.
        """
        if not is_ticket_number(ticket_number):
            raise _problem(NO_SUCH_TICKET)
        note = redact(clean(asked.note)) if asked.note else None
        row = await vault_store.read_identity(pool, ticket_number)
        complaint_id = row["complaint_id"] if row else None
        outcome: tuple[Identity, tuple[Part, ...]] | Refused = NO_SUCH_TICKET
        if row is not None:
            outcome = _judge(keyring, principal, asked.purpose, row, offices_of(policy()))
        refused = outcome if isinstance(outcome, Refused) else None
        parts = () if isinstance(outcome, Refused) else outcome[1]
        # Recorded before it is told: an answer that nobody recorded cannot be given.
        await vault_store.insert_read(
            pool,
            Reading(
                principal,
                asked.purpose,
                note,
                ticket_number,
                complaint_id,
                parts,
                refused.code if refused else None,
            ),
        )
        if isinstance(outcome, Refused):
            raise _problem(outcome)
        response.headers["Cache-Control"] = "no-store"
        told = _told(*outcome)
        if row is not None and "phone" in told["reporter"]:
            # Whether a code that was sent to it came back with the complaint.
            told["phone_checked"] = row["phone_checked"]
        return {"ticket_number": ticket_number, "purpose": asked.purpose, **told}

    @app.get("/v1/vault-reads", tags=["reporters"])
    async def reads(
        _principal: Annotated[Principal, allow(Role.SUPERVISOR, Role.ADMINISTRATOR)],
        after: After = None,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Who asked for which reporter's identity, newest first; `next` is the `after` of the following page."""
        return _page(await vault_store.read_reads(pool, after, limit), "read_id", limit)

    @app.get("/v1/number-lookups", tags=["reporters"])
    async def lookups(
        _principal: Annotated[Principal, allow(Role.SUPERVISOR, Role.ADMINISTRATOR)],
        after: After = None,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """Who asked by a reporter's number for its owner's earlier complaints, and of which they were told.

        Newest first; `next` is the `after` of the following page.
        """
        return _page(await vault_store.read_lookups(pool, after, limit), "lookup_id", limit)


def _page(rows: Sequence[Record], id_name: str, limit: int) -> dict[str, Any]:
    return {"items": [dict(row) for row in rows], **({"next": rows[-1][id_name]} if len(rows) == limit else {})}


def _judge(
    keyring: Keyring, principal: Principal, purpose: Purpose, row: Any, offices: Offices
) -> tuple[Identity, tuple[Part, ...]] | Refused:
    parts = may_read(principal, purpose, vault_store.standing_of(row), offices)
    if isinstance(parts, Refused):
        return parts
    if row["sealed"] is None:
        return ERASED
    try:
        return open_(keyring, Sealed(row["key_id"], row["sealed"]), row["complaint_id"]), parts
    except VaultError:
        return SEALED


def _told(identity: Identity, parts: tuple[Part, ...]) -> dict[str, Any]:
    """`reporter` is empty where nothing is known of them; `original` is there where the purpose needs it."""
    reporter = identity.reporter
    known = {part: getattr(reporter, part) for part in parts if part is not Part.ORIGINAL} if reporter else {}
    told: dict[str, Any] = {"reporter": {part: said for part, said in known.items() if said}}
    if Part.ORIGINAL in parts:
        original = identity.original
        told["original"] = {"title": original.title, "text": original.text, "place": original.place}
    return told


def _problem(refused: Refused) -> Problem:
    return Problem(_STATUS.get(refused, _FORBIDDEN), refused.zh, refused.en, reason=refused.code)
