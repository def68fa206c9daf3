"""How a model is made from labelled texts.

Three learners see the same features: two linear ones and a small network. Their scores are added, and something is
taken off for how common a label is, with weights that foretell best what the learners had not seen; the same texts give
the calibration and the thresholds. Then all learn from everything.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import optimize

from services.router.classifier.calibration import calibrate, fit_calibration, lead
from services.router.classifier.classifier import Model
from services.router.classifier.examples import Example, fingerprint, folds, text_hash
from services.router.classifier.features import HASH_BITS, SLOTS, Matrix, count, softmax, spans_of, weigh
from services.router.classifier.linear import fit_margins, fit_ratios
from services.router.classifier.measures import PRECISIONS, Measured, measure, threshold_for
from services.router.classifier.neural import HIDDEN, UNKNOWN, Network, fit_network

__all__ = ["TooFewExamples", "Trained", "train"]

SEED = 20261124
# A feature of one text alone teaches nothing of others.
LEAST_TEXTS = 2
# Numbers in a model: 22 million are 88 MB in memory.
LARGEST_MODEL = 22_000_000
# Labels from which on the network is worth its time.
NETWORK_FROM = 20
SMOOTHING = 0.5
# Of the loss by which the learners are weighed: between 0, which is the logarithm's, and 1, which counts mere errors.
FORGIVING = 0.5
LEAST_PROBABLE = 1e-9
# Of the most examples that learners foretold others from: those with fewer say nothing of how sure the model may be.
NEARLY_AS_MANY = 0.9
SCALES = np.geomspace(0.001, 1, 31)

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


class TooFewExamples(Exception):
    """There must be at least two labels, in each part from which another is foretold."""


@dataclass(frozen=True, slots=True)
class Trained:
    model: Model
    # Rows of the examples that a model without them foretold, and what it said; the measure rests on these.
    rows: Indices
    foretold: Floats
    measured: Measured


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    index: npt.NDArray[np.int32]
    idf: Floats
    block: npt.NDArray[np.int8]

    def features(self, texts: Sequence[str]) -> Matrix:
        return weigh(count(spans_of(texts), self.index, len(self.idf)), self.idf, self.block)


@dataclass(frozen=True, slots=True)
class _Learned:
    margins: tuple[Floats, Floats]
    ratios: tuple[Floats, Floats]
    # Of each label, the logarithm of how many examples it had.
    common: Floats
    network: Network | None

    def scores(self, features: Matrix) -> npt.NDArray[np.float32]:
        """Of each learner: learner, text, label."""
        linear = [features @ weights + bias for weights, bias in (self.margins, self.ratios)]
        linear.append(np.broadcast_to(self.common, linear[0].shape))
        return np.stack([*linear, self.network.scores(features)] if self.network else linear)


def train(examples: Sequence[Example]) -> Trained:
    labels = tuple(sorted({example.label for example in examples}))
    parts = [(seen, unseen) for seen, unseen in folds(examples) if len(unseen)]
    scores, rows = [], []
    for seen, unseen in parts:
        vocabulary, learned = _learn([examples[row] for row in seen], labels)
        scores.append(learned.scores(vocabulary.features([examples[row].text for row in unseen])))
        rows.append(unseen)
    unseen = np.concatenate(rows)
    truth = [examples[row].label for row in unseen]
    answers = np.array([labels.index(label) for label in truth])
    every_score = np.concatenate(scores, axis=1)
    weights = _weights(every_score, answers)
    raw = np.tensordot(weights.astype(np.float32), every_score, 1)
    correct = raw.argmax(axis=1) == answers
    # Who learned from less is less often right than the whole will be.
    seen_by = np.concatenate([np.full(len(unseen), len(seen)) for seen, unseen in parts])
    near = seen_by >= NEARLY_AS_MANY * seen_by.max()
    calibration = fit_calibration(lead(raw[near]), correct[near])
    foretold = calibrate(raw, calibration)
    confidence = foretold.max(axis=1)[near]
    first, second = (threshold_for(precision, confidence, correct[near]) for precision in PRECISIONS)
    measured = measure(foretold, labels, truth, (first, second))
    vocabulary, learned = _learn(examples, labels)
    model = Model(
        labels=labels,
        index=vocabulary.index,
        idf=vocabulary.idf,
        block=vocabulary.block,
        linear=(weights[0] * learned.margins[0] + weights[1] * learned.ratios[0]).astype(np.float32),
        linear_bias=np.asarray(weights[:3] @ [learned.margins[1], learned.ratios[1], learned.common], np.float32),
        network=_scaled(learned.network, weights[3]) if learned.network else None,
        calibration=calibration,
        thresholds=(first, second),
        about={
            "training_data": fingerprint(examples),
            "examples": len(examples),
            "out_of_fold": asdict(measured),
            "weights": [round(float(weight), 4) for weight in weights],
            "texts": sorted(text_hash(example.text) for example in examples),
        },
    )
    return Trained(model, unseen, foretold, measured)


def _scaled(network: Network, weight: float) -> Network:
    second, bias = (np.asarray(weight * part, np.float32) for part in (network.second, network.second_bias))
    return replace(network, second=second, second_bias=bias)


def _learn(examples: Sequence[Example], labels: Sequence[str]) -> tuple[_Vocabulary, _Learned]:
    texts = [example.text for example in examples]
    answers = np.array([labels.index(example.label) for example in examples])
    present, sizes = np.unique(answers, return_counts=True)
    if len(present) < 2:  # noqa: PLR2004  # two sides
        raise TooFewExamples(TooFewExamples.__doc__)
    vocabulary = _vocabulary(texts, len(labels))
    # A department's name is an example of it too: that of one with few complaints says more than those do.
    features = vocabulary.features([*texts, *(labels[label] for label in present)])
    topics = [np.concatenate([topic, np.full(len(present), UNKNOWN)]) for topic in _topics(examples)]
    answers = np.concatenate([answers, present])
    refused = _refused(examples, labels)
    common = np.full(len(labels), np.log(SMOOTHING), np.float32)
    common[present] = np.log(sizes + SMOOTHING)
    return vocabulary, _Learned(
        fit_margins(features, answers, len(labels), refused),
        fit_ratios(features, answers, len(labels), refused),
        common,
        fit_network(features, answers, len(labels), topics, SEED) if len(labels) >= NETWORK_FROM else None,
    )


def _refused(examples: Sequence[Example], labels: Sequence[str]) -> dict[int, list[int]]:
    """Of each label the rows of the examples that it gave back."""
    rows: dict[int, list[int]] = {}
    for row, example in enumerate(examples):
        for label in set(example.refused) & set(labels):
            rows.setdefault(labels.index(label), []).append(row)
    return rows


def _vocabulary(texts: Sequence[str], label_count: int) -> _Vocabulary:
    """The features of at least two texts, the commonest first as far as the model's size allows; columns by slot."""
    spans = spans_of(texts)
    pairs = np.unique(spans.row * SLOTS + spans.slot)
    slots, frequency = np.unique(pairs % SLOTS, return_counts=True)
    enough = frequency >= LEAST_TEXTS
    slots, frequency = slots[enough], frequency[enough]
    most = LARGEST_MODEL // (label_count + HIDDEN)
    kept = np.sort(np.argsort(-frequency, kind="stable")[:most])
    slots, frequency = slots[kept], frequency[kept]
    index = np.full(SLOTS, -1, np.int32)
    index[slots] = np.arange(len(slots))
    idf = (1 + np.log((1 + len(texts)) / (1 + frequency))).astype(np.float32)
    return _Vocabulary(index, idf, (slots >> HASH_BITS).astype(np.int8))


def _topics(examples: Sequence[Example]) -> list[Indices]:
    """The topics below the widest, where the file has them: each as far as it is written, numbered."""
    depth = max((len(example.category) for example in examples), default=0)
    return [
        np.unique(["/".join(example.category[:level]) for example in examples], return_inverse=True)[1]
        for level in range(2, depth + 1)
    ]


def _weights(scores: Floats, answers: Indices) -> npt.NDArray[np.float64]:
    """How much each learner counts: what is common counts against a label, the others for it.

    The logarithm of the answer's probability would look at little else than the answers that nobody could foretell, and
    they are many: departments that either could have it. A power of it forgives them (Zhang and Sabuncu 2018). The
    logarithm then says only how sure all together are.
    """
    signs = np.array([1, 1, -1, 1])[: len(scores)]
    rows = np.arange(len(answers))

    def probable(weights: npt.NDArray[np.float64]) -> Floats:
        answered: Floats = softmax(np.tensordot(weights.astype(np.float32), scores, 1))[rows, answers]
        return np.maximum(answered, LEAST_PROBABLE)

    def loss(logs: npt.NDArray[np.float64]) -> float:
        return float(-np.mean(probable(signs * np.exp(logs)) ** FORGIVING))

    # No 0 among the logarithms: from there the method would take no first step.
    found = optimize.minimize(
        loss,
        np.log([2.0, 2.0, 0.2, 0.5])[: len(scores)],
        method="Nelder-Mead",
        options={"xatol": 0.02, "fatol": 1e-5, "maxiter": 300},
    )
    weights = signs * np.exp(found.x)
    surprise = [float(-np.mean(np.log(probable(weights * scale)))) for scale in SCALES]
    return np.asarray(weights * SCALES[int(np.argmin(surprise))])
