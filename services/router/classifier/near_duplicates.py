"""Which of many texts tell nearly the same, so that none is learned from while its twin is measured on.

Texts are near when most of their character trigrams are the same, digits and punctuation left out. Only pairs that
share a band of their MinHash signatures are compared, so the work grows with the texts and not with their pairs.
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shared.matching import comparable

__all__ = ["bands_of", "groups_of", "shingles_of"]

NEAR = 0.6
BANDS, ROWS = 12, 3
_NOISE = re.compile(r"[\W\d_]+")
_BASE, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
Hashes = npt.NDArray[np.uint64]

_MULTIPLIERS = np.random.default_rng(20261124).integers(1, 2**63, BANDS * ROWS, dtype=np.uint64) | np.uint64(1)


def groups_of(texts: Sequence[str]) -> list[int]:
    """For each text the number of its group: that of the first text to which it leads by steps of near-duplicates."""
    parent = list(range(len(texts)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    shingles = [shingles_of(comparable(text)) for text in texts]
    first: dict[tuple[int, bytes], int] = {}
    for at, own in enumerate(shingles):
        for band in bands_of(own):
            other = first.setdefault(band, at)
            if root(other) != root(at) and _overlap(own, shingles[other]) >= NEAR:
                low, high = sorted((root(other), root(at)))
                parent[high] = low
    return [root(at) for at in range(len(texts))]


def shingles_of(text: str) -> Hashes:
    """The hashes of the character trigrams of `text`, which is as `comparable` gives it; of a shorter one, of all."""
    letters = _NOISE.sub("", text).ljust(3)
    codes = np.frombuffer(letters.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    hashed = ((codes[:-2] * _BASE + codes[1:-1]) * _BASE + codes[2:]) * _MIX
    return hashed ^ (hashed >> np.uint64(31))


def bands_of(shingles: Hashes, bands: int = BANDS) -> list[tuple[int, bytes]]:
    """The first `bands` of the MinHash signature; texts that are near share one of all of them most likely."""
    hashed = shingles[:, None] * _MULTIPLIERS[: bands * ROWS]
    signature = (hashed >> np.uint64(16)).min(axis=0).reshape(bands, ROWS)
    return [(number, row.tobytes()) for number, row in enumerate(signature)]


def _overlap(one: Hashes, other: Hashes) -> float:
    """How many of both are in common."""
    return len(np.intersect1d(one, other)) / len(np.union1d(one, other))
