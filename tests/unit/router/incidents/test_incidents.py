"""Complaints come together: in every order, in every cut into batches and however often, the same ones in the end."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.router.incidents.fingerprints import fingerprint_of_text, keys
from services.router.incidents.incidents import Known, Told, group
from services.router.incidents.same_incident import compare
from tests.examples import NOW

WINDOW = timedelta(hours=72)
PLACES = ("新街", "北街", "渝水小区")
THINGS = ("停水没法做饭", "停水饭店开不了门", "停水没法做饭饭店也开不了门", "路灯不亮黑漆漆", "半夜打桩睡不着")


def told(number: int, place: str, thing: str, hours: int) -> Told:
    text = f"{place}{thing}"
    at = NOW + timedelta(hours=hours)
    found = fingerprint_of_text(at, text, None, (), "water" if "停水" in thing else None, ())
    return Told(UUID(int=number), found, keys(found, text))


class Memory:
    """What the router's tables hold, as far as it counts here."""

    def __init__(self) -> None:
        self.stored: dict[UUID, Told] = {}
        self.incident: dict[UUID, UUID] = {}
        self.apart: set[frozenset[UUID]] = set()

    def take_in(self, batch: Sequence[Told]) -> None:
        batch = [
            one for one in {each.complaint_id: each for each in batch}.values() if one.complaint_id not in self.stored
        ]
        known, askers = [], {}
        for complaint_id, one in self.stored.items():
            places = [place for place, each in enumerate(batch) if set(each.keys) & set(one.keys)]
            if places:
                incident = self.incident.get(complaint_id)
                known.append(Known(complaint_id, one.fingerprint, incident, 1 if incident else 0))
                askers[complaint_id] = places
        grouped = group(batch, known, askers, WINDOW, self.apart)
        self.apart = {frozenset(grouped.merged.get(one, one) for one in pair) for pair in self.apart}
        for complaint_id, incident in self.incident.items():
            self.incident[complaint_id] = grouped.merged.get(incident, incident)
        for joined in grouped.joined:
            assert joined.incident_id is not None
            self.incident[joined.complaint_id] = joined.incident_id
        self.stored |= {one.complaint_id: one for one in batch}

    def partition(self) -> set[frozenset[UUID]]:
        parts: dict[UUID, set[UUID]] = {}
        for complaint_id in self.stored:
            parts.setdefault(self.incident.get(complaint_id, complaint_id), set()).add(complaint_id)
        return {frozenset(part) for part in parts.values()}


def connected(complaints: Sequence[Told]) -> set[frozenset[UUID]]:
    """The parts of the graph of pairs that are the same: what must come out."""
    parts = [{one.complaint_id} for one in complaints]
    for one in complaints:
        for other in complaints:
            if set(one.keys) & set(other.keys) and compare(one.fingerprint, other.fingerprint, WINDOW).same:
                first = next(part for part in parts if one.complaint_id in part)
                second = next(part for part in parts if other.complaint_id in part)
                if first is not second:
                    parts.remove(second)
                    first |= second
    return {frozenset(part) for part in parts}


lots = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(THINGS), st.integers(0, 200)), min_size=1, max_size=6
).map(lambda each: [told(number, *one) for number, one in enumerate(each, 1)])


@given(lots, st.data())
def test_in_every_order_and_in_all_batches_and_delivered_again_the_same_come_together(
    lot: list[Told], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(lot))
    again = data.draw(st.lists(st.sampled_from(lot), max_size=3))
    memory = Memory()
    rest = [*order, *again]
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        memory.take_in(rest[:size])
        rest = rest[size:]
    assert memory.partition() == connected(lot)


def test_an_incident_keeps_the_id_of_the_complaint_that_opened_it() -> None:
    memory = Memory()
    first, second, third = (told(number, "新街", THINGS[0], number) for number in (5, 3, 1))
    memory.take_in([first])
    memory.take_in([second])
    memory.take_in([third])
    # The second one was told earlier than the first that was seen.
    assert set(memory.incident.values()) == {second.complaint_id}


def test_within_a_batch_the_earliest_opens_it() -> None:
    memory = Memory()
    lot = [told(number, "新街", THINGS[0], 10 - number) for number in range(1, 4)]
    memory.take_in(lot)
    assert set(memory.incident.values()) == {lot[-1].complaint_id}


def test_one_between_two_incidents_merges_them_into_the_lower_id() -> None:
    memory = Memory()
    early = [told(number, "新街", THINGS[0], number) for number in (1, 2)]
    late = [told(number, "新街", THINGS[1], 90 + number) for number in (3, 4)]
    memory.take_in(early)
    memory.take_in(late)
    assert len(memory.partition()) == 2
    memory.take_in([told(5, "新街", THINGS[2], 50)])
    assert len(memory.partition()) == 1
    assert set(memory.incident.values()) == {early[0].complaint_id}


def test_incidents_that_a_person_parted_are_not_merged_by_one_between_them() -> None:
    memory = Memory()
    early = [told(number, "新街", THINGS[0], number) for number in (1, 2)]
    late = [told(number, "新街", THINGS[1], 90 + number) for number in (3, 4)]
    memory.take_in(early)
    memory.take_in(late)
    memory.apart = {frozenset({early[0].complaint_id, late[0].complaint_id})}
    between, more = told(5, "新街", THINGS[2], 50), told(6, "新街", THINGS[0], 4)
    memory.take_in([between, more])
    # The one between resembles a newer one of the later incident; each of the two goes on to grow.
    assert memory.partition() == {
        frozenset(one.complaint_id for one in (*early, more)),
        frozenset(one.complaint_id for one in (*late, between)),
    }


@given(lots, lots, st.data())
def test_what_is_apart_never_comes_together_whatever_else_does(
    lot: list[Told], later: list[Told], data: st.DataObject
) -> None:
    memory = Memory()
    for one in lot:
        memory.take_in([one])
    incidents = sorted(set(memory.incident.values()))
    if len(incidents) > 1:
        memory.apart = {frozenset(data.draw(st.permutations(incidents))[:2])}
    held = [{one for one, of in memory.incident.items() if of in pair} for pair in memory.apart]
    memory.take_in([Told(UUID(int=100 + n), one.fingerprint, one.keys) for n, one in enumerate(later)])
    for pair in memory.apart:
        assert len(pair) == 2
    for both in held:
        assert len({memory.incident[one] for one in both}) == 2


def test_nobody_who_is_alone_is_said_to_belong_anywhere() -> None:
    one = told(1, "新街", THINGS[0], 0)
    assert group([one], [], {}, WINDOW).joined == []
