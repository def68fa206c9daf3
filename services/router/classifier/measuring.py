"""Measuring a model on a file of examples: ``python -m services.router evaluate``."""

import resource
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from services.router.classifier.classifier import Model
from services.router.classifier.examples import Example, read_examples
from services.router.classifier.measures import measure
from services.router.classifier.model_file import load_model

__all__ = ["evaluate", "probabilities_of"]

BATCH = 500
MEGABYTE = 1024  # ru_maxrss counts kilobytes


def evaluate(path: Path, model_path: Path) -> tuple[dict[str, Any], list[str]]:
    """The measurement, and sentences on what the thresholds of the training data were worth here."""
    examples = read_examples(path)
    model = load_model(model_path)
    began = time.process_time()
    probabilities = probabilities_of(model, examples)
    seconds = time.process_time() - began
    measured = measure(probabilities, model.labels, [e.label for e in examples], model.thresholds)
    column = {label: number for number, label in enumerate(model.labels)}
    correct = probabilities.argmax(axis=1) == [column.get(e.label, -1) for e in examples]
    notes = [f"Labels that the model does not know: {sum(e.label not in column for e in examples)} of {len(examples)}."]
    for precision, threshold in zip((95, 98), model.thresholds, strict=True):
        sure = probabilities.max(axis=1) >= threshold
        share = f"{correct[sure].mean():.3f}" if sure.any() else "none"
        notes.append(f"Threshold for {precision} %: {threshold:.4f}; precision reached here: {share}.")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    speed = {"texts_per_second": round(len(examples) / max(seconds, 1e-9)), "peak_mb": round(peak, 1)}
    return {**_rounded(asdict(measured)), **speed}, notes


def probabilities_of(model: Model, examples: Sequence[Example]) -> Any:
    parts = [examples[at : at + BATCH] for at in range(0, len(examples), BATCH)]
    return np.concatenate([model.probabilities([e.text for e in part]) for part in parts])


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}
