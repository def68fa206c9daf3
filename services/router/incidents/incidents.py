"""Complaints that tell of one incident come together (同一事件): those that are alike, and those alike to these.

An incident is a connected part of the graph of pairs that ``same_incident.compare`` finds the same, so in whatever
order and batches complaints arrive, the same ones are together in the end. Which id they share does depend on it: an
incident keeps the id of the complaint that opened it, and of two that turn out to be one the lower id stays. What a
person has parted stays apart.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from services.router.incidents.fingerprints import Fingerprint
from services.router.incidents.same_incident import Likeness, compare

__all__ = ["NEWEST", "Grouped", "Joined", "Known", "Told", "group"]

# With how many of those that share a key a complaint is compared: the newest.
NEWEST = 3


@dataclass(frozen=True, slots=True)
class Told:
    """A complaint that has just been decided."""

    complaint_id: UUID
    fingerprint: Fingerprint
    keys: Sequence[int]


@dataclass(frozen=True, slots=True)
class Known:
    """One from before, the incident that it is said to tell of (None: it is alone) and how often that was said."""

    complaint_id: UUID
    fingerprint: Fingerprint
    incident_id: UUID | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Joined:
    """A complaint tells of `incident_id` from now on; None: of none, for a person (`said_by`) took it out."""

    complaint_id: UUID
    incident_id: UUID | None
    version: int
    accepted_at: datetime
    because: str
    resembles: UUID | None = None
    score: float | None = None
    # The subject of the access token; None: the router itself.
    said_by: str | None = None


class Grouped(NamedTuple):
    """Who joins, and which incidents turned out to be which other: all their members join that one."""

    joined: Sequence[Joined]
    merged: Mapping[UUID, UUID]


class _Why(NamedTuple):
    likeness: Likeness
    other: UUID


def group(
    told: Sequence[Told],
    known: Sequence[Known],
    askers: Mapping[UUID, Sequence[int]],
    window: timedelta,
    apart: Collection[frozenset[UUID]] = (),
) -> Grouped:
    """What becomes of `told`; `askers` says of each known complaint with which of them (by place) it shares a key.

    `apart` are pairs of incidents that never become one; what is like both joins that of which it resembles the newer.
    """
    tags = _Tags(apart)
    why: dict[UUID, _Why] = {}
    # Each with what stands for its incident: the incident's id, or its own while it is alone.
    candidates: dict[int, list[tuple[UUID, Known | Told]]] = defaultdict(list)
    for stored in sorted(known, key=_age, reverse=True):
        candidate = (stored.incident_id or stored.complaint_id, stored)
        for place in askers[stored.complaint_id]:
            candidates[place].append(candidate)
    near = _Near(told)
    for place, one in enumerate(told):
        own = tags.root(one.complaint_id)
        for tag, other in chain(candidates[place], near.before(place)):
            if own == tags.root(tag):
                continue
            likeness = compare(one.fingerprint, other.fingerprint, window)
            if likeness.same and tags.unite(one.complaint_id, tag):
                own = tags.root(one.complaint_id)
                why.setdefault(one.complaint_id, _Why(likeness, other.complaint_id))
                why.setdefault(other.complaint_id, _Why(likeness, one.complaint_id))
    return _grouped(told, known, tags, why)


def _age(one: Known | Told) -> tuple[datetime, UUID]:
    return one.fingerprint.at, one.complaint_id


def _grouped(told: Sequence[Told], known: Sequence[Known], tags: "_Tags", why: Mapping[UUID, _Why]) -> Grouped:
    alone: dict[UUID, dict[UUID, Told | Known]] = defaultdict(dict)
    incidents: dict[UUID, set[UUID]] = defaultdict(set)
    for stored in known:
        if stored.incident_id is not None:
            incidents[tags.root(stored.incident_id)].add(stored.incident_id)
        else:
            alone[tags.root(stored.complaint_id)][stored.complaint_id] = stored
    for one in told:
        alone[tags.root(one.complaint_id)][one.complaint_id] = one
    joined: list[Joined] = []
    merged: dict[UUID, UUID] = {}
    for root in {**alone, **incidents}:
        fresh, former = alone.get(root, {}), incidents.get(root, set())
        if len(fresh) + len(former) > 1:
            opener = min(fresh.values(), key=_age, default=None)
            stays = min(former) if former else opener.complaint_id if opener else root
            merged |= {one: stays for one in former if one != stays}
            joined += [_joined(one, stays, why[one.complaint_id]) for one in fresh.values()]
    return Grouped(joined, merged)


def _joined(one: Told | Known, incident_id: UUID, why: _Why) -> Joined:
    return Joined(
        one.complaint_id,
        incident_id,
        1,
        one.fingerprint.at,
        why.likeness.in_chinese(),
        why.other,
        why.likeness.score,
    )


class _Near:
    """Which complaints of one batch share a key."""

    def __init__(self, told: Sequence[Told]) -> None:
        self._told = told
        self._by_key: dict[int, list[int]] = defaultdict(list)

    def before(self, place: int) -> Sequence[tuple[UUID, Told]]:
        """Those asked about earlier, each behind its id, newest first; and remember this one.

        Of each key they are the last NEWEST.
        """
        found: dict[int, None] = {}
        for key in self._told[place].keys:
            holders = self._by_key[key]
            found |= dict.fromkeys(reversed(holders[-NEWEST:]))
            holders.append(place)
        return [(one.complaint_id, one) for one in map(self._told.__getitem__, found)]


class _Tags:
    """Which tags stand for one incident: a union-find, in which some tags never come together."""

    def __init__(self, apart: Collection[frozenset[UUID]]) -> None:
        self._parent: dict[UUID, UUID] = {}
        # Of each part, by its root: those of its tags that are kept apart from others, and the others.
        self._held: dict[UUID, frozenset[UUID]] = {tag: frozenset({tag}) for pair in apart for tag in pair}
        self._barred: dict[UUID, frozenset[UUID]] = {
            tag: frozenset(chain.from_iterable(pair for pair in apart if tag in pair)) - {tag} for tag in self._held
        }

    def root(self, tag: UUID) -> UUID:
        while (parent := self._parent.get(tag, tag)) != tag:
            self._parent[tag] = self._parent.get(parent, parent)
            tag = self._parent[tag]
        return tag

    def unite(self, one: UUID, other: UUID) -> bool:
        """Let them stand for one incident; False, and nothing is changed, where they hold what is kept apart."""
        one, other = self.root(one), self.root(other)
        if not self._barred.get(one, _NONE).isdisjoint(self._held.get(other, _NONE)):
            return False
        self._parent[one] = other
        if one in self._held:
            self._held[other] = self._held[one] | self._held.get(other, _NONE)
            self._barred[other] = self._barred[one] | self._barred.get(other, _NONE)
        return True


_NONE: frozenset[UUID] = frozenset()
