"""The chain of a case's record: what was written passes, and whatever is done to it afterwards is named."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.lifecycle import Action, Actor, CaseState, Role
from services.tracker.record.record import (
    GENESIS,
    AnchoredHead,
    Broken,
    Entry,
    Fired,
    Happening,
    Head,
    Link,
    anchor,
    anchor_flaw,
    chained,
    flaw,
    hash_of,
)
from shared.language import CaseStatus

CASE = UUID("018f4e2a-7c1b-7d3e-9f00-000000000001")
OTHER = UUID("018f4e2a-7c1b-7d3e-9f00-000000000002")
AT = datetime(2026, 11, 24, 1, 30, 0, 250000, tzinfo=UTC)

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
states = st.builds(CaseState, st.sampled_from(CaseStatus), st.integers(1, 99))
happenings = st.builds(
    Happening,
    complaint_id=st.just(CASE),
    happened=st.sampled_from([*Action, *Fired]),
    actor=st.builds(Actor, st.sampled_from(Role), st.none() | texts, st.none() | texts),
    at=instants,
    state=states,
    deadline_id=st.none() | st.uuids(),
    note=st.none() | texts,
    deadlines=st.none() | texts,
)
chains = st.lists(happenings, min_size=1, max_size=8).map(lambda happened: chained(happened, {}))
entries = chains.map(lambda links: links[0].entry)


def first_flaw(links: Sequence[Link]) -> Broken | None:
    before = None
    for link in links:
        if found := flaw(link, before):
            return found
        before = link
    return None


def edited(entry: Entry, data: st.DataObject) -> Entry:
    """`entry` with another value in one field; its number and its case stay."""
    name = data.draw(st.sampled_from([n for n in Entry.__slots__ if n not in {"number", "complaint_id"}]))
    before = getattr(entry, name)
    other: st.SearchStrategy[Any]
    match name:
        case "version":
            other = st.integers(1, 99)
        case "at":
            other = instants
        case "deadline_id":
            other = st.none() | st.uuids()
        case "actor_department" | "actor_subject" | "note" | "deadlines":
            other = st.none() | texts
        case _:
            other = texts
    return replace(entry, **{name: data.draw(other.filter(lambda value: value != before))})


class TestAChain:
    @given(chains)
    def test_that_nobody_touched_has_no_flaw(self, links: Sequence[Link]) -> None:
        assert first_flaw(links) is None
        assert [link.entry.number for link in links] == list(range(1, len(links) + 1))
        assert links[0].prev_hash == GENESIS

    @given(st.lists(happenings, min_size=2, max_size=8), st.data())
    def test_is_the_same_whether_it_was_written_at_once_or_in_parts(
        self, happened: Sequence[Happening], data: st.DataObject
    ) -> None:
        whole = chained(happened, {})
        cut = data.draw(st.integers(1, len(happened) - 1))
        last, end = whole[cut - 1], happened[cut - 1].state
        assert end is not None
        assert chained(happened[cut:], {CASE: Head(last.entry.number, end, last.hash)}) == whole[cut:]

    def test_goes_on_where_the_case_stood_when_something_happens_by_itself(self) -> None:
        opened = Happening(CASE, Action.ASSIGN, Actor(Role.SYSTEM), AT, CaseState(CaseStatus.DISPATCHED, 1))
        warned = Happening(CASE, Fired.WARNED, Actor(Role.SYSTEM), AT + timedelta(days=1))
        [_, second] = chained([opened, warned], {})
        assert (second.entry.number, second.entry.version, second.entry.status) == (2, 1, "dispatched")

    def test_of_one_case_does_not_depend_on_what_happens_to_others(self) -> None:
        state = CaseState(CaseStatus.DISPATCHED, 1)
        ours, others = (Happening(case, Action.ASSIGN, Actor(Role.SYSTEM), AT, state) for case in (CASE, OTHER))
        assert [link for link in chained([others, ours, others], {}) if link.entry.complaint_id == CASE] == chained(
            [ours], {}
        )

    def test_cannot_begin_with_what_does_not_say_where_the_case_stands(self) -> None:
        with pytest.raises(ValueError, match="cannot begin with warned"):
            chained([Happening(CASE, Fired.WARNED, Actor(Role.SYSTEM), AT)], {})


class TestTampering:
    @given(chains, st.data())
    def test_an_edited_entry_is_named(self, links: list[Link], data: st.DataObject) -> None:
        n = data.draw(st.integers(0, len(links) - 1))
        links[n] = replace(links[n], entry=edited(links[n].entry, data))
        assert first_flaw(links) == Broken(CASE, n + 1, "was changed after it was written")

    @given(chains.filter(lambda links: len(links) > 1), st.data())
    def test_an_entry_that_was_edited_and_hashed_again_breaks_the_one_after_it(
        self, links: list[Link], data: st.DataObject
    ) -> None:
        n = data.draw(st.integers(0, len(links) - 2))
        forged = edited(links[n].entry, data)
        links[n] = Link(forged, links[n].prev_hash, hash_of(forged, links[n].prev_hash))
        assert first_flaw(links) == Broken(CASE, n + 2, "does not follow the entry that stands before it")

    @given(chains, st.data())
    def test_a_chain_that_was_written_anew_is_not_the_one_that_was_anchored(
        self, links: list[Link], data: st.DataObject
    ) -> None:
        last = links[-1]
        forged = edited(last.entry, data)
        again = Link(forged, last.prev_hash, hash_of(forged, last.prev_hash))
        before = links[-2] if len(links) > 1 else None
        assert flaw(again, before) is None
        assert flaw(again, before, last.hash) == Broken(CASE, len(links), "is not the one that was anchored")
        assert flaw(last, before, last.hash) is None

    @given(chains.filter(lambda links: len(links) > 1), st.data())
    def test_a_deleted_entry_is_named_as_missing(self, links: list[Link], data: st.DataObject) -> None:
        n = data.draw(st.integers(0, len(links) - 2))
        del links[n]
        assert first_flaw(links) == Broken(CASE, n + 1, "is missing")

    @given(chains.filter(lambda links: len(links) > 1), st.data())
    def test_of_two_that_changed_places_the_first_is_named(self, links: list[Link], data: st.DataObject) -> None:
        one, other = sorted(data.draw(st.sets(st.integers(0, len(links) - 1), min_size=2, max_size=2)))
        links[one], links[other] = (
            replace(links[other], entry=replace(links[other].entry, number=one + 1)),
            replace(links[one], entry=replace(links[one].entry, number=other + 1)),
        )
        found = first_flaw(links)
        assert found is not None
        assert found.number == one + 1

    @given(chains, chains)
    def test_an_entry_of_another_case_is_named(self, links: list[Link], foreign: list[Link]) -> None:
        theirs = replace(foreign[0].entry, complaint_id=OTHER)
        moved = Link(replace(theirs, complaint_id=CASE), GENESIS, hash_of(theirs, GENESIS))
        found = first_flaw([moved, *links[1:]])
        assert found == Broken(CASE, 1, "was changed after it was written")


class TestTheCanonicalForm:
    @given(entries, entries)
    def test_two_different_entries_never_have_the_same_hash(self, one: Entry, other: Entry) -> None:
        assert (hash_of(one, GENESIS) == hash_of(other, GENESIS)) == (one == other)

    @given(entries, texts, texts)
    def test_text_cannot_flow_from_one_field_into_the_next(self, entry: Entry, one: str, other: str) -> None:
        apart = replace(entry, note=one, deadlines=other)
        for shifted in (
            replace(entry, note=one + other, deadlines=""),
            replace(entry, note=one + other, deadlines=None),
            replace(entry, note=None, deadlines=one + other),
        ):
            if shifted != apart:
                assert hash_of(shifted, GENESIS) != hash_of(apart, GENESIS)

    def test_is_what_the_documentation_says(self) -> None:
        entry = Entry(CASE, 2, "reply", 3, "replied", "officer", "urban-management", None, None, AT, "路灯已修好", None)
        written = (
            "16:hotline-record-1" + "64:" + "00" * 32 + "36:018f4e2a-7c1b-7d3e-9f00-000000000001"
            "1:25:reply1:37:replied7:officer16:urban-management-16:179548380025000015:路灯已修好-"
        )
        assert hash_of(entry, GENESIS) == hashlib.sha256(written.encode()).digest()
        by_name = written.replace("hotline-record-1", "hotline-record-2").replace(
            "16:urban-management", "16:urban-management9:测试甲"
        )
        signed = replace(entry, actor_subject="测试甲")
        assert hash_of(signed, GENESIS) == hashlib.sha256(by_name.encode()).digest()

    @given(entries)
    def test_an_instant_is_the_same_in_every_time_zone(self, entry: Entry) -> None:
        shifted = replace(entry, at=entry.at.astimezone(tz=None))
        assert hash_of(shifted, GENESIS) == hash_of(entry, GENESIS)


heads = st.lists(
    st.builds(AnchoredHead, st.uuids(), st.integers(1, 9), st.binary(min_size=32, max_size=32)),
    max_size=5,
    unique_by=lambda head: head.complaint_id,
)


class TestAnchors:
    @given(st.lists(heads, min_size=1, max_size=5), st.data())
    def test_a_chain_of_them_holds_until_one_head_is_changed_added_or_taken_away(
        self, hours: list[list[AnchoredHead]], data: st.DataObject
    ) -> None:
        made, before = [], None
        for hour, held in enumerate(hours):
            before = anchor(before, AT + timedelta(hours=hour), hour * 10, data.draw(st.permutations(held)))
            made.append(before)
        assert all(
            anchor_flaw(one, previous, held) is None
            for one, previous, held in zip(made, [None, *made], hours, strict=False)
        )
        n = data.draw(st.integers(0, len(hours) - 1))
        others = data.draw(heads.filter(lambda held: set(held) != set(hours[n])))
        why = anchor_flaw(made[n], made[n - 1] if n else None, others)
        assert why == f"anchor {n + 1} was changed after it was written"

    def test_one_that_is_gone_is_named(self) -> None:
        first = anchor(None, AT, 1, [])
        second = anchor(first, AT + timedelta(hours=1), 2, [])
        assert anchor_flaw(second, None, []) == "anchor 1 is missing"

    def test_one_that_was_made_anew_breaks_the_next(self) -> None:
        first = anchor(None, AT, 1, [])
        second = anchor(first, AT + timedelta(hours=1), 2, [])
        forged = anchor(None, AT, 1, [AnchoredHead(CASE, 1, GENESIS)])
        assert anchor_flaw(second, forged, []) == "anchor 2 does not follow the one before it"
