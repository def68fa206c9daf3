"""``python -m bench.classifier DATA.jsonl --name NAME``: trains on the earlier four fifths, measures on the rest.

Where the examples have no dates the fifth is drawn by their groups' hashes. Prints the measurement next to the plain
baseline's and draws reliability, confusion and, with --curve, how more examples help, into docs/routing/.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib import pyplot as plt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from services.router.classifier.examples import Example, read_examples
from services.router.classifier.features import softmax
from services.router.classifier.measures import BINS, PRECISIONS, measure, threshold_for
from services.router.classifier.measuring import probabilities_of
from services.router.classifier.training import train

PICTURES = Path("docs/routing")
TRAINING_SHARE = 0.8
CURVE = (0.25, 0.5)
# Labels in the confusion matrix.
MOST_LABELS = 15


def divided(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    begun: dict[str, str] = {}
    for example in examples:
        key = example.date or sha256(example.group.encode()).hexdigest()
        begun[example.group] = min(key, begun.get(example.group, key))
    cut = sorted(begun[example.group] for example in examples)[int(TRAINING_SHARE * len(examples))]
    earlier = [example for example in examples if begun[example.group] < cut]
    return earlier, [example for example in examples if begun[example.group] >= cut]


def baseline(earlier: Sequence[Example], later: Sequence[Example]) -> dict[str, Any]:
    """Character 1- to 3-grams, TF-IDF, linear support vectors; thresholds chosen in its favour, on the test part."""
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3))
    machine = LinearSVC().fit(vectorizer.fit_transform([e.text for e in earlier]), [e.label for e in earlier])
    said = softmax(3 * machine.decision_function(vectorizer.transform([e.text for e in later])))
    labels, truth = [str(label) for label in machine.classes_], [e.label for e in later]
    correct = np.array(labels)[said.argmax(axis=1)] == truth
    thresholds = [threshold_for(precision, said.max(axis=1), correct) for precision in PRECISIONS]
    return asdict(measure(said, labels, truth, thresholds))


def draw_reliability(confidence: npt.NDArray[Any], correct: npt.NDArray[Any], name: str) -> None:
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    held = [number for number in range(BINS) if (bins == number).any()]
    figure, axes = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.plot([confidence[bins == n].mean() for n in held], [correct[bins == n].mean() for n in held], "o-")
    axes.set(
        xlabel="probability given",
        ylabel="share that was right",
        title=f"{name}: reliability",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    figure.savefig(PICTURES / f"{name}-reliability.png", dpi=110)


def draw_confusion(truth: Sequence[str], answers: Sequence[str], name: str) -> None:
    shown = sorted(set(truth), key=lambda label: -list(truth).count(label))[:MOST_LABELS]
    place = {label: number for number, label in enumerate(shown)}
    cells = np.zeros((len(shown), len(shown) + 1))
    for right, answer in zip(truth, answers, strict=True):
        if right in place:
            cells[place[right], place.get(answer, len(shown))] += 1
    cells /= cells.sum(axis=1, keepdims=True)
    figure, axes = plt.subplots(figsize=(8, 7), layout="constrained")
    axes.imshow(cells, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(shown) + 1), [*shown, "others"], rotation=90)
    axes.set_yticks(range(len(shown)), shown)
    for (row, column), share in np.ndenumerate(cells):
        if share >= 0.01:  # noqa: PLR2004  # less would round to nothing
            axes.text(column, row, f"{share:.2f}"[1:] if share < 1 else "1", ha="center", va="center", fontsize=7)
    axes.set(xlabel="answer", ylabel="truth", title=f"{name}: the commonest labels, shares of each row")
    figure.savefig(PICTURES / f"{name}-confusion.png", dpi=110)


def draw_curve(points: Sequence[tuple[int, dict[str, Any]]], name: str) -> None:
    figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
    for measured in ("accuracy", "macro_f1", "top3", "coverage_95"):
        axes.plot([count for count, _ in points], [figures[measured] for _, figures in points], "o-", label=measured)
    axes.set(xlabel="examples", title=f"{name}: learning curve", ylim=(0, 1), xlim=(0, None))
    axes.legend()
    figure.savefig(PICTURES / f"{name}-learning-curve.png", dpi=110)


def measured_after(earlier: Sequence[Example], later: Sequence[Example], name: str | None) -> dict[str, Any]:
    began = time.monotonic()
    model = train(earlier).model
    print(
        f"trained on {len(earlier)} in {time.monotonic() - began:.0f} s, weights {model.about['weights']}", flush=True
    )
    said = probabilities_of(model, later)
    truth, answers = [e.label for e in later], [model.labels[column] for column in said.argmax(axis=1)]
    confidence, correct = said.max(axis=1), np.array(answers) == np.array(truth)
    for threshold in model.thresholds:
        sure = confidence >= threshold
        print(
            f"threshold {threshold:.4f}: precision {correct[sure].mean() if sure.any() else 0:.4f} on {sure.mean():.3f}"
        )
    if name:
        draw_reliability(confidence, correct, name)
        draw_confusion(truth, answers, name)
    return asdict(measure(said, model.labels, truth, model.thresholds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--curve", action="store_true", help="also train on a quarter and a half of the examples")
    parser.add_argument("--without-topics", action="store_true", help="ablation: leave the topics away")
    told = parser.parse_args()
    mpl.rcParams["font.sans-serif"] = ["Noto Sans CJK SC", "Noto Serif CJK SC", "DejaVu Sans"]
    PICTURES.mkdir(parents=True, exist_ok=True)
    examples = read_examples(told.data)
    if told.without_topics:
        examples = [replace(example, category=()) for example in examples]
    earlier, later = divided(examples)
    print("baseline", baseline(earlier, later), flush=True)
    figures = measured_after(earlier, later, None if told.without_topics else told.name)
    print("model", figures, flush=True)
    if told.curve:
        points = [(len(earlier), figures)]
        # The latest of each: what is near in time is most like what comes.
        ordered = sorted(earlier, key=lambda e: e.date or sha256(e.group.encode()).hexdigest())
        for share in CURVE:
            part = ordered[-int(share * len(ordered)) :]
            points.append((len(part), measured_after(part, later, None)))
            print(share, points[-1], flush=True)
        draw_curve(sorted(points, key=lambda point: point[0]), told.name)


if __name__ == "__main__":
    main()
