"""What the classifier sees of a text: its character 1- to 3-grams, its words, and the n-grams that it begins with.

A feature is a hash, never a string, so a model holds no piece of the texts that it learned from. All hashes of a batch
come from one prefix sum over the code points, modulo 2^64: whatever precedes it, the span [i, j) has
(P[j] - P[i]) * B^-i.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import rjieba
from scipy import sparse

from shared.matching import comparable

__all__ = ["BLOCKS", "HASH_BITS", "LONGEST_TEXT", "SLOTS", "Matrix", "Spans", "count", "softmax", "spans_of", "weigh"]

# Each is brought to length 1 for itself, so that none drowns the others.
CHARACTERS, WORDS, HEAD, BLOCKS = 0, 1, 2, 3
# Whoever writes at length says in the first line what it is about.
HEAD_LENGTH = 40
GRAMS = (1, 2, 3)
# A slot is 21 bits of hash, and the block: about one kept feature in thirty shares its slot with another.
HASH_BITS = 21
SLOTS = BLOCKS << HASH_BITS
# Of a longer text only this many characters are read: what decides stands in the beginning, and time is bounded.
LONGEST_TEXT = 4000

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_MIX = np.uint64(0xBF58476D1CE4E5B9)

Indices = npt.NDArray[np.int64]
Matrix = Any  # a scipy.sparse.csr_matrix of float32: its stubs do not say so


@dataclass(frozen=True, slots=True)
class Spans:
    """The features of a batch, each where it stands: row, slot, and the characters of `texts[row]`."""

    texts: Sequence[str]
    row: Indices
    slot: Indices
    start: Indices
    end: Indices


def spans_of(texts: Sequence[str]) -> Spans:
    """Every n-gram and word of the texts; an n-gram never reaches from one text into the next."""
    read = [comparable(text)[:LONGEST_TEXT] for text in texts]
    lengths = np.fromiter(map(len, read), np.int64, len(read))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    points = np.frombuffer("".join(read).encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    row = np.repeat(np.arange(len(read)), lengths)
    begins, ends, blocks = [], [], []
    for n in GRAMS:
        begin = np.arange(max(0, len(points) - n + 1))
        begin = begin[row[begin] == row[begin + n - 1]]
        head = begin[begin + n - offsets[row[begin]] <= HEAD_LENGTH]
        begins += [begin, head]
        ends += [begin + n, head + n]
        blocks += [np.full(len(begin), CHARACTERS), np.full(len(head), HEAD)]
    word_end = np.cumsum([len(word) for text in read for word in rjieba.cut(text)], dtype=np.int64)
    begins.append(np.concatenate([[0], word_end[:-1]]) if len(word_end) else word_end)
    ends.append(word_end)
    blocks.append(np.full(len(word_end), WORDS))
    start, end, block = (np.concatenate(parts).astype(np.int64) for parts in (begins, ends, blocks))
    row = row[start] if len(start) else start
    return Spans(read, row, _slot(points, start, end, block), start - offsets[row], end - offsets[row])


def _slot(points: npt.NDArray[np.uint64], start: Indices, end: Indices, block: Indices) -> Indices:
    powers = _powers(_BASE, len(points))
    prefix = np.concatenate([np.zeros(1, np.uint64), np.cumsum((points + np.uint64(1)) * powers, dtype=np.uint64)])
    hashed = (prefix[end] - prefix[start]) * _powers(_INVERSE, len(points))[start] if len(start) else prefix[start]
    hashed ^= hashed >> np.uint64(31)
    hashed *= _MIX
    slot: Indices = (hashed >> np.uint64(64 - HASH_BITS)).astype(np.int64) | (block << HASH_BITS)
    return slot


def _powers(base: int, count: int) -> npt.NDArray[np.uint64]:
    """1, base, base^2, ... modulo 2^64."""
    factors = np.full(count, base, np.uint64)
    factors[:1] = 1
    return np.cumprod(factors, dtype=np.uint64)


def count(spans: Spans, index: npt.NDArray[np.int32], columns: int) -> Matrix:
    """How often each feature stands in each text; `index` maps a slot to its column, or to -1 where it is not kept."""
    column = index[spans.slot]
    kept = column >= 0
    ones = np.ones(int(kept.sum()), np.float32)
    return sparse.coo_matrix((ones, (spans.row[kept], column[kept])), shape=(len(spans.texts), columns)).tocsr()


def weigh(counts: Matrix, idf: npt.NDArray[np.float32], block: npt.NDArray[np.int8]) -> Matrix:
    """Dampen repetition (1 + log), weigh by rarity, and bring each block of a text to length 1."""
    weighed = counts.copy()
    weighed.data = ((1 + np.log(weighed.data)) * idf[weighed.indices]).astype(np.float32)
    row = np.repeat(np.arange(weighed.shape[0]), np.diff(weighed.indptr))
    part = row * BLOCKS + block[weighed.indices]
    length = np.sqrt(np.bincount(part, weighed.data**2, minlength=weighed.shape[0] * BLOCKS))
    weighed.data /= length[part].astype(np.float32)
    return weighed


def softmax(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Scores of each row as probabilities."""
    powers: npt.NDArray[np.float32] = np.exp(scores - scores.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers
