"""A new model takes the place of the one in service only if it is as good."""

from collections.abc import Sequence
from pathlib import Path

from services.router.classifier.examples import Example, text_hash
from services.router.classifier.measures import measure
from services.router.classifier.measuring import probabilities_of
from services.router.classifier.model_file import load_model
from services.router.classifier.training import Trained

__all__ = ["WorseModel", "refuse_worse"]

# Texts that the model in service has not seen, from which on they say which model is better.
ENOUGH_NEW = 200


class WorseModel(Exception):
    """The new model is not as good as the one in service, which stays; the message says by how much."""


def refuse_worse(trained: Trained, examples: Sequence[Example], in_service: Path) -> str:
    """Raise WorseModel where the model at `in_service` is more often right on the same held-out texts; else a sentence.

    The new model is judged by what it foretold out of fold, the one in service on those of these texts that it has not
    learned from. Where they are few, as when both saw the same file, both are judged by what they reached out of fold.
    """
    current = load_model(in_service)
    seen = set(current.about["texts"])
    fresh = [at for at, row in enumerate(trained.rows) if text_hash(examples[row].text) not in seen]
    if len(fresh) >= ENOUGH_NEW:
        held_out = [examples[trained.rows[at]] for at in fresh]
        truth = [example.label for example in held_out]
        before = measure(probabilities_of(current, held_out), current.labels, truth, current.thresholds).accuracy
        now = measure(trained.foretold[fresh], trained.model.labels, truth, trained.model.thresholds).accuracy
        where = f"on {len(fresh)} held-out texts"
    else:
        before, now = float(current.about["out_of_fold"]["accuracy"]), trained.measured.accuracy
        where = "out of fold"
    said = f"right {now:.4f} {where}, the one in service {before:.4f}"
    if now < before:
        raise WorseModel(f"The new model is worse: {said}. It was not saved; --force saves it all the same.")
    return f"As good as the one in service or better: {said}."
