"""What a trained model says of a text: calibrated probabilities of its labels, and the words that spoke for the first.

Pure: a model is immutable, and the same text always gets the same answer. A model comes from `model_file`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from services.router.calibration import Calibration, calibrate
from services.router.features import count, softmax, spans_of, weigh
from services.router.neural import Network

__all__ = ["Classifier", "Foreseen", "Guess", "Model", "Prediction"]

BEST = 5
TELLING = 3

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
    # The parts of the text that spoke most for the first, as they stand in the normalized text.
    telling: tuple[str, ...]


class Classifier(Protocol):
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

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """One row for each text, one column for each label; each row sums to 1."""
        features = weigh(count(spans_of(texts), self.index, len(self.idf)), self.idf, self.block)
        scores = features @ self.linear + self.linear_bias
        if self.network:
            scores = scores + self.network.scores(features)
        return calibrate(softmax(scores), self.calibration)

    def predict(self, text: str) -> Prediction:
        return self.predict_all([text])[0]

    def predict_all(self, texts: Sequence[str]) -> list[Prediction]:
        """Many at once are some ten times as fast as one by one."""
        probabilities = self.probabilities(texts)
        best = np.argsort(-probabilities, axis=1, kind="stable")[:, :BEST]
        telling = self._telling(texts, best[:, 0])
        return [
            Prediction(
                tuple(Guess(self.labels[column], float(row[column])) for column in columns), self.thresholds[0], words
            )
            for row, columns, words in zip(probabilities, best, telling, strict=True)
        ]

    def _telling(self, texts: Sequence[str], chosen: npt.NDArray[np.int64]) -> list[tuple[str, ...]]:
        """The words and n-grams of more than one character that weigh most for the chosen label against the others."""
        spans = spans_of(texts)
        column = self.index[spans.slot]
        kept = np.flatnonzero((column >= 0) & (spans.end - spans.start > 1))
        row, column = spans.row[kept], column[kept]
        weight = self.idf[column] * self.linear[column, chosen[row]]
        found: list[list[str]] = [[] for _ in texts]
        for at in np.lexsort((-weight, row)):
            words, span = found[row[at]], kept[at]
            if len(words) < TELLING and weight[at] > 0:
                word = spans.texts[row[at]][spans.start[span] : spans.end[span]].strip()
                if len(word) > 1 and not any(word in other or other in word for other in words):
                    words.append(word)
        return [tuple(words) for words in found]


class Foreseen:
    """Answers for the texts of one batch, computed together."""

    def __init__(self, model: Model, texts: Sequence[str]) -> None:
        self._predictions = dict(zip(texts, model.predict_all(texts), strict=True)) if texts else {}

    def predict(self, text: str) -> Prediction:
        return self._predictions[text]
