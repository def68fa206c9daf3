"""A new model takes the place of the one in service only if it is as good, and as honest about how sure it is."""

from collections.abc import Sequence
from math import sqrt
from pathlib import Path

from services.router.classifier.examples import Example, text_hash
from services.router.classifier.measures import Measured, measure
from services.router.classifier.measuring import probabilities_of
from services.router.classifier.model_file import load_model
from services.router.classifier.training import Trained

__all__ = ["WorseModel", "refuse_worse"]

# Texts that the model in service has not seen, from which on they say which model is better.
ENOUGH_NEW = 200
# A calibration error up to this is good enough, whatever the predecessor's was.
CALIBRATED = 0.03


class WorseModel(Exception):
    """The new model is not as good as the one in service, which stays; the message says by how much."""


def refuse_worse(trained: Trained, examples: Sequence[Example], in_service: Path) -> str:
    """Raise WorseModel where the model at `in_service` is better on the same held-out texts; else a sentence.

    Better is what is more often right, or else much better calibrated. The new model is judged by what it foretold out
    of fold, the one in service on those of these texts that it has not learned from. Where they are few, as when both
    saw the same file, both are judged by what they reached out of fold.
    """
    current = load_model(in_service)
    seen = set(current.about["texts"])
    fresh = [at for at, row in enumerate(trained.rows) if text_hash(examples[row].text) not in seen]
    if len(fresh) >= ENOUGH_NEW:
        held_out = [examples[trained.rows[at]] for at in fresh]
        truth = [example.label for example in held_out]
        before = measure(probabilities_of(current, held_out), current.labels, truth, current.thresholds)
        now = measure(trained.foretold[fresh], trained.model.labels, truth, trained.model.thresholds)
        where = f"on {len(fresh)} held-out texts"
    else:
        before, now = Measured(**current.about["out_of_fold"]), trained.measured
        where = "out of fold"
    kept = "It was not saved; --force saves it all the same."
    said = (
        f"right {now.accuracy:.4f} {where}, the one in service {before.accuracy:.4f}; "
        f"calibration error {now.ece:.4f}, the one in service {before.ece:.4f}"
    )
    if now.accuracy < before.accuracy:
        raise WorseModel(f"The new model is worse: {said}. {kept}")
    if now.ece > CALIBRATED and now.ece > before.ece + _chance(min(now.n, before.n)):
        raise WorseModel(f"The new model is worse at knowing how sure it is: {said}. {kept}")
    return f"As good as the one in service or better: {said}."


def _chance(texts: int) -> float:
    """How far apart chance puts the measured errors of two models that are calibrated alike, in 1 of 300 cases.

    Of few texts the measured error is mostly chance: of 200 it is 0.07 where a model is calibrated perfectly.
    """
    return 1 / sqrt(texts)
