"""The two linear learners: each tells every label from all others.

A department that gave a complaint back is told more loudly that it is not its own.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.svm import LinearSVC

from services.router.classifier.features import Matrix

__all__ = ["fit_margins", "fit_ratios"]

SEED = 20261124
MARGIN_COST, RATIO_COST = 0.5, 0.1
# How near to its optimum a learner comes: nearer changes scores by less than a thousandth.
TOLERANCE = 0.01
SMOOTHING = 0.5
# A complaint that a department gave back counts as often as so many others that are not that department's.
REFUSED_COUNTS = 4.0
# What a label gets that has no example.
UNSEEN = -1.5

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


def fit_margins(
    features: Matrix, answers: Indices, label_count: int, refused: dict[int, list[int]]
) -> tuple[Floats, Floats]:
    """Weights and biases of one-against-all support vectors; `refused` are the rows that a label gave back."""
    weights, bias = _nothing(features.shape[1], label_count)
    present = np.unique(answers)
    side, at = _sides(features, answers, MARGIN_COST)
    weights[:, present], bias[present] = side.T, at
    for label in set(present.tolist()) & refused.keys():
        side, at = _sides(features, answers == label, MARGIN_COST, refused[label])
        weights[:, label], bias[label] = side[-1], at[-1]
    return weights, bias


def fit_ratios(
    features: Matrix, answers: Indices, label_count: int, refused: dict[int, list[int]]
) -> tuple[Floats, Floats]:
    """The same on features scaled by how much more often each label has them (NB-SVM, Wang and Manning 2012)."""
    weights, bias = _nothing(features.shape[1], label_count)
    present = np.unique(answers)
    belongs = sparse.csr_matrix((np.ones(len(answers)), (np.searchsorted(present, answers), np.arange(len(answers)))))
    shares = (belongs @ (features > 0).astype(np.float32)).toarray() + SMOOTHING
    shares /= shares.sum(axis=1, keepdims=True)
    total = shares.sum(axis=0)
    for row, label in enumerate(present):
        others = (total - shares[row]) / (len(present) - 1)
        ratio = np.log(shares[row] / others).astype(np.float32)
        side, at = _sides(features @ sparse.diags(ratio), answers == label, RATIO_COST, refused.get(int(label), []))
        weights[:, label], bias[label] = side[-1] * ratio, at[-1]
    return weights, bias


def _nothing(columns: int, label_count: int) -> tuple[Floats, Floats]:
    return np.zeros((columns, label_count), np.float32), np.full(label_count, UNSEEN, np.float32)


def _sides(
    features: Matrix, answers: npt.NDArray[Any], cost: float, refused: Sequence[int] = ()
) -> tuple[Floats, Floats]:
    """Weights and bias that tell each answer from the others; of two answers, both ways."""
    counts = np.ones(len(answers))
    counts[list(refused)] = REFUSED_COUNTS
    machine = LinearSVC(C=cost, tol=TOLERANCE, random_state=SEED).fit(features, answers, counts)
    weights, bias = machine.coef_.astype(np.float32), machine.intercept_.astype(np.float32)
    if len(bias) == 1:
        return np.concatenate([-weights, weights]), np.concatenate([-bias, bias])
    return weights, bias
