from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from services.router.classifier.examples import Example
from services.router.classifier.model_file import save_model
from services.router.classifier.replacing import WorseModel, refuse_worse
from services.router.classifier.training import Trained
from tests.unit.router.labelled import examples, model, trained

FRESH = examples(300, seed=8)


@pytest.fixture
def in_service(tmp_path: Path) -> Path:
    save_model(model(), tmp_path / "model")
    return tmp_path / "model"


def always_right(confidence: float, known: list[Example]) -> Trained:
    """A model that is right every time and says that it is so with this probability."""
    labels = model().labels
    foretold = np.full((len(known), len(labels)), (1 - confidence) / (len(labels) - 1), np.float32)
    foretold[np.arange(len(known)), [labels.index(example.label) for example in known]] = confidence
    return replace(trained(), rows=np.arange(len(known)), foretold=foretold)


def test_a_model_that_does_not_know_how_sure_it_is_is_refused_though_it_is_right_more_often(in_service: Path) -> None:
    with pytest.raises(WorseModel, match=r"how sure it is: right 1\.0000 on 300 held-out texts.* error 0\.5000"):
        refuse_worse(always_right(0.5, FRESH), FRESH, in_service)


def test_a_model_that_is_right_more_often_and_knows_it_takes_the_place(in_service: Path) -> None:
    assert refuse_worse(always_right(0.98, FRESH), FRESH, in_service).startswith("As good as")


@pytest.mark.parametrize(
    ("error", "predecessors", "refused"),
    [
        (0.20, 0.02, True),
        # Of 400 texts chance alone makes 0.05.
        (0.06, 0.02, False),
        (0.20, 0.18, False),
        (0.03, 0.00, False),
    ],
)
def test_out_of_fold_the_new_calibration_error_is_clearly_above_its_predecessors(
    tmp_path: Path, error: float, predecessors: float, refused: bool
) -> None:
    about = model().about | {"out_of_fold": model().about["out_of_fold"] | {"ece": predecessors}}
    save_model(replace(model(), about=about), tmp_path / "model")
    new = replace(trained(), measured=replace(trained().measured, ece=error))
    said = None
    try:
        refuse_worse(new, examples(400), tmp_path / "model")
    except WorseModel as worse:
        said = str(worse)
    assert (said is not None) == refused, said


def test_a_model_that_is_less_often_right_is_refused_however_well_calibrated_it_is(in_service: Path) -> None:
    worse = always_right(0.98, [replace(example, label=model().labels[0]) for example in FRESH])
    with pytest.raises(WorseModel, match="new model is worse: right"):
        refuse_worse(worse, FRESH, in_service)
