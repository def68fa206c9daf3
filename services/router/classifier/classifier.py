"""What a trained model says of a text: calibrated probabilities of its labels, and the words that spoke for the first.

Pure: a model is immutable, and the same text always gets the same answer. A model comes from `model_file`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from services.router.classifier.calibration import Calibration, calibrate
from services.router.classifier.features import Spans, count, spans_of, weigh
from services.router.classifier.neural import Network

__all__ = ["Classifier", "Foreseen", "Guess", "Model", "Prediction"]

BEST = 5
TELLING = 3
# Of the heaviest spans this many are looked at: those of one word lie inside one another.
CANDIDATES = 12

Floats = npt.NDArray[np.float32]


class Guess(NamedTuple):
    label: str
    # Of being right, from 0 to 1, calibrated on texts that the model had not seen.
    probability: float


@dataclass(frozen=True, slots=True)
class Prediction:
    # Best first.
    guesses: tuple[Guess, ...]
    # From this probability on the first may be dispatched without a person.
    threshold: float
    # The parts of the normalized text that spoke most for the first; none where it stays below the threshold.
    telling: tuple[str, ...]


class Classifier(Protocol):
    @property
    def hash(self) -> str:
        """Which model it is, as decisions name it."""
        ...

    def predict(self, text: str) -> Prediction: ...


@dataclass(frozen=True, slots=True)
class Model:
    """A linear model and a small network whose scores are added; the probabilities are calibrated."""

    labels: tuple[str, ...]
    # From a feature's slot to its column, -1 for features that are not kept.
    index: npt.NDArray[np.int32]
    idf: Floats
    # Of each column: which block of the features it belongs to.
    block: npt.NDArray[np.int8]
    linear: Floats
    linear_bias: Floats
    # None where there are few labels: it adds nothing to the linear model then.
    network: Network | None
    calibration: Calibration
    # For the precisions 0.95 and 0.98; above 1 where that precision was not reached.
    thresholds: tuple[float, float]
    # Version, hash of the training data, what was measured out of fold; shown, not computed with.
    about: dict[str, Any]
    # Of the file that it was read from; empty for one that was never saved.
    hash: str = ""

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """One row for each text, one column for each label; each row sums to 1."""
        return self._probabilities(spans_of(texts))

    def _probabilities(self, spans: Spans) -> Floats:
        features = weigh(count(spans, self.index, len(self.idf)), self.idf, self.block)
        scores = features @ self.linear + self.linear_bias
        if self.network:
            scores = scores + self.network.scores(features)
        return calibrate(scores, self.calibration)

    def predict(self, text: str) -> Prediction:
        return self.predict_all([text])[0]

    def predict_all(self, texts: Sequence[str]) -> list[Prediction]:
        """Many at once are several times as fast as one by one."""
        spans = spans_of(texts)
        probabilities = self._probabilities(spans)
        best = np.argsort(-probabilities, axis=1, kind="stable")[:, :BEST]
        sure = probabilities[np.arange(len(best)), best[:, 0]] >= self.thresholds[0]
        telling = self._telling(spans, best[:, 0], sure)
        return [
            Prediction(
                tuple(Guess(self.labels[column], float(row[column])) for column in columns), self.thresholds[0], words
            )
            for row, columns, words in zip(probabilities, best, telling, strict=True)
        ]

    def _telling(
        self, spans: Spans, chosen: npt.NDArray[np.int64], sure: npt.NDArray[np.bool_]
    ) -> list[tuple[str, ...]]:
        """The words and n-grams of more than one character that weigh most for the chosen label against the others."""
        column = self.index[spans.slot]
        kept = np.flatnonzero((column >= 0) & (spans.end - spans.start > 1) & sure[spans.row])
        row, column = spans.row[kept], column[kept]
        weight = self.idf[column] * self.linear[column, chosen[row]]
        order = np.lexsort((-weight, row))
        row, weight, kept = row[order], weight[order], kept[order]
        rank = np.arange(len(row)) - np.searchsorted(row, row)
        found: list[list[str]] = [[] for _ in spans.texts]
        for at in np.flatnonzero((rank < CANDIDATES) & (weight > 0)):
            words, span = found[row[at]], kept[at]
            word = spans.texts[row[at]][spans.start[span] : spans.end[span]].strip()
            if len(words) < TELLING and len(word) > 1 and not any(word in other or other in word for other in words):
                words.append(word)
        return [tuple(words) for words in found]


class Foreseen:
    """Answers for the texts of one batch, computed together."""

    def __init__(self, model: Model, texts: Sequence[str]) -> None:
        self.hash = model.hash
        self._predictions = dict(zip(texts, model.predict_all(texts), strict=True)) if texts else {}

    def predict(self, text: str) -> Prediction:
        return self._predictions[text]
