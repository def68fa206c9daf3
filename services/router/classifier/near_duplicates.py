"""Which of many texts tell nearly the same, so that none is learned from while its twin is measured on.

Texts are near when most of their character trigrams are the same, digits and punctuation left out. Only pairs that
share a band of their MinHash signatures are compared, so the work grows with the texts and not with their pairs.
"""

import re
import zlib
from collections.abc import Sequence

import numpy as np

from shared.matching import comparable

__all__ = ["bands_of", "groups_of", "shingles_of"]

NEAR = 0.6
BANDS, ROWS = 12, 3
_NOISE = re.compile(r"[\W\d_]+")
_MULTIPLIERS = np.random.default_rng(20261124).integers(1, 2**63, BANDS * ROWS, dtype=np.uint64) | np.uint64(1)


def groups_of(texts: Sequence[str]) -> list[int]:
    """For each text the number of its group: that of the first text to which it leads by steps of near-duplicates."""
    parent = list(range(len(texts)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    shingles = [shingles_of(text) for text in texts]
    first: dict[tuple[int, bytes], int] = {}
    for at, own in enumerate(shingles):
        for band in bands_of(own):
            other = first.setdefault(band, at)
            if root(other) != root(at) and _overlap(own, shingles[other]) >= NEAR:
                low, high = sorted((root(other), root(at)))
                parent[high] = low
    return [root(at) for at in range(len(texts))]


def shingles_of(text: str) -> frozenset[int]:
    """The hashes of the text's character trigrams."""
    letters = _NOISE.sub("", comparable(text))
    return frozenset(zlib.crc32(letters[at : at + 3].encode()) for at in range(max(1, len(letters) - 2)))


def bands_of(shingles: frozenset[int], bands: int = BANDS) -> list[tuple[int, bytes]]:
    """The first `bands` of the MinHash signature; texts that are near share one of all of them most likely."""
    hashed = np.fromiter(shingles, np.uint64, len(shingles))[:, None] * _MULTIPLIERS[: bands * ROWS]
    signature = (hashed >> np.uint64(16)).min(axis=0).reshape(bands, ROWS)
    return [(number, row.tobytes()) for number, row in enumerate(signature)]


def _overlap(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)
