"""When the year's complaints arrive, and what they are about: all of it follows from the seed."""

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from bench.year.county import SHARES, TOWN_SHARES
from bench.year.texts import Sample, complaint, place, samples
from services.intake.county import County
from services.intake.ticket import ticket_number
from services.tracker.deadlines.calendar import Calendar
from shared.events import ComplaintReceived
from shared.language import Channel, Confidentiality, DepartmentCode, Kind, Urgency

# By the hour of the day, in Asia/Shanghai; who cannot sleep writes in the morning.
_BY_HOUR = {8: 4, 9: 12, 10: 13, 11: 10, 12: 5, 13: 5, 14: 10, 15: 11, 16: 10, 17: 7, 18: 5, 19: 4, 20: 3}
_ON_A_DAY_OFF = 0.45
_KINDS = {
    Kind.HELP: 45,
    Kind.COMPLAINT: 32,
    Kind.CONSULTATION: 11,
    Kind.SUGGESTION: 5,
    Kind.REPORT: 5,
    Kind.PRAISE: 2,
}
_CHANNELS = {
    Channel.HOTLINE_12345: 60,
    Channel.WEB_PORTAL: 22,
    Channel.MAILBOX: 6,
    Channel.SERVICE_CENTER: 4,
    Channel.DEPARTMENT_LINE: 5,
    Channel.QA_PLATFORM: 3,
}
_CONFIDENTIALITY = {Confidentiality.NAMED: 84, Confidentiality.CONFIDENTIAL: 8, Confidentiality.ANONYMOUS: 8}
# In a storm the complaints of one town about one department come together.
_IN_STORMS = 0.02
_STORMS_A_YEAR = 24
_DAYS_OF_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class Arrival:
    """`issue` is the same for complaints of one reporter about one thing."""

    number: int
    sample: Sample
    town: str
    where: str
    issue: int
    storm: bool = False
    # How many came before it of the same reporter about the same thing.
    before: int = 0

    def again(self, complaints: int) -> "Arrival":
        """The same reporter about the same thing once more, in a year of so many complaints beside those."""
        return replace(self, number=self.number + complaints, before=self.before + 1)


def arrivals(
    seed: int, complaints: int, moments: Sequence[datetime], calendar: Calendar, towns: Sequence[str]
) -> Mapping[datetime, Sequence[Arrival]]:
    chance = random.Random(f"{seed}/arrivals")  # noqa: S311
    open_moments = [at for at in moments if at.hour in _BY_HOUR]
    weights = [
        _BY_HOUR[at.hour] * (1.0 if calendar.is_working_day(at.date()) else _ON_A_DAY_OFF) for at in open_moments
    ]
    in_storms = round(complaints * _IN_STORMS)
    days = (moments[-1] - moments[0]).days + 1
    storms = [
        (at, chance.choice(tuple(SHARES)), chance.choice(towns))
        for at in chance.choices(open_moments, weights, k=max(1, round(_STORMS_A_YEAR * days / _DAYS_OF_A_YEAR)))
    ]
    found: dict[datetime, list[Arrival]] = defaultdict(list)
    codes = list(SHARES)
    shares = list(SHARES.values())
    ordinary = complaints - in_storms
    when = chance.choices(open_moments, weights, k=ordinary)
    whose = chance.choices(codes, shares, k=ordinary)
    wheres = chance.choices(towns, TOWN_SHARES, k=ordinary)
    for number, (at, code, town) in enumerate(zip(when, whose, wheres, strict=True)):
        found[at].append(_arrival(chance, number, code, town))
    for number in range(ordinary, complaints):
        at, code, town = chance.choice(storms)
        found[at].append(replace(_arrival(chance, number, code, town), storm=True))
    return found


def _arrival(chance: random.Random, number: int, code: DepartmentCode, town: str) -> Arrival:
    return Arrival(number, chance.choice(samples()[code]), town, place(chance, town), number)


class Receiving:
    """Complaints as the intake hands them on."""

    def __init__(self, seed: int, county: County) -> None:
        self._seed = seed
        self._county = county
        self._running: Iterator[int] = iter(range(1, 10**9))

    def received(self, arrival: Arrival, at: datetime) -> ComplaintReceived:
        chance = random.Random(f"{self._seed}/{arrival.number}/complaint")  # noqa: S311
        text = complaint(chance, arrival.sample, arrival.where)
        urgent = self._county.sounds_urgent(text) or self._county.sounds_urgent(arrival.sample.title or "")
        return ComplaintReceived(
            complaint_id=complaint_id(self._seed, arrival.number, at),
            ticket_number=ticket_number(at.date(), next(self._running)),
            channel=_drawn(chance, _CHANNELS),
            kind=_drawn(chance, _KINDS),
            urgency=Urgency.URGENT if urgent else Urgency.NORMAL,
            confidentiality=_drawn(chance, _CONFIDENTIALITY),
            title=arrival.sample.title,
            text=text,
            place=arrival.where,
            accepted_at=at,
        )


def complaint_id(seed: int, number: int, at: datetime) -> UUID:
    """Begins with its time, as those of the intake do (RFC 9562, version 8), and follows from the seed."""
    rest = hashlib.sha256(f"{seed}/{number}".encode()).digest()[:10]
    random_bits = int.from_bytes(rest) & ~(0xF << 76) & ~(3 << 62)
    return UUID(int=int(at.timestamp() * 1000) << 80 | 8 << 76 | 2 << 62 | random_bits)


_T = TypeVar("_T")


def _drawn(chance: random.Random, weights: Mapping[_T, int]) -> _T:
    return chance.choices(list(weights), list(weights.values()))[0]
