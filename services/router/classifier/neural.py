"""A network of one hidden layer, trained with several answers at once: the label, and the operator's topics.

What the topics have in common shapes the hidden layer, which helps the labels that have few examples. Training touches
only the rows of the first layer whose features stand in the batch, so an epoch takes seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from services.router.classifier.features import Matrix, softmax

__all__ = ["HIDDEN", "UNKNOWN", "Network", "fit_network"]

HIDDEN = 192
EPOCHS = 9
BATCH = 128
RATE = 0.004
WARM_UP = 100
# Each topic counts a tenth of the label.
TOPIC_WEIGHT = 0.1
KEEP_INPUT = 0.8
KEEP_HIDDEN = 0.5
# A topic that an example does not say.
UNKNOWN = -1
MOMENT, SQUARE = 0.9, 0.999

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Network:
    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats

    def scores(self, features: Matrix) -> Floats:
        hidden: Floats = np.maximum(features @ self.first + self.first_bias, 0)
        return hidden @ self.second + self.second_bias


class _Adam:
    """Kingma and Ba 2015; of a large parameter only the given rows move."""

    def __init__(self, parameter: Floats) -> None:
        self.parameter = parameter
        self._moment, self._square = np.zeros_like(parameter), np.zeros_like(parameter)

    def step(self, gradient: Floats, rate: float, rows: Indices | slice) -> None:
        moment = MOMENT * self._moment[rows] + (1 - MOMENT) * gradient
        square = SQUARE * self._square[rows] + (1 - SQUARE) * gradient**2
        self._moment[rows], self._square[rows] = moment, square
        self.parameter[rows] -= rate * moment / (np.sqrt(square) + 1e-8)


def fit_network(features: Matrix, labels: Indices, label_count: int, topics: Sequence[Indices], seed: int) -> Network:
    """`topics` are further answers, numbered from 0 or UNKNOWN, that are learned along and then left away."""
    random = np.random.default_rng(seed)

    def small(*shape: int) -> Floats:
        return (0.05 * random.standard_normal(shape)).astype(np.float32)

    answers = [labels, *topics]
    sizes = [label_count, *(int(topic.max()) + 1 for topic in topics)]
    weights = [1.0, *(TOPIC_WEIGHT for _ in topics)]
    first, bias = _Adam(small(features.shape[1], HIDDEN)), _Adam(np.zeros(HIDDEN, np.float32))
    heads = [(_Adam(small(HIDDEN, size)), _Adam(np.zeros(size, np.float32))) for size in sizes]
    everything = slice(None)
    steps = 0
    for epoch in range(EPOCHS):
        order = random.permutation(features.shape[0])
        for begin in range(0, len(order), BATCH):
            rows = order[begin : begin + BATCH]
            steps += 1
            part = features[rows]
            part.data *= (random.random(len(part.data)) < KEEP_INPUT).astype(np.float32) / KEEP_INPUT
            columns, place = np.unique(part.indices, return_inverse=True)
            narrow = sparse.csr_matrix((part.data, place.astype(np.int32), part.indptr), (len(rows), len(columns)))
            before = narrow @ first.parameter[columns] + bias.parameter
            mask = (random.random(before.shape) < KEEP_HIDDEN).astype(np.float32) / KEEP_HIDDEN * (before > 0)
            hidden = before * mask
            back = np.zeros_like(hidden)
            rate = RATE * min(1.0, steps / WARM_UP) * (1 - 0.9 * epoch / EPOCHS)
            rate *= np.sqrt(1 - SQUARE**steps) / (1 - MOMENT**steps)
            for (matrix, offset), answer, weight in zip(heads, answers, weights, strict=True):
                error = softmax(hidden @ matrix.parameter + offset.parameter)
                error[np.arange(len(rows)), answer[rows]] -= 1
                error *= (answer[rows] != UNKNOWN)[:, None] * np.float32(weight / len(rows))
                back += error @ matrix.parameter.T
                matrix.step(hidden.T @ error, rate, everything)
                offset.step(error.sum(axis=0), rate, everything)
            back *= mask
            bias.step(back.sum(axis=0), rate, everything)
            first.step(narrow.T @ back, rate, columns)
    matrix, offset = heads[0]
    return Network(first.parameter, bias.parameter, matrix.parameter, offset.parameter)
