"""The record of a case (全过程记录): entries chained by hashes, so that none can be changed, removed or moved unseen.

The canonical form of an entry, which its hash is taken over (SHA-256), is the concatenation of these values, each
written as its length in bytes (UTF-8), a colon and itself, or as a single hyphen where there is none: the name of the
form, the hash of the entry before it in hexadecimal digits (of the first entry: 64 zeros), and the fields of ``Entry``
in their order, a UUID in lower case with hyphens and an instant in microseconds since 1970-01-01 00:00 UTC. No two
different entries have the same form. The SQL function ``record_hash`` computes the same. A change of the form is a
further form with a name of its own; entries keep the one that they were written with: the second form has the account
of the person who acted (`actor_subject`), and an entry without one is written in the first, which has not.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from services.tracker.lifecycle import Action, Actor, CaseState

ENTRY_FORM = "hotline-record-1"
BY_NAME_FORM = "hotline-record-2"
ANCHOR_FORM = "hotline-anchor-1"
# What the first entry of a case, and the first anchor, name as the hash before them.
GENESIS = bytes(32)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Fired(StrEnum):
    """What happens by itself."""

    WARNED = "warned"
    URGED = "urged"
    MISSED = "missed"
    SUSPECTED = "suspected"
    SUPERVISED = "supervised"
    NOTICE_ISSUED = "notice_issued"
    # A holiday notice arrived, and deadlines that it decides were counted again.
    RECOMPUTED = "recomputed"


class Joint(StrEnum):
    """What the co-handlers of a joint matter do, while the case stays where it is."""

    CONTRIBUTED = "contributed"


class Judged(StrEnum):
    """What becomes of a suspicion of inaction, while the case stays where it is."""

    # Sets the deadline of the explanation; that it was missed is `Fired.MISSED`, as of any deadline.
    ASKED = "asked_to_explain"
    EXPLAINED = "explained"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Happening(NamedTuple):
    """What is to be entered; `state` is where it led, None if the case stays where it is.

    `deadline_id` names the deadline that it is about; `deadlines` is JSON of those that it set.
    """

    complaint_id: UUID
    happened: Action | Fired | Joint | Judged
    actor: Actor
    at: datetime
    state: CaseState | None = None
    deadline_id: UUID | None = None
    note: str | None = None
    deadlines: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """`number` counts the entries of the case from 1; version and status are those of the case after it."""

    complaint_id: UUID
    number: int
    happened: str
    version: int
    status: str
    actor_role: str
    actor_department: str | None
    actor_subject: str | None
    deadline_id: UUID | None
    at: datetime
    note: str | None
    deadlines: str | None


class Head(NamedTuple):
    """The end of a case's chain, which the next entry follows."""

    number: int
    state: CaseState
    hash: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """An entry in its chain."""

    entry: Entry
    prev_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry of a case that is not what was written, or is missing; in English, for who runs the check."""

    complaint_id: UUID
    number: int
    why: str

    def __str__(self) -> str:
        return f"case {self.complaint_id}, entry {self.number}: {self.why}"


@dataclass(frozen=True, slots=True)
class AnchoredHead:
    complaint_id: UUID
    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link of the chain of chains; `last_id` is the id of the last entry that it looked at."""

    number: int
    at: datetime
    last_id: int
    prev_hash: bytes
    hash: bytes

    @property
    def line(self) -> str:
        """The anchor as it is exported: number, instant and hash."""
        return f"{self.number} {self.at.isoformat()} {self.hash.hex()}"


def hash_of(entry: Entry, prev_hash: bytes) -> bytes:
    form, who = (
        (ENTRY_FORM, ()) if entry.actor_subject is None else (BY_NAME_FORM, (_common_value(entry.actor_subject),))
    )
    return hashlib.sha256(
        b"".join(
            (
                _common_value(form),
                _value(prev_hash.hex()),
                _value(str(entry.complaint_id)),
                _common_value(str(entry.number)),
                _common_value(entry.happened),
                _common_value(str(entry.version)),
                _common_value(entry.status),
                _common_value(entry.actor_role),
                _common_value(entry.actor_department),
                *who,
                _value(None if entry.deadline_id is None else str(entry.deadline_id)),
                _common_value(_microseconds(entry.at)),
                _value(entry.note),
                _value(entry.deadlines),
            )
        )
    ).digest()


def chained(happenings: Iterable[Happening], heads: Mapping[UUID, Head]) -> list[Link]:
    """`happenings` as entries, each after the last of its case; `heads` has the cases that already have entries.

    ValueError where the first thing that happens to a case does not say where it stands.
    """
    ends = dict(heads)
    links = []
    for one in happenings:
        end = ends.get(one.complaint_id)
        state = one.state or (end.state if end else None)
        if state is None:
            raise ValueError(f"the record of {one.complaint_id} cannot begin with {one.happened}")
        entry = Entry(
            complaint_id=one.complaint_id,
            number=end.number + 1 if end else 1,
            happened=one.happened,
            version=state.version,
            status=state.status,
            actor_role=one.actor.role,
            actor_department=one.actor.department,
            actor_subject=one.actor.subject,
            deadline_id=one.deadline_id,
            at=one.at,
            note=one.note,
            deadlines=one.deadlines,
        )
        prev_hash = end.hash if end else GENESIS
        link = Link(entry, prev_hash, hash_of(entry, prev_hash))
        ends[one.complaint_id] = Head(entry.number, state, link.hash)
        links.append(link)
    return links


def flaw(link: Link, before: Link | None, anchored_hash: bytes | None = None) -> Broken | None:
    """What is wrong with `link`, which follows `before` in its case (None: it is the first).

    `anchored_hash` is the hash with which an anchor holds this very entry, if one does.
    """
    entry = link.entry
    expected = before.entry.number + 1 if before else 1
    if entry.number != expected:
        return Broken(entry.complaint_id, expected, "is missing")
    if link.hash != hash_of(entry, link.prev_hash):
        return Broken(entry.complaint_id, entry.number, "was changed after it was written")
    if link.prev_hash != (before.hash if before else GENESIS):
        return Broken(entry.complaint_id, entry.number, "does not follow the entry that stands before it")
    if anchored_hash is not None and link.hash != anchored_hash:
        return Broken(entry.complaint_id, entry.number, "is not the one that was anchored")
    return None


def anchor(before: Anchor | None, at: datetime, last_id: int, heads: Sequence[AnchoredHead]) -> Anchor:
    """The anchor that follows `before` and holds `heads`, in whatever order they come."""
    number, prev_hash = (before.number + 1, before.hash) if before else (1, GENESIS)
    values = [
        value
        for head in sorted(heads, key=lambda head: head.complaint_id)
        for value in (str(head.complaint_id), str(head.number), head.hash.hex())
    ]
    hashed = _hash(ANCHOR_FORM, prev_hash.hex(), str(number), _microseconds(at), str(last_id), str(len(heads)), *values)
    return Anchor(number, at, last_id, prev_hash, hashed)


def anchor_flaw(found: Anchor, before: Anchor | None, heads: Sequence[AnchoredHead]) -> str | None:
    """What is wrong with an anchor that follows `before` and holds `heads`."""
    right = anchor(before, found.at, found.last_id, heads)
    if found.number != right.number:
        return f"anchor {right.number} is missing"
    if found.prev_hash != right.prev_hash:
        return f"anchor {found.number} does not follow the one before it"
    if found.hash != right.hash:
        return f"anchor {found.number} was changed after it was written"
    return None


def _hash(*values: str | None) -> bytes:
    return hashlib.sha256(b"".join(map(_value, values))).digest()


def _value(value: str | None) -> bytes:
    if value is None:
        return b"-"
    written = value.encode()
    return b"%d:%s" % (len(written), written)


# A hundred thousand entries of one second have most of their values in common.
_common_value = lru_cache(maxsize=4096)(_value)


@lru_cache(maxsize=256)
def _microseconds(at: datetime) -> str:
    return str((at - _EPOCH) // _MICROSECOND)
