"""How often the rule for one incident is right on labelled complaints, pair by pair and as they come together."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from uuid import UUID

from deploy.local.hotline import PROJECT
from services.router.batches import decide_all
from services.router.decide import Matcher
from services.router.incidents.fingerprints import fingerprint, keys
from services.router.incidents.incidents import Told, group
from services.router.incidents.same_incident import compare
from shared.events import ComplaintReceived
from shared.language import Channel, Confidentiality, Kind, Urgency
from shared.matching import comparable

TOLD = PROJECT / "tests/data/incidents/told.tsv"
_BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A complaint and the incident that it tells of."""

    incident: str
    at: datetime
    text: str
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """Of pairs of complaints: how many of those found are right, and how many of those that are right are found."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def our_own(lot: str) -> list[Labelled]:
    """One lot of tests/data/incidents/told.tsv: dev, held, fresh or last."""
    with TOLD.open(encoding="utf-8", newline="") as lines:
        return [
            Labelled(row["incident"], _BEGIN + timedelta(hours=int(row["hours"])), row["text"], row["place"] or None)
            for row in csv.DictReader(lines, delimiter="\t")
            if row["part"] == lot
        ]


def from_file(file: Path) -> list[Labelled]:
    """Lines of JSON with `group`, `date` and `text`, the oldest first."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    found = [
        Labelled(row["group"], datetime.fromisoformat(row["date"]).replace(tzinfo=UTC), row["text"]) for row in rows
    ]
    return sorted(found, key=lambda one: (one.at, one.text))


def gathered(labelled: Sequence[Labelled], matcher: Matcher, window: timedelta) -> tuple[Quality, Quality]:
    """How right the rule is on the pairs that it compares, and how right what came together by it is.

    A pair that is further apart than the window cannot be found and is not counted as missed.
    """
    told = _told(labelled, matcher)
    grouped = group(told, [], {}, window)
    incident = {joined.complaint_id: joined.incident_id for joined in grouped.joined}
    together: dict[UUID | None, list[int]] = defaultdict(list)
    for place, one in enumerate(told):
        if one.complaint_id in incident:
            together[incident[one.complaint_id]].append(place)
    clustered = {pair for members in together.values() for pair in combinations(members, 2)}
    same: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(labelled):
        same[each.incident].append(place)
    truth = {
        (one, other)
        for members in same.values()
        for one, other in combinations(members, 2)
        if labelled[other].at - labelled[one].at <= window
    }
    found = {
        pair for pair in _candidates(told) if compare(told[pair[0]].fingerprint, told[pair[1]].fingerprint, window).same
    }
    # Two of one incident far apart in time, whom those between link, are right to be together.
    chained = {pair for pair in clustered if labelled[pair[0]].incident == labelled[pair[1]].incident}
    return _quality(found, truth), _quality(clustered, truth | chained)


def _told(labelled: Sequence[Labelled], matcher: Matcher) -> list[Told]:
    complaints = [
        ComplaintReceived(
            complaint_id=UUID(int=number),
            ticket_number="20261124-000001-5",
            channel=Channel.HOTLINE_12345,
            kind=Kind.COMPLAINT,
            urgency=Urgency.NORMAL,
            confidentiality=Confidentiality.NAMED,
            text=one.text,
            place=one.place,
            accepted_at=one.at,
        )
        for number, one in enumerate(labelled)
    ]
    told = []
    for one, decision in zip(complaints, decide_all(complaints, matcher, None), strict=True):
        text = comparable(one.text)
        found = fingerprint(one.accepted_at, text, one.place, matcher.policy.towns, decision)
        told.append(Told(one.complaint_id, found, keys(found, text)))
    return told


def _candidates(told: Sequence[Told]) -> set[tuple[int, int]]:
    holders: dict[int, list[int]] = defaultdict(list)
    pairs: set[tuple[int, int]] = set()
    for place, one in enumerate(told):
        for key in one.keys:
            pairs.update((other, place) for other in holders[key])
            holders[key].append(place)
    return pairs


def _quality(found: Iterable[tuple[int, int]], truth: set[tuple[int, int]]) -> Quality:
    said = set(found)
    return Quality(len(said & truth), len(said - truth), len(truth - said))
