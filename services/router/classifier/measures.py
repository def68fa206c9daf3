"""How good a classifier's answers are, from the probabilities that it gave and the labels that were right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PRECISIONS", "Measured", "error_of_calibration", "measure", "threshold_for"]

PRECISIONS = (0.95, 0.98)
BINS = 15
TOP = 3
PART = 500
# Fewer certain answers than this prove no precision.
FEWEST = 20

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Measured:
    n: int
    accuracy: float
    macro_f1: float
    top3: float
    # The share that is dispatched alone at the threshold for that precision.
    coverage_95: float
    coverage_98: float
    ece: float


def measure(
    probabilities: Floats, labels: Sequence[str], truth: Sequence[str], thresholds: Sequence[float]
) -> Measured:
    """A label that the model does not know is an error wherever it stands."""
    known = {label: column for column, label in enumerate(labels)}
    right = np.array([known.get(label, -1) for label in truth])
    # Part by part, so that measuring needs no more memory than answering.
    parts = np.array_split(probabilities, 1 + len(probabilities) // PART)
    ranked = np.concatenate([np.argsort(-part, axis=1, kind="stable")[:, :TOP].copy() for part in parts])
    correct = ranked[:, 0] == right
    confidence = probabilities.max(axis=1)
    covered = [float(np.mean(confidence >= threshold)) for threshold in thresholds]
    return Measured(
        n=len(truth),
        accuracy=float(np.mean(correct)),
        macro_f1=_macro_f1([labels[column] for column in ranked[:, 0]], truth),
        top3=float(np.mean((ranked == right[:, None]).any(axis=1))),
        coverage_95=covered[0],
        coverage_98=covered[1],
        ece=error_of_calibration(confidence, correct),
    )


def _macro_f1(given: Sequence[str], truth: Sequence[str]) -> float:
    """The mean over the labels that occur in the truth."""
    pairs, wanted, answered = (dict[str, int]() for _ in range(3))
    for answer, label in zip(given, truth, strict=True):
        wanted[label] = wanted.get(label, 0) + 1
        answered[answer] = answered.get(answer, 0) + 1
        if answer == label:
            pairs[label] = pairs.get(label, 0) + 1
    return float(np.mean([2 * pairs.get(label, 0) / (wanted[label] + answered.get(label, 0)) for label in wanted]))


def error_of_calibration(confidence: Floats, correct: Bools) -> float:
    """Expected calibration error: the mean distance of confidence and accuracy over bins of equal width."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    said = np.bincount(bins, confidence, BINS)
    came_true = np.bincount(bins, correct, BINS)
    return float(np.abs(said - came_true).sum() / len(confidence))


def threshold_for(precision: float, confidence: Floats, correct: Bools) -> float:
    """The least confidence from which on answers were right that often; above 1 where none is."""
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    share = np.cumsum(correct[order]) / np.arange(1, len(order) + 1)
    # Equal confidences stand or fall together.
    last_of_equal = np.append(ranked[1:] != ranked[:-1], True)
    reached = np.flatnonzero((share >= precision) & last_of_equal)
    if not len(reached) or reached[-1] + 1 < FEWEST:
        return 2.0
    return float(ranked[reached[-1]])
