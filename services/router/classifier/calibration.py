"""From how far ahead a model's first answer is to how often it is right: a monotone map, learned from unseen texts.

The lead over the second tells right from wrong better than the probability does, which also shrinks with what the many
others get together.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from services.router.classifier.features import softmax

__all__ = ["Calibration", "calibrate", "fit_calibration", "lead"]

# Enough texts in each bin to trust its mean.
LEAST_IN_BIN = 40
MOST_BINS = 25
# Keeps the order of texts that fall between equal means.
SLOPE = 1e-3

Floats = npt.NDArray[np.float32]


class Calibration(NamedTuple):
    """Leads, rising, and the share that was right at each."""

    said: Floats
    true: Floats


def lead(scores: Floats) -> Floats:
    """How far the first of each row is ahead of the second, between 0 and 1."""
    second, first = np.partition(scores, -2, axis=1)[:, -2:].T
    ahead: Floats = first - second
    return ahead / (1 + ahead)


def fit_calibration(said: npt.NDArray[np.floating], correct: npt.NDArray[np.bool_]) -> Calibration:
    """Means of equally large bins, made to rise by pooling those that fall (Ayer and others 1955)."""
    order = np.argsort(said, kind="stable")
    bins = np.array_split(order, max(1, min(MOST_BINS, len(order) // LEAST_IN_BIN)))
    pooled: list[tuple[float, float, list[float]]] = []
    for rows in bins:
        right, size, where = float(correct[rows].sum()), float(len(rows)), [float(said[rows].mean())]
        while pooled and pooled[-1][0] / pooled[-1][1] >= right / size:
            before = pooled.pop()
            right, size, where = right + before[0], size + before[1], before[2] + where
        pooled.append((right, size, where))
    knots = [(at, min(1.0, right / size)) for right, size, where in pooled for at in where]
    x, y = (np.array(part, np.float32) for part in zip(*knots, strict=True))
    return Calibration(x, np.clip(y * (1 - SLOPE) + x * SLOPE, 0, 1))


def calibrate(scores: Floats, calibration: Calibration) -> Floats:
    """Probabilities: the first gets the share at which it is right.

    What it loses goes to all alike, what it gains the rest gives. Rows sum to 1 and no label overtakes another.
    """
    probabilities = softmax(scores)
    labels = probabilities.shape[1]
    first = probabilities.max(axis=1)
    wanted = np.clip(np.interp(lead(scores), *calibration), 1 / labels, 1).astype(np.float32)
    even = np.float32(1 / labels)
    keep = np.where(first > even, (wanted - even) / np.maximum(first - even, 1e-9), 1)
    loses = (keep <= 1)[:, None]
    spread = keep[:, None] * probabilities + (1 - keep)[:, None] * even
    rest = (1 - wanted) / np.maximum(1 - first, 1e-9)
    gained = probabilities * rest[:, None]
    gained[np.arange(len(gained)), scores.argmax(axis=1)] = wanted
    calibrated: Floats = np.where(loses, spread, gained).astype(np.float32)
    calibrated /= calibrated.sum(axis=1, keepdims=True)
    return calibrated
