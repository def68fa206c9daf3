"""Whoever shares a key goes one after the other, in the order in which they asked; nobody else waits."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.mail.turns import Turns

_KEYS = st.sets(st.sampled_from([b"a", b"b", b"c", b"d"]))


@given(st.lists(_KEYS, max_size=8))
def test_those_who_share_a_key_are_never_in_together_and_keep_their_order(asked: Sequence[set[bytes]]) -> None:
    async def run() -> tuple[list[int], Turns]:
        turns, entered, within = Turns(), [], set[int]()

        async def one(number: int, keys: set[bytes]) -> None:
            async with turns.of(keys):
                assert not any(asked[other] & keys for other in within)
                entered.append(number)
                within.add(number)
                await asyncio.sleep(0)
                within.remove(number)

        await asyncio.gather(*(one(number, keys) for number, keys in enumerate(asked)))
        return entered, turns

    entered, turns = asyncio.run(run())
    assert sorted(entered) == list(range(len(asked)))
    for later, keys in enumerate(asked):
        for earlier in range(later):
            assert not asked[earlier] & keys or entered.index(earlier) < entered.index(later)
    assert turns._last == {}  # noqa: SLF001  # nothing is kept of those who are done


async def test_those_who_share_none_are_in_together() -> None:
    turns, met = Turns(), asyncio.Barrier(2)

    async def one(key: bytes) -> None:
        async with turns.of([key]):
            await met.wait()

    async with asyncio.timeout(10):
        await asyncio.gather(one(b"a"), one(b"b"))


async def test_a_failure_ends_a_turn() -> None:
    turns = Turns()

    async def fails() -> None:
        async with turns.of([b"a"]):
            raise ValueError("why not")

    async with asyncio.timeout(10):
        for _ in range(2):
            with pytest.raises(ValueError, match="why not"):
                await fails()
