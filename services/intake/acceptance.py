"""Accepting complaints: one transaction for many, so that concurrent submissions share the cost of a commit."""

import asyncio
import collections
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from asyncpg import Record
from prometheus_client import Counter

from services.intake import acceptance_store, store
from services.intake.acceptance_store import Batch
from services.intake.complaint import Complaint
from services.intake.identity.blind_index import BlindIndex
from services.intake.identity.vault import Identity, Keyring, seal
from services.intake.mail.turns import Turns
from services.intake.normalizing.fact_time import time_told
from services.intake.received import received_message
from services.intake.repeats import repeats_store
from services.intake.repeats.linking import find_repeats, share_a_reporter
from services.intake.repeats.repeats import Earlier, Repeat
from services.intake.ticket import ticket_number
from shared.china_time import CHINA_TIME
from shared.ids import new_id
from shared.language import Channel
from shared.outbox import Relay
from shared.postgres import PASSING, Connection, Pool

log = structlog.get_logger(__name__)

ACCEPTED = Counter("hotline_complaints_accepted_total", "Complaints accepted", ["channel"])
RESUBMITTED = Counter("hotline_complaints_resubmitted_total", "Submissions seen before", ["channel"])

_MAX_SHARED = 500
# As many turns of the event loop pass from a connection's being readable to its complaint's waiting to be accepted.
_TURNS_OF_THE_LOOP = 3
# Running numbers are taken from the sequence by so many at least; those that a process has not used when it ends are
# left out, as are those of submissions that turn out to be known.
_NUMBERS_TAKEN = 100


class Receipt(NamedTuple):
    """What the submitter is told. `created` is False where this (channel, external id) was accepted before."""

    complaint_id: UUID
    ticket_number: str
    accepted_at: datetime
    created: bool
    # False where the same external id came before with another text; the first text stands.
    same_content: bool
    # Where its reporter brought the same matter before. Not for everybody: services.intake.submitting says for whom.
    repeat_of: Earlier | None = None


class Acceptance:
    """Stores complaints and answers with receipts; an answer is given only after the commit."""

    def __init__(
        self, pool: Pool, relay: Relay, keyring: Keyring, index: BlindIndex, repeat_window: Callable[[], timedelta]
    ) -> None:
        """Within what `repeat_window` gives at the moment, the same matter of the same reporter is a repeat."""
        self._pool = pool
        self._relay = relay
        self._keyring = keyring
        self._index = index
        self._repeat_window = repeat_window
        self._waiting: list[tuple[Complaint, asyncio.Future[Receipt]]] = []
        self._awake = asyncio.Event()
        self._numbers: list[int] = []
        self._turns = Turns()

    async def accept(self, complaint: Complaint) -> Receipt:
        """Accept one complaint together with whatever else is waiting (group commit)."""
        future: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting.append((complaint, future))
        self._awake.set()
        return await future

    async def run(self) -> None:
        """Commit what `accept` was given, batch after batch, until cancelled."""
        shared = 0
        while True:
            if not self._waiting:
                self._awake.clear()
                await self._awake.wait()
            await self._gather((len(self._waiting) + shared) // 2)
            batch, self._waiting = self._waiting[:_MAX_SHARED], self._waiting[_MAX_SHARED:]
            shared = len(batch)
            await self._commit_shared(batch)

    async def _gather(self, enough: int) -> None:
        """Read what has come in already, until `enough` wait.

        Those whom a commit answered come again together. If the first of them went alone, all others would go with the
        next one, and nobody would be left to be read while that is under way: half of them shall go with each.
        """
        before = 0
        while before < len(self._waiting) < enough:
            before = len(self._waiting)
            for _ in range(_TURNS_OF_THE_LOOP):
                await asyncio.sleep(0)

    async def _commit_shared(self, batch: Sequence[tuple[Complaint, asyncio.Future[Receipt]]]) -> None:
        outcomes = await self.accept_each([complaint for complaint, _ in batch])
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if future.done():  # its client went away; what was committed stays
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    async def accept_each(self, complaints: Sequence[Complaint]) -> list[Receipt | Exception]:
        """Accept all in one transaction or, where that fails for a reason of its own, each in its own."""
        try:
            return list(await self.accept_batch(complaints))
        except PASSING as error:
            log.warning("not_accepted", count=len(complaints), error=type(error).__name__)
            return [error] * len(complaints)
        except Exception as error:  # noqa: BLE001  # one of them is at fault: the others must not fail with it
            # Without the traceback: the database's message may quote what was submitted.
            log.error("not_accepted", count=len(complaints), error=type(error).__name__)  # noqa: TRY400
            if len(complaints) == 1:
                return [error]
            return [(await self.accept_each([complaint]))[0] for complaint in complaints]

    async def accept_batch(self, complaints: Sequence[Complaint]) -> list[Receipt]:
        """Accept all in one transaction and return their receipts in the same order."""
        if not complaints:
            return []
        now = datetime.now(UTC)
        async with self._pool.acquire() as connection:
            numbers = await self._take_numbers(connection, len(complaints))
            today = now.astimezone(CHINA_TIME).date()
            entries = [self._entry(c, ticket_number(today, n), now) for c, n in zip(complaints, numbers, strict=True)]
            # Two batches of one reporter, side by side, would not see that the one repeats the other.
            async with self._turns.of({trace for entry in entries for trace in entry.traces}):
                new, repeats = await self._store(connection, entries, now)
            seen = [entry.complaint for entry in entries if entry.complaint_id not in new]
            earlier: Mapping[tuple[str, str], Record] = {}
            if seen:
                earlier = await acceptance_store.find_by_external_id(connection, seen)
                known = [row["complaint_id"] for row in earlier.values()]
                repeats |= await repeats_store.read_repeats(connection, known)
        self._relay.wake()
        _count(ACCEPTED, (entry.complaint.channel for entry in entries if entry.complaint_id in new))
        _count(RESUBMITTED, (complaint.channel for complaint in seen))
        return [_receipt(entry, new, earlier, repeats) for entry in entries]

    async def _store(
        self, connection: Connection, entries: Sequence[store.Entry], now: datetime
    ) -> tuple[set[UUID], dict[UUID, Repeat]]:
        """Store what of `entries` is new; return the ids of these, and what of them repeats what."""
        by_submission: dict[tuple[str, str], store.Entry] = {}
        for entry in entries:
            by_submission.setdefault((entry.complaint.channel, entry.complaint.external_id), entry)
        if share_a_reporter(entries):
            # What is known already is nothing that another of the batch could repeat.
            known = await acceptance_store.find_by_external_id(connection, [entry.complaint for entry in entries])
            by_submission = {submission: e for submission, e in by_submission.items() if submission not in known}
        fresh = list(by_submission.values())
        if not fresh:
            return set(), {}
        repeats = await find_repeats(connection, fresh, now - self._repeat_window())
        messages = [received_message(entry, repeats.get(entry.complaint_id)) for entry in fresh]
        batch = Batch(fresh, messages, repeats, now, self._keyring.current, self._index.fingerprint)
        left_out = await acceptance_store.accept(connection, batch)
        return {entry.complaint_id for entry in fresh} - left_out, repeats

    async def _take_numbers(self, connection: Connection, count: int) -> list[int]:
        while len(self._numbers) < count:
            more = await acceptance_store.next_ticket_sequences(connection, max(count, _NUMBERS_TAKEN))
            self._numbers.extend(more)  # not before the await: others take numbers meanwhile
        taken, self._numbers = self._numbers[:count], self._numbers[count:]
        return taken

    def _entry(self, complaint: Complaint, ticket: str, now: datetime) -> store.Entry:
        complaint_id = new_id()
        # What an export tells was written before it was imported: 昨天 in it is no day that we know.
        if (
            complaint.occurred_at is None
            and complaint.channel is not Channel.QA_PLATFORM
            and (told := time_told(complaint.text, now))
        ):
            complaint = complaint._replace(occurred_at=told)
        return store.Entry(
            complaint_id,
            ticket,
            now,
            complaint,
            seal(self._keyring, Identity(complaint.reporter, complaint.original), complaint_id),
            self._index.traces(complaint.reporter),
        )


def _count(counter: Counter, channels: Iterable[Channel]) -> None:
    for channel, count in collections.Counter(channels).items():
        counter.labels(channel).inc(count)


def _receipt(
    entry: store.Entry,
    inserted: set[UUID],
    earlier: Mapping[tuple[str, str], Record],
    repeats: Mapping[UUID, Repeat],
) -> Receipt:
    if entry.complaint_id in inserted:
        repeat = repeats.get(entry.complaint_id)
        return Receipt(
            entry.complaint_id,
            entry.ticket_number,
            entry.accepted_at,
            created=True,
            same_content=True,
            repeat_of=repeat.of if repeat else None,
        )
    row = earlier[entry.complaint.channel, entry.complaint.external_id]
    repeat = repeats.get(row["complaint_id"])
    return Receipt(
        row["complaint_id"],
        row["ticket_number"],
        row["accepted_at"],
        created=False,
        same_content=row["content_hash"] == entry.complaint.content_hash,
        repeat_of=repeat.of if repeat else None,
    )
