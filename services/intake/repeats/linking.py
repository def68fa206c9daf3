"""Which complaints of a batch repeat an earlier one of their reporter: of the tables, or of the batch itself."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.intake.identity.reading_rules import Standing
from services.intake.repeats import repeats_store
from services.intake.repeats.likeness import Matter
from services.intake.repeats.repeats import Earlier, Repeat, repeated
from services.intake.store import Entry
from shared.postgres import Connection


def share_a_reporter(entries: Sequence[Entry]) -> bool:
    """Whether two of `entries` have a trace in common."""
    traces = [trace for entry in entries for trace in entry.traces]
    return len(set(traces)) < len(traces)


async def find_repeats(connection: Connection, entries: Sequence[Entry], since: datetime) -> dict[UUID, Repeat]:
    """What each of `entries`, which are in order of acceptance, repeats of what was accepted at `since` or later."""
    known = [entry for entry in entries if entry.traces]
    if not known:
        return {}
    earlier = await repeats_store.find_earlier(connection, known, since)
    beside = _before_in_batch(known) if share_a_reporter(known) else {}
    repeats = {}
    for entry in known:
        candidates = [*earlier.get(entry.complaint_id, ()), *beside.get(entry.complaint_id, ())]
        if candidates and (repeat := repeated(_matter(entry), candidates)):
            repeats[entry.complaint_id] = repeat
    return repeats


def _before_in_batch(entries: Sequence[Entry]) -> Mapping[UUID, Sequence[Earlier]]:
    """The complaints of the same reporters that stand before each of `entries`."""
    of_trace: dict[bytes, list[Entry]] = defaultdict(list)
    found: dict[UUID, Sequence[Earlier]] = {}
    for entry in entries:
        before = {
            one.complaint_id: one for trace in entry.traces for one in of_trace[trace][-repeats_store.COMPARED_WITH :]
        }
        if before:
            found[entry.complaint_id] = [_as_earlier(one) for one in before.values()]
        for trace in entry.traces:
            of_trace[trace].append(entry)
    return found


def _as_earlier(entry: Entry) -> Earlier:
    complaint = entry.complaint
    accused = frozenset({complaint.accused} if complaint.accused else ())
    standing = Standing(complaint.confidentiality, None, None, accused, complaint.received_by)
    return Earlier(entry.complaint_id, entry.ticket_number, entry.accepted_at, _matter(entry), standing)


def _matter(entry: Entry) -> Matter:
    return Matter(entry.complaint.text, entry.complaint.place)
